namespace Lucos.Bench;

/// <summary>A group of measurements that are taken together.</summary>
public interface IBenchmark
{
    /// <summary>Its name, for <c>--only</c>.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    /// <param name="runs">How often; references are taken in turn with what they are compared with.</param>
    /// <param name="progress">Told what is measured now.</param>
    IEnumerable<Measurement> Run(int runs, Action<string> progress);
}
