using System.Globalization;
using System.Text.RegularExpressions;

namespace Lucos.Control.Scenarios.Model;

/// <summary>What a counter in a line such as <c>reqload: requests=9 lost=0</c> must be.</summary>
/// <param name="Name">The counter.</param>
/// <param name="Relation">One of <c>= &gt; &gt;= &lt; &lt;=</c>.</param>
/// <param name="Bound">What it is compared with.</param>
public sealed record CounterExpectation(string Name, string Relation, long Bound)
{
    /// <summary>Reads a condition such as <c>&gt;= 5</c>; a bare number means equal.</summary>
    /// <param name="name">The counter.</param>
    /// <param name="condition">The condition, of the form that the grammar demands.</param>
    public static CounterExpectation Parse(string name, string condition)
    {
        var relation = new string([.. condition.TakeWhile(c => c is '<' or '>' or '=')]);
        var bound = long.Parse(condition.AsSpan(relation.Length).Trim(), CultureInfo.InvariantCulture);
        return new CounterExpectation(name, relation.Length == 0 ? "=" : relation, bound);
    }

    /// <summary>In what a line falls short, or null.</summary>
    /// <param name="line">The line.</param>
    public string? Judge(string line)
    {
        var found = Regex.Match(line, $@"\b{Regex.Escape(Name)}=([0-9]{{1,18}})\b");
        if (!found.Success)
        {
            return $"no counter '{Name}' in '{line}'";
        }

        var value = long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
        return Holds(value) ? null : $"{Name} is {value}, not {Relation} {Bound}";
    }

    private bool Holds(long value) => Relation switch
    {
        ">" => value > Bound,
        ">=" => value >= Bound,
        "<" => value < Bound,
        "<=" => value <= Bound,
        _ => value == Bound,
    };
}
