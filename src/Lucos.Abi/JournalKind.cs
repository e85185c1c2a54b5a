namespace Lucos.Abi;

/// <summary>Kinds of <see cref="JournalEntry"/>.</summary>
public enum JournalKind : uint
{
    /// <summary>Something was refused inside the guest.</summary>
    Refusal = 1,

    /// <summary>Something worth knowing happened.</summary>
    Note = 2,
}
