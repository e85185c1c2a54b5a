namespace Lucos.Unicorn.Tests;

/// <summary>An engine with 64 KiB of memory and a program at <see cref="Start"/>.</summary>
internal sealed class Fixture : IDisposable
{
    internal const ulong Start = 0x1000;
    private readonly SharedMemory _memory = new(0x10000);

    internal Fixture(ReadOnlySpan<byte> program, EngineShortcuts shortcuts = EngineShortcuts.All, BlockTrail? trail = null)
    {
        Meter = new ExecutionMeter(trail);
        Engine = new Engine(Callbacks, Meter, shortcuts);
        program.CopyTo(_memory.Slice(Start, program.Length));
        Engine.MapMemory(_memory);
    }

    internal Callbacks Callbacks { get; } = new();

    internal ExecutionMeter Meter { get; }

    internal Engine Engine { get; }

    internal SharedMemory Memory => _memory;

    public void Dispose()
    {
        Engine.Dispose();
        Meter.Dispose();
        _memory.Dispose();
    }
}
