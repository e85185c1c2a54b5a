namespace Lucos.Control.Scenarios.Model;

/// <summary>A scripted update scenario, checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it shows, or empty.</param>
/// <param name="Seed">The guest's seed.</param>
/// <param name="MemoryMiB">The guest's memory in MiB.</param>
/// <param name="Cpus">The guest's processors.</param>
/// <param name="Packages">Packages made for it, by name.</param>
/// <param name="Steps">What is done, in order.</param>
public sealed record Scenario(
    string Name,
    string Description,
    ulong Seed,
    int MemoryMiB,
    int Cpus,
    IReadOnlyDictionary<string, PackageEdit> Packages,
    IReadOnlyList<ScenarioStep> Steps);
