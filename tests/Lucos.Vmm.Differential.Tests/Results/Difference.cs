namespace Lucos.Vmm.Differential.Tests.Results;

/// <summary>One value that differs.</summary>
/// <param name="Event">Index of the event, -1 for the program as a whole.</param>
/// <param name="Field">What differs.</param>
/// <param name="Ours">Its value on the machine under test.</param>
/// <param name="Theirs">Its value under QEMU.</param>
internal readonly record struct Difference(int Event, string Field, ulong Ours, ulong Theirs)
{
    public override string ToString() => $"{(Event < 0 ? "" : $"event {Event} ")}{Field}: {Ours:x}, QEMU {Theirs:x}";
}
