using Lucos.Cli.Output;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos scenario</c>.</summary>
internal sealed class ScenarioCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public ScenarioCommand(Terminal terminal)
        : base("scenario", "Scripted update scenarios", "lucos scenario check tests/scenarios/*.yaml", "lucos scenario run tests/scenarios/apply-guest.yaml")
    {
        Add(new ScenarioRunCommand(terminal));
        Add(new ScenarioCheckCommand(terminal));
        Add(new ScenarioSchemaCommand(terminal));
    }
}
