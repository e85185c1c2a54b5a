namespace Lucos.Vmm.Memory;

/// <summary>An address in the guest's physical memory.</summary>
/// <param name="Value">The address.</param>
public readonly record struct GuestPhysicalAddress(ulong Value) : IComparable<GuestPhysicalAddress>
{
    /// <summary>Moves an address up.</summary>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static GuestPhysicalAddress operator +(GuestPhysicalAddress address, ulong offset) => new(checked(address.Value + offset));

    /// <summary>Bytes between two addresses.</summary>
    /// <exception cref="OverflowException"><paramref name="left"/> lies below <paramref name="right"/>.</exception>
    public static ulong operator -(GuestPhysicalAddress left, GuestPhysicalAddress right) => checked(left.Value - right.Value);

    /// <summary>Whether <paramref name="left"/> lies below <paramref name="right"/>.</summary>
    public static bool operator <(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> lies above <paramref name="right"/>.</summary>
    public static bool operator >(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not lie above <paramref name="right"/>.</summary>
    public static bool operator <=(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not lie below <paramref name="right"/>.</summary>
    public static bool operator >=(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value >= right.Value;

    /// <summary>The same as the <c>+</c> operator.</summary>
    public GuestPhysicalAddress Add(ulong offset) => this + offset;

    /// <summary>The same as the <c>-</c> operator.</summary>
    public ulong Subtract(GuestPhysicalAddress other) => this - other;

    /// <inheritdoc/>
    public int CompareTo(GuestPhysicalAddress other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"gpa 0x{Value:x}";
}
