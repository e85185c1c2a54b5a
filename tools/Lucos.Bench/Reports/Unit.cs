namespace Lucos.Bench.Reports;

/// <summary>A unit of measurement, and which way is better.</summary>
/// <param name="Name">As it is printed.</param>
/// <param name="BiggerIsBetter">True for rates, false for times and amounts of memory.</param>
public sealed record Unit(string Name, bool BiggerIsBetter)
{
    /// <summary>Time of one operation.</summary>
    public static readonly Unit NanosecondsEach = new("ns/op", false);

    /// <summary>Time.</summary>
    public static readonly Unit Microseconds = new("us", false);

    /// <summary>Time.</summary>
    public static readonly Unit Milliseconds = new("ms", false);

    /// <summary>Memory.</summary>
    public static readonly Unit MiB = new("MiB", false);

    /// <summary>Instructions of the guest.</summary>
    public static readonly Unit MegaInstructions = new("Minstr/s", true);

    /// <summary>Data moved.</summary>
    public static readonly Unit MiBPerSecond = new("MiB/s", true);

    /// <summary>How good a value is against a reference; bigger is better.</summary>
    public double Ratio(double value, double reference) => BiggerIsBetter ? value / reference : reference / value;
}
