using System.Collections;
using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>Collects diagnostics in the order in which the checks found them; the first one is the reason for a refusal.</summary>
public sealed class DiagnosticBag : IReadOnlyList<PackageDiagnostic>
{
    /// <summary>Most diagnostics that are kept: a hostile file must not fill memory with complaints.</summary>
    public const int Limit = 100;

    private readonly List<PackageDiagnostic> _diagnostics = [];

    /// <inheritdoc/>
    public int Count => _diagnostics.Count;

    /// <summary>Whether there is any.</summary>
    public bool HasAny => _diagnostics.Count > 0;

    /// <summary>The reason for the refusal, or <see cref="Refusal.None"/>.</summary>
    public Refusal Refusal => HasAny ? _diagnostics[0].Refusal : Refusal.None;

    /// <inheritdoc/>
    public PackageDiagnostic this[int index] => _diagnostics[index];

    /// <summary>Adds a diagnostic, unless there are <see cref="Limit"/> already.</summary>
    /// <param name="refusal">Why it is refused.</param>
    /// <param name="where">What it concerns.</param>
    /// <param name="detail">What was expected and what was found.</param>
    public void Add(Refusal refusal, string where, string detail)
    {
        if (_diagnostics.Count < Limit)
        {
            _diagnostics.Add(new PackageDiagnostic(refusal, where, detail));
        }
    }

    /// <inheritdoc/>
    public IEnumerator<PackageDiagnostic> GetEnumerator() => _diagnostics.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
