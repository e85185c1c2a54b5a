namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>An action for one event; event n uses action n, and a program ends where there is none.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="First">Address or number, see <see cref="ActionKind"/>.</param>
/// <param name="Second">Value to write.</param>
internal readonly record struct EventAction(ActionKind Kind, ulong First = 0, ulong Second = 0)
{
    internal static EventAction Return { get; } = new(ActionKind.Return);

    internal static EventAction ResumeAt(ulong address) => new(ActionKind.ResumeAt, address);

    internal static EventAction WriteAndReturn(ulong physical, ulong value) => new(ActionKind.WriteAndReturn, physical, value);
}
