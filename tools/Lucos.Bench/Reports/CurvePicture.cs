using System.Globalization;
using System.Text;

namespace Lucos.Bench.Reports;

/// <summary>Draws curves as SVG, one panel each, both axes logarithmic: what grows linearly is a straight line along the grid's diagonals.</summary>
public static class CurvePicture
{
    private const int PanelWidth = 300;
    private const int PanelHeight = 320;
    private const int Left = 64;
    private const int Top = 44;
    private const int Gap = 28;
    private const int Below = 84;
    private const double Lowest = 1;

    private static readonly string[] s_colours = ["#1b1b1b", "#d1495b", "#2e86ab", "#e08e1b", "#3f8f4f", "#8e5ea2", "#7a7a7a"];

    /// <summary>Draws.</summary>
    /// <param name="curves">All with the same lines; values under a microsecond are drawn at one.</param>
    public static string Draw(IReadOnlyList<Curve> curves)
    {
        ArgumentNullException.ThrowIfNull(curves);
        int decades = Decades(curves.SelectMany(c => c.Points).SelectMany(p => p.Values.Values).Max());
        int width = Left + (curves.Count * (PanelWidth + Gap));
        int height = Top + PanelHeight + Below;
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Line(svg, $"<text x=\"{Left}\" y=\"20\" font-size=\"15\">The guest's pause when a data update begins, in microseconds (the smallest of the runs)</text>");
        for (int i = 0; i < curves.Count; i++)
        {
            Panel(svg, curves[i], Left + (i * (PanelWidth + Gap)), decades, withLabels: i == 0);
        }

        Legend(svg, curves[0].Points[0].Values.Keys, Top + PanelHeight + 58);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Panel(StringBuilder svg, Curve curve, int left, int decades, bool withLabels)
    {
        int firstSize = (int)Math.Floor(Math.Log10(curve.Points[0].Size));
        int lastSize = Math.Max(firstSize + 1, Decades(curve.Points[^1].Size));
        double X(double size) => left + ((Math.Log10(size) - firstSize) / (lastSize - firstSize) * PanelWidth);
        double Y(double value) => Top + PanelHeight - (Math.Log10(Math.Max(value, Lowest)) / decades * PanelHeight);

        for (int decade = 0; decade <= decades; decade++)
        {
            double y = Y(Math.Pow(10, decade));
            Line(svg, $"<line x1=\"{left}\" y1=\"{y:0.#}\" x2=\"{left + PanelWidth}\" y2=\"{y:0.#}\" stroke=\"#e0e0e0\"/>");
            if (withLabels)
            {
                Line(svg, $"<text x=\"{left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{Math.Pow(10, decade):#,0}</text>");
            }
        }

        for (int decade = firstSize; decade <= lastSize; decade++)
        {
            double x = X(Math.Pow(10, decade));
            Line(svg, $"<line x1=\"{x:0.#}\" y1=\"{Top}\" x2=\"{x:0.#}\" y2=\"{Top + PanelHeight}\" stroke=\"#e0e0e0\"/>");
            Line(svg, $"<text x=\"{x:0.#}\" y=\"{Top + PanelHeight + 16}\" text-anchor=\"middle\" font-size=\"11\">{Math.Pow(10, decade):#,0}</text>");
        }

        Line(svg, $"<rect x=\"{left}\" y=\"{Top}\" width=\"{PanelWidth}\" height=\"{PanelHeight}\" fill=\"none\" stroke=\"#606060\"/>");
        Line(svg, $"<text x=\"{left + (PanelWidth / 2)}\" y=\"{Top + PanelHeight + 34}\" text-anchor=\"middle\" font-size=\"13\">{curve.Over}</text>");
        foreach ((int index, string name) in curve.Points[0].Values.Keys.Index())
        {
            string points = string.Join(' ', curve.Points.Select(p => Text($"{X(p.Size):0.#},{Y(p.Values[name]):0.#}")));
            Line(svg, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{ColourOf(index)}\" stroke-width=\"{WidthOf(index)}\"/>");
            foreach (CurvePoint point in curve.Points)
            {
                Line(svg, $"<circle cx=\"{X(point.Size):0.#}\" cy=\"{Y(point.Values[name]):0.#}\" r=\"2.5\" fill=\"{ColourOf(index)}\"/>");
            }
        }
    }

    private static void Legend(StringBuilder svg, IEnumerable<string> names, int y)
    {
        const int step = 124;
        foreach ((int index, string name) in names.Index())
        {
            int x = Left + (index * step);
            Line(svg, $"<line x1=\"{x}\" y1=\"{y}\" x2=\"{x + 22}\" y2=\"{y}\" stroke=\"{ColourOf(index)}\" stroke-width=\"{WidthOf(index)}\"/>");
            Line(svg, $"<text x=\"{x + 28}\" y=\"{y + 4}\">{name}</text>");
        }
    }

    private static string ColourOf(int line) => s_colours[line % s_colours.Length];

    private static double WidthOf(int line) => line == 0 ? 2.5 : 1.5;

    private static int Decades(double value) => (int)Math.Ceiling(Math.Log10(Math.Max(value, 10)));

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(Text(text)).Append('\n');

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
