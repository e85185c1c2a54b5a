using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lucos.Abi;

/// <summary>Turns shared structs into bytes and back, with checks. Both sides are little-endian x86-64.</summary>
public static class WireCodec
{
    /// <summary>Bytes of a struct.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    public static int SizeOf<T>()
        where T : unmanaged, IWireStruct => Unsafe.SizeOf<T>();

    /// <summary>Reads a struct from the start of a span.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="bytes">Hostile bytes.</param>
    /// <param name="value">The struct, or its default.</param>
    /// <returns>False when there are too few bytes. The fields have yet to be checked.</returns>
    public static bool TryRead<T>(ReadOnlySpan<byte> bytes, out T value)
        where T : unmanaged, IWireStruct => MemoryMarshal.TryRead(bytes, out value);

    /// <summary>Reads a struct that starts with its size and version, and checks both.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="bytes">Hostile bytes.</param>
    /// <param name="value">The struct, or its default.</param>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.AbiMismatch"/> for another version, or
    /// <see cref="Refusal.BadArgument"/> for too few bytes or another size.</returns>
    public static Refusal ReadVersioned<T>(ReadOnlySpan<byte> bytes, out T value)
        where T : unmanaged, IVersionedStruct
    {
        if (!TryRead(bytes, out value))
        {
            return Refusal.BadArgument;
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var abi = BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(uint)..]);
        if (abi == AbiVersion.Current && size == SizeOf<T>())
        {
            return Refusal.None;
        }

        value = default;
        return abi != AbiVersion.Current ? Refusal.AbiMismatch : Refusal.BadArgument;
    }

    /// <summary>Reads an array of structs that fills the span exactly.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="bytes">Hostile bytes.</param>
    /// <param name="values">The structs, or none.</param>
    /// <returns>False when the span is no whole number of structs.</returns>
    public static bool TryReadArray<T>(ReadOnlySpan<byte> bytes, out T[] values)
        where T : unmanaged, IWireStruct
    {
        values = bytes.Length % SizeOf<T>() == 0 ? MemoryMarshal.Cast<byte, T>(bytes).ToArray() : [];
        return bytes.Length % SizeOf<T>() == 0;
    }

    /// <summary>The bytes of a struct as it is.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="value">The struct.</param>
    public static byte[] ToBytes<T>(in T value)
        where T : unmanaged, IWireStruct
    {
        var bytes = new byte[SizeOf<T>()];
        MemoryMarshal.Write(bytes, in value);
        return bytes;
    }

    /// <summary>The bytes of a struct with its size and version fields filled in.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="value">The struct; its first two fields need not be set.</param>
    public static byte[] ToVersionedBytes<T>(in T value)
        where T : unmanaged, IVersionedStruct
    {
        var bytes = ToBytes(in value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(uint)), AbiVersion.Current);
        return bytes;
    }
}
