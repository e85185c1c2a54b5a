namespace Lucos.Cli.Output;

/// <summary>Some lines at the end of a terminal's output that are drawn again in the same place as they change.</summary>
internal sealed class LiveRegion
{
    private const int Indentation = 2;

    private readonly TextWriter _output;
    private List<string> _drawn = [];

    /// <summary>Makes a region; nothing is drawn yet.</summary>
    /// <param name="output">A terminal that moves its cursor.</param>
    public LiveRegion(TextWriter output) => _output = output;

    /// <summary>Draws lines in the place of those before. One that is wider than the terminal goes on in the next line; what is below the last line is left out.</summary>
    public void Draw(IEnumerable<string> lines)
    {
        var (width, height) = Terminal.Size();
        var fitting = lines.SelectMany(l => Wrap(l, width)).Take(height - 1).ToList();
        if (fitting.SequenceEqual(_drawn))
        {
            return;
        }

        var up = _drawn.Count > 0 ? $"\u001b[{_drawn.Count}A\r" : "";
        _output.Write($"{up}\u001b[J{string.Concat(fitting.Select(l => l + '\n'))}");
        _output.Flush();
        _drawn = fitting;
    }

    /// <summary>Takes the lines away.</summary>
    public void Clear() => Draw([]);

    /// <summary>A line in pieces that are narrower than the terminal, broken between words; the further ones are indented.</summary>
    /// <param name="line">The line.</param>
    /// <param name="width">The terminal's columns.</param>
    public static IEnumerable<string> Wrap(string line, int width)
    {
        var indent = new string(' ', line.Length - line.TrimStart().Length + Indentation);
        while (line.Length >= width && width > 2 * indent.Length)
        {
            var blank = line.LastIndexOf(' ', width - 1);
            var end = blank > indent.Length ? blank : width - 1;
            yield return line[..end];
            line = indent + line[end..].TrimStart();
        }

        yield return line.Length < width ? line : line[..(width - 1)];
    }
}
