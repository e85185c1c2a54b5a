using System.Text;
using Lucos.Abi;

namespace Lucos.Control.Scenarios.Language;

/// <summary>The names by which states of an update are spoken of outside: kebab-case, such as <c>rolled-back</c>.</summary>
public static class StateNames
{
    /// <summary>All of them, in the order of the states' numbers.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Enum.GetValues<UpdateState>().Where(s => s != UpdateState.None).Select(Of)];

    /// <summary>The name of a state.</summary>
    /// <param name="state">The state.</param>
    public static string Of(UpdateState state)
    {
        var name = new StringBuilder();
        foreach (var letter in state.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('-');
            }

            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    /// <summary>The state of a name, or <see cref="UpdateState.None"/>.</summary>
    /// <param name="name">The name.</param>
    public static UpdateState Parse(string name) => Enum.GetValues<UpdateState>().FirstOrDefault(s => Of(s) == name);
}
