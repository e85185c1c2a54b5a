using Lucos.Cli.Output;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos patch</c>.</summary>
internal sealed class PatchCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public PatchCommand(Terminal terminal)
        : base("patch", "Make and examine packages", "lucos patch build --kernel kernel.elf --object fix.o --to fix.lup", "lucos patch inspect fix.lup", "lucos patch verify fix.lup")
    {
        Add(new PatchBuildCommand(terminal));
        Add(new PatchInspectCommand(terminal));
        Add(new PatchVerifyCommand(terminal));
    }
}
