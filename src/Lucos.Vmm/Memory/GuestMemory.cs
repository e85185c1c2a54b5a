using System.Buffers.Binary;
using System.Security.Cryptography;
using Lucos.Unicorn;
using Lucos.Vmm.Code;

namespace Lucos.Vmm.Memory;

/// <summary>The guest's RAM: contiguous from physical address 0. Every access is checked against its size.</summary>
public sealed class GuestMemory : IDisposable
{
    private const int HashChunk = 1 << 20;

    /// <summary>Makes zeroed RAM.</summary>
    /// <param name="size">Bytes, a positive multiple of 4096.</param>
    public GuestMemory(ulong size)
        : this(new SharedMemory(size))
    {
    }

    internal GuestMemory(MemoryImage image)
        : this(new SharedMemory(image))
    {
    }

    private GuestMemory(SharedMemory backing)
    {
        Backing = backing;
        CodeFrames = new CodeFrames(this);
    }

    /// <summary>Bytes of RAM.</summary>
    public ulong Size => Backing.Length;

    /// <summary>The frames whose code processors have in their caches.</summary>
    public CodeFrames CodeFrames { get; }

    internal SharedMemory Backing { get; }

    /// <summary>Whether a range lies wholly in RAM.</summary>
    public bool Contains(GuestPhysicalAddress address, ulong length) => address.Value <= Size && length <= Size - address.Value;

    /// <summary>Copies out of RAM.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not wholly in RAM.</exception>
    public void Read(GuestPhysicalAddress address, Span<byte> destination) => Span(address, destination.Length).CopyTo(destination);

    /// <summary>Copies into RAM. Where code is overwritten, <see cref="CodeFrames"/> finds out by itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not wholly in RAM.</exception>
    public void Write(GuestPhysicalAddress address, ReadOnlySpan<byte> source) => source.CopyTo(Backing.Slice(address.Value, source.Length));

    /// <summary>A read-only view, for hashing and comparing without a copy; valid until the memory is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not wholly in RAM.</exception>
    public ReadOnlySpan<byte> Span(GuestPhysicalAddress address, int length) => Backing.Slice(address.Value, length);

    /// <summary>Reads a little-endian 64-bit value.</summary>
    public ulong ReadUInt64(GuestPhysicalAddress address) => BinaryPrimitives.ReadUInt64LittleEndian(Span(address, 8));

    /// <summary>Writes a little-endian 64-bit value.</summary>
    public void WriteUInt64(GuestPhysicalAddress address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Backing.Slice(address.Value, 8), value);

    /// <summary>SHA-256 of all of RAM.</summary>
    public MachineHash Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong at = 0; at < Size; at += HashChunk)
        {
            hash.AppendData(Span(new GuestPhysicalAddress(at), (int)Math.Min(HashChunk, Size - at)));
        }

        return new MachineHash(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <inheritdoc/>
    public void Dispose() => Backing.Dispose();
}
