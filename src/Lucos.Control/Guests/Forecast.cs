using System.Globalization;
using Lucos.Abi;

namespace Lucos.Control.Guests;

/// <summary>What the Update Manager says applying a package would meet. What a guest wrote that makes no sense is left out.</summary>
/// <param name="Functions">The functions that would be replaced, and how many activations of each there are.</param>
/// <param name="Types">The data structures that would be changed, and how many instances of each there are.</param>
/// <param name="Contexts">Who stands in the functions, and would keep the update from finishing; the first ones of many.</param>
public sealed record Forecast(
    IReadOnlyList<KeyValuePair<string, uint>> Functions, IReadOnlyList<KeyValuePair<string, ulong>> Types, IReadOnlyList<ForecastContext> Contexts)
{
    /// <summary>Reads the lines that the guest wrote; their form is told by the Update Manager's <c>forecast.h</c>.</summary>
    /// <param name="text">The lines; empty for none.</param>
    public static Forecast Parse(string text)
    {
        var functions = new List<KeyValuePair<string, uint>>();
        var types = new List<KeyValuePair<string, ulong>>();
        var contexts = new List<ForecastContext>();
        foreach (var fields in text.Split('\n').Select(line => line.Split('\t')))
        {
            switch (fields)
            {
                case ["function", var name, var count] when Number(count) is { } activations:
                    functions.Add(new(name, activations));
                    break;
                case ["type", var name, var count] when ulong.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var instances):
                    types.Add(new(name, instances));
                    break;
                case ["context", var thread, var frame, var kind, var function, var waitingOn, var name]
                    when Number(thread) is { } id && Number(frame) is { } depth && Number(kind) is { } slot && Number(function) is { } index
                        && index < functions.Count && Enum.IsDefined((ContextKind)slot):
                    contexts.Add(new ForecastContext(id, name, functions[(int)index].Key, depth, (ContextKind)slot, waitingOn));
                    break;
                default:
                    break;
            }
        }

        return new Forecast(functions, types, contexts);
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
