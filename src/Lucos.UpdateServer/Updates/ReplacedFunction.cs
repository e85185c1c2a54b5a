namespace Lucos.UpdateServer.Updates;

/// <summary>One function of an update, checked.</summary>
/// <param name="Name">Name of the booted kernel's function.</param>
/// <param name="OldAddress">Its entry.</param>
/// <param name="OldSize">Bytes of its body.</param>
/// <param name="OldBytes">Its body as it is without any update.</param>
/// <param name="NewAddress">Entry of the replacement.</param>
/// <param name="NewSize">Bytes of the replacement.</param>
/// <param name="UntouchedTypes">Bit i: neither version touches instances of type i.</param>
internal sealed record ReplacedFunction(string Name, ulong OldAddress, uint OldSize, byte[] OldBytes, ulong NewAddress, uint NewSize, uint UntouchedTypes)
{
    /// <summary>Whether it may touch instances of a type.</summary>
    public bool Handles(int type) => (UntouchedTypes & (1u << type)) == 0;

    /// <summary>Where the booted version lies.</summary>
    public CodeRange Old => new(OldAddress, OldSize);

    /// <summary>Where the replacement lies.</summary>
    public CodeRange New => new(NewAddress, NewSize);
}
