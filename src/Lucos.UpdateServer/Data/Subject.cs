namespace Lucos.UpdateServer.Data;

/// <summary>What a refusal is about: put into words only when there is one.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Address">Where, if it has an address of its own.</param>
/// <param name="Type">The type that it is of; empty for none.</param>
internal readonly record struct Subject(string Kind, ulong? Address = null, string Type = "")
{
    public override string ToString() => $"{Kind}{(Address is { } at ? $" 0x{at:x}" : "")}{(Type.Length > 0 ? $" of {Type}" : "")}";
}
