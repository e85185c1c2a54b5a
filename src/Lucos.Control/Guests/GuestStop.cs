namespace Lucos.Control.Guests;

/// <summary>Why a guest stopped running, and what is to be said about it.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Value">The value with which the guest powered itself off; else 0.</param>
/// <param name="Report">For a guest that died: why, with registers and backtrace. Else empty.</param>
public readonly record struct GuestStop(GuestStopKind Kind, int Value = 0, string Report = "")
{
    /// <summary>The value with which a kernel that panicked powers off (guest-kernel/kernel/oops.c).</summary>
    public const int PanicValue = 0x7f;

    /// <summary>Whether the guest powered itself off because its kernel panicked.</summary>
    public bool IsPanic => Kind == GuestStopKind.PoweredOff && Value == PanicValue;

    /// <summary>Whether the guest can be run on.</summary>
    public bool CanRunOn => Kind is GuestStopKind.Limit or GuestStopKind.Breakpoint or GuestStopKind.Requested or GuestStopKind.Watched or GuestStopKind.OffTrail;
}
