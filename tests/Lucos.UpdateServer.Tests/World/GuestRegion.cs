namespace Lucos.UpdateServer.Tests.World;

/// <summary>A mapped range of the fake guest.</summary>
public sealed record GuestRegion(ulong Start, byte[] Bytes, bool Executable)
{
    public bool Contains(ulong address, ulong length) =>
        address >= Start && address - Start <= (ulong)Bytes.Length && length <= (ulong)Bytes.Length - (address - Start);

    public Span<byte> At(ulong address, int length) => Bytes.AsSpan((int)(address - Start), length);
}
