using System.Runtime.CompilerServices;
using Lucos.UpdateServer.Data;

namespace Lucos.UpdateServer.Guest;

/// <summary>A call of a state-transfer function.</summary>
/// <param name="Function">Guest-virtual address of the function.</param>
/// <param name="Source">First argument: the version that is up to date.</param>
/// <param name="Target">Second argument: the version that shall say the same.</param>
/// <param name="Pieces">RAM of the target.</param>
/// <param name="Head">Bytes at its start that the function may not store to.</param>
/// <param name="Length">Bytes of it up to the last that the function may store to.</param>
/// <param name="Stack">Lowest guest-virtual address of its stack.</param>
/// <param name="StackLength">Bytes there.</param>
/// <param name="Budget">Bytes of code that it may run.</param>
/// <param name="Scratch">What it may store to besides; null for nothing.</param>
/// <param name="MayLoad">Whether it may load some bytes at a guest-physical address of a page whose loads are monitored; null if it may load all.</param>
public readonly record struct TransferCall(
    ulong Function,
    ulong Source,
    ulong Target,
    PhysicalPiece[] Pieces,
    uint Head,
    uint Length,
    ulong Stack,
    ulong StackLength,
    uint Budget,
    ScratchRanges? Scratch = null,
    Func<ulong, int, bool>? MayLoad = null)
{
    /// <summary>Whether the function may store to a range besides its stack. Asked before the store: what lies in scratch is then kept.</summary>
    /// <param name="physical">Guest-physical address.</param>
    /// <param name="size">Bytes, all in one page.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Allows(ulong physical, int size) => AllowsInTarget(physical, size) ?? Scratch?.Allows(physical, size) ?? false;

    // Null if that is not in the target.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool? AllowsInTarget(ulong physical, int size)
    {
        uint offset = 0;
        foreach (PhysicalPiece piece in Pieces)
        {
            if (physical >= piece.Physical && physical - piece.Physical <= (ulong)(piece.Length - Math.Min(size, piece.Length)) && size <= piece.Length)
            {
                uint from = offset + (uint)(physical - piece.Physical);
                return from >= Head && from + (uint)size <= Length;
            }

            offset += (uint)piece.Length;
        }

        return null;
    }
}
