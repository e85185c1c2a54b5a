using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Model;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Runs scenarios, each on a guest of its own.</summary>
public sealed class ScenarioRunner
{
    private readonly IGuestStarter _starter;
    private readonly IPackageSource _packages;

    /// <summary>Makes a runner.</summary>
    /// <param name="starter">Makes the guests.</param>
    /// <param name="packages">Built packages.</param>
    public ScenarioRunner(IGuestStarter starter, IPackageSource packages)
    {
        _starter = starter;
        _packages = packages;
    }

    /// <summary>Runs a scenario up to its end or to the first step that fails.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="seed">A seed instead of the scenario's own, or null.</param>
    /// <param name="cpus">A number of processors instead of the scenario's own, or null.</param>
    /// <param name="finished">Told of each step when it has ended.</param>
    /// <param name="cancel">Stops the run between steps.</param>
    public ScenarioResult Run(Scenario scenario, ulong? seed, int? cpus, Action<StepResult>? finished, CancellationToken cancel)
    {
        var used = seed ?? scenario.Seed;
        var made = scenario.Packages.ToDictionary(p => p.Key, p => PackageEditor.Apply(_packages.Load(p.Value.From), p.Value));
        using var guest = _starter.Start(new GuestSettings
        {
            Seed = used,
            MemoryMiB = scenario.MemoryMiB,
            Cpus = cpus ?? scenario.Cpus,
            Files = made.ToDictionary(p => GuestPath(p.Key), p => p.Value),
        });
        using var session = new GuestSession(guest);
        using var stopOnCancel = cancel.Register(guest.RequestStop);
        var executor = new StepExecutor(session, name => made.TryGetValue(name, out var bytes) ? bytes : _packages.Load(name));
        var steps = new List<StepResult>();
        foreach (var step in scenario.Steps)
        {
            cancel.ThrowIfCancellationRequested();
            steps.Add(RunStep(steps.Count + 1, step, executor, guest));
            finished?.Invoke(steps[^1]);
            if (steps[^1].Problems.Count > 0)
            {
                break;
            }
        }

        return new ScenarioResult(scenario.Name, used, steps, scenario.Steps.Count);
    }

    private static string GuestPath(string package) => $"updates/{package}.lup";

    private static StepResult RunStep(int number, ScenarioStep step, StepExecutor executor, IGuest guest)
    {
        var before = guest.Blocks;
        var report = new StepReport(step);
        try
        {
            executor.Execute(step, report);
        }
        catch (StepFailedException e)
        {
            report.Problems.AddRange(e.Problems);
        }
        catch (Exception e) when (e is GuestEndedException or BudgetExceededException or InvalidDataException or LucosException)
        {
            report.Problems.AddRange(e.Message.Split('\n'));
            report.Lines.AddRange(executor.LastConsoleLines());
        }

        return new StepResult(number, step.Position, report.Title, report.Lines, report.Problems, guest.Blocks - before);
    }
}
