namespace Lucos.Vmm.Time;

/// <summary>A device that does something at points in virtual time.</summary>
public interface IClockedDevice
{
    /// <summary>When it next wants <see cref="Advance"/>, in nanoseconds; <see cref="ulong.MaxValue"/> for never.</summary>
    ulong NextDeadline { get; }

    /// <summary>Brings it up to <paramref name="now"/>.</summary>
    void Advance(ulong now);
}
