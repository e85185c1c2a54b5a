namespace Lucos.Control.Debugging.Targets;

/// <summary>How a debugger asked for a breakpoint. Both are the same to the machine, which changes no code for either.</summary>
internal enum BreakpointKind
{
    /// <summary><c>Z0</c>.</summary>
    Software,

    /// <summary><c>Z1</c>.</summary>
    Hardware,
}
