using Lucos.Unicorn.Native;

namespace Lucos.Unicorn.Tests;

/// <summary>What closes pages, over 16 MiB of memory that no code runs in.</summary>
internal sealed unsafe class GuardFixture : IDisposable
{
    private readonly EngineHandle _engine = Engine.Open();
    private readonly SharedMemory _memory = new(4096 * 4096);

    internal GuardFixture() => Guard = new StoreGuard(_engine, _memory, 0, null, quick: true);

    internal StoreGuard Guard { get; }

    public void Dispose()
    {
        _engine.Dispose();
        Guard.Dispose();
        _memory.Dispose();
    }
}
