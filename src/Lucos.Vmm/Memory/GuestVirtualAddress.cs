namespace Lucos.Vmm.Memory;

/// <summary>An address in the guest's virtual address space.</summary>
/// <param name="Value">The address.</param>
public readonly record struct GuestVirtualAddress(ulong Value) : IComparable<GuestVirtualAddress>
{
    /// <summary>Whether bits 48 to 63 equal bit 47, as four-level paging demands (Intel SDM vol. 1 section 3.3.7.1).</summary>
    public bool IsCanonical => (ulong)(((long)Value << 16) >> 16) == Value;

    /// <summary>Moves an address up.</summary>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static GuestVirtualAddress operator +(GuestVirtualAddress address, ulong offset) => new(checked(address.Value + offset));

    /// <summary>Bytes between two addresses.</summary>
    /// <exception cref="OverflowException"><paramref name="left"/> lies below <paramref name="right"/>.</exception>
    public static ulong operator -(GuestVirtualAddress left, GuestVirtualAddress right) => checked(left.Value - right.Value);

    /// <summary>Whether <paramref name="left"/> lies below <paramref name="right"/>.</summary>
    public static bool operator <(GuestVirtualAddress left, GuestVirtualAddress right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> lies above <paramref name="right"/>.</summary>
    public static bool operator >(GuestVirtualAddress left, GuestVirtualAddress right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not lie above <paramref name="right"/>.</summary>
    public static bool operator <=(GuestVirtualAddress left, GuestVirtualAddress right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not lie below <paramref name="right"/>.</summary>
    public static bool operator >=(GuestVirtualAddress left, GuestVirtualAddress right) => left.Value >= right.Value;

    /// <summary>The same as the <c>+</c> operator.</summary>
    public GuestVirtualAddress Add(ulong offset) => this + offset;

    /// <summary>The same as the <c>-</c> operator.</summary>
    public ulong Subtract(GuestVirtualAddress other) => this - other;

    /// <inheritdoc/>
    public int CompareTo(GuestVirtualAddress other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"gva 0x{Value:x}";
}
