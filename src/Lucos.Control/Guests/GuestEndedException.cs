namespace Lucos.Control.Guests;

/// <summary>The guest stopped for good while something was awaited of it.</summary>
public sealed class GuestEndedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="stop">How it ended.</param>
    public GuestEndedException(GuestStop stop)
        : base(Describe(stop))
    {
        Stop = stop;
    }

    /// <summary>How it ended.</summary>
    public GuestStop Stop { get; }

    private static string Describe(GuestStop stop) => stop.Kind switch
    {
        GuestStopKind.PoweredOff when stop.IsPanic => "the guest's kernel panicked; its console says why",
        GuestStopKind.PoweredOff => $"the guest powered itself off with value {stop.Value}",
        GuestStopKind.Reset => "the guest asked for a reset",
        _ => $"the guest died: {stop.Report}",
    };
}
