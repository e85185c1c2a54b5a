using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Transactions;

/// <summary>All code that a thread may run as "the function" before an update: the booted version, its replacements in force, and their copies.</summary>
internal sealed class Versions
{
    private readonly List<(CodeRange Code, byte[]? Body)> _places = [];
    private readonly List<CodeRange> _copies = [];

    /// <summary>Collects the versions that exist while <paramref name="book"/> is as it is.</summary>
    public Versions(ReplacedFunction function, UpdateBook book)
    {
        _places.Add((function.Old, function.OldBytes));
        foreach ((LiveUpdate update, ReplacedFunction replacement) in book.ReplacementsOf(function.OldAddress))
        {
            _places.Add((replacement.New, null));
            int index = update.Functions.ToList().IndexOf(replacement);
            _copies.AddRange(update.Copies
                .Where(copy => copy.Function == index)
                .Select(copy => new CodeRange(copy.Copy.Address, (ulong)copy.Copy.Code.Length)));
        }
    }

    /// <summary>Versions whose entries get a jump, oldest first; the body's bytes where they are known without reading memory.</summary>
    public IReadOnlyList<(CodeRange Code, byte[]? Body)> Places => _places;

    /// <summary>The same without the entries: once a jump stands there, who is about to run it runs the new version.</summary>
    public IEnumerable<CodeRange> BehindJumps => _places.Select(place => new CodeRange(place.Code.Start + 1, place.Code.Length - 1)).Concat(_copies);

    private IEnumerable<CodeRange> All => _places.Select(place => place.Code).Concat(_copies);

    /// <summary>Whether somebody with this instruction pointer runs one of them.</summary>
    public bool Run(ulong rip, ContextKind kind) =>
        All.Any(code => code.Runs(rip, kind));
}
