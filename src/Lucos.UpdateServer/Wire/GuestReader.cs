using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Wire;

/// <summary>Reads and writes structures in guest memory at addresses that the guest chose. Every failure is a <see cref="RefusedException"/>.</summary>
internal sealed class GuestReader(IGuest guest)
{
    private const ulong Alignment = 8;

    /// <summary>Reads a structure that starts with its size and version.</summary>
    public T ReadVersioned<T>(ulong address, string what)
        where T : unmanaged, IVersionedStruct
    {
        byte[] bytes = ReadBytes(address, (ulong)WireCodec.SizeOf<T>(), what, Alignment);
        Refusal refusal = WireCodec.ReadVersioned(bytes, out T value);
        return refusal == Refusal.None
            ? value
            : throw new RefusedException(refusal, $"{what} at 0x{address:x}: size {ReadU32(bytes, 0)}, ABI {ReadU32(bytes, 4)}; expected {bytes.Length}, {AbiVersion.Current}");
    }

    /// <summary>Reads an array of structures.</summary>
    public T[] ReadArray<T>(ulong address, uint count, uint limit, string what)
        where T : unmanaged, IWireStruct
    {
        if (count > limit)
        {
            throw new RefusedException(Refusal.TooLarge, $"{what}: {count} entries, at most {limit}");
        }

        if (count == 0)
        {
            return [];
        }

        byte[] bytes = ReadBytes(address, (ulong)count * (ulong)WireCodec.SizeOf<T>(), what, Alignment);
        WireCodec.TryReadArray(bytes, out T[] values);
        return values;
    }

    /// <summary>Reads bytes. The caller has limited the length.</summary>
    public byte[] ReadBytes(ulong address, ulong length, string what, ulong alignment = 1)
    {
        CheckPointer(address, length, what, alignment);
        var bytes = new byte[length];
        return guest.TryRead(address, bytes)
            ? bytes
            : throw new RefusedException(Refusal.BadPointer, $"{what} at 0x{address:x}+{length}: not mapped");
    }

    /// <summary>Writes a structure that starts with its size and version.</summary>
    public void WriteVersioned<T>(ulong address, in T value, string what)
        where T : unmanaged, IVersionedStruct
    {
        CheckPointer(address, (ulong)WireCodec.SizeOf<T>(), what, Alignment);
        Write(address, WireCodec.ToVersionedBytes(in value), what);
    }

    /// <summary>Writes an array of structures.</summary>
    public void WriteArray<T>(ulong address, ReadOnlySpan<T> values, string what)
        where T : unmanaged, IWireStruct
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        CheckPointer(address, (ulong)bytes.Length, what, Alignment);
        Write(address, bytes, what);
    }

    /// <summary>Writes bytes.</summary>
    public void WriteBytes(ulong address, ReadOnlySpan<byte> bytes, string what)
    {
        CheckPointer(address, (ulong)bytes.Length, what, 1);
        Write(address, bytes, what);
    }

    private void Write(ulong address, ReadOnlySpan<byte> bytes, string what)
    {
        if (!guest.TryWrite(address, bytes))
        {
            throw new RefusedException(Refusal.BadPointer, $"{what} at 0x{address:x}+{bytes.Length}: not mapped writable");
        }
    }

    /// <summary>The whole range must lie in the kernel half, which also makes it canonical, and must not wrap around.</summary>
    private static void CheckPointer(ulong address, ulong length, string what, ulong alignment)
    {
        if (address < GuestLayout.DirectMapBase || length > ulong.MaxValue - address)
        {
            throw new RefusedException(Refusal.BadPointer, $"{what} at 0x{address:x}+{length}: not in the kernel half");
        }

        if (address % alignment != 0)
        {
            throw new RefusedException(Refusal.BadPointer, $"{what} at 0x{address:x}: not aligned to {alignment} bytes");
        }
    }

    private static uint ReadU32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
}
