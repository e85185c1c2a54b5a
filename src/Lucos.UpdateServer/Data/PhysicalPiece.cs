using System.Runtime.CompilerServices;
using Lucos.Abi;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Data;

/// <summary>A stretch of RAM within one page.</summary>
/// <param name="Physical">Guest-physical address.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct PhysicalPiece(ulong Physical, int Length)
{
    /// <summary>The page that it lies in.</summary>
    public ulong Page => Physical & ~(GuestLayout.PageSize - 1);

    /// <summary>First byte, within the page.</summary>
    public int Start => (int)(Physical & (GuestLayout.PageSize - 1));

    /// <summary>First byte behind it, within the page.</summary>
    public int End => Start + Length;

    /// <summary>Finds the RAM behind a range that the kernel may write.</summary>
    /// <returns>False if a byte of it is not mapped writable, or is no RAM, or the range wraps around.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryResolve(IGuest guest, ulong address, uint length, out PhysicalPiece[] pieces)
    {
        pieces = [];
        if (address < GuestLayout.DirectMapBase || length == 0 || length > ulong.MaxValue - address)
        {
            return false;
        }

        pieces = new PhysicalPiece[(int)(((address + length - 1) / GuestLayout.PageSize) - (address / GuestLayout.PageSize) + 1)];
        for (int i = 0; i < pieces.Length; i++)
        {
            int part = (int)Math.Min(length, GuestLayout.PageSize - (address % GuestLayout.PageSize));
            if (!guest.TryTranslate(address, forWriting: true, out ulong physical) || !guest.IsRam(physical & ~(GuestLayout.PageSize - 1)))
            {
                return false;
            }

            pieces[i] = new PhysicalPiece(physical, part);
            address += (ulong)part;
            length -= (uint)part;
        }

        return true;
    }

    /// <summary>Reads all pieces, one behind the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Read(IGuest guest, PhysicalPiece[] pieces, Span<byte> bytes)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            guest.ReadPhysical(piece.Physical, bytes[..piece.Length]);
            bytes = bytes[piece.Length..];
        }
    }

    /// <summary>Writes all pieces, one behind the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Write(IGuest guest, PhysicalPiece[] pieces, ReadOnlySpan<byte> bytes)
    {
        foreach (PhysicalPiece piece in pieces)
        {
            int part = Math.Min(piece.Length, bytes.Length);
            guest.WritePhysical(piece.Physical, bytes[..part]);
            bytes = bytes[part..];
        }
    }
}
