namespace Lucos.Control.Debugging.Registers;

/// <summary>A feature of gdb's target descriptions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Registers">Its registers, in order.</param>
internal sealed record RegisterFeature(string Name, IReadOnlyList<DebugRegister> Registers);
