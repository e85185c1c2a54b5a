namespace Lucos.Unicorn.Tests;

/// <summary>Counts what it is told; block callbacks can be given something to do.</summary>
internal sealed class Callbacks : IEngineCallbacks
{
    internal int Blocks { get; private set; }

    internal Action<ulong>? OnInstructionDo { get; set; }

    internal Action? OnInterruptDo { get; set; }

    internal List<ulong> TranslatedPages { get; } = [];

    internal Action? OnBlockDo { get; set; }

    internal Action? OnDeviceWriteDo { get; set; }

    internal Action<ulong, int>? OnGuardedLoadDo { get; set; }

    public void OnBlock(ulong address, uint size)
    {
        Blocks++;
        OnBlockDo?.Invoke();
    }

    public void OnTranslated(ulong physicalPage) => TranslatedPages.Add(physicalPage);

    public void OnBreakpoint(ulong address) => throw new NotSupportedException();

    public void OnInstruction(ulong address) => OnInstructionDo?.Invoke(address);

    public void OnBlockTranslated(ulong address, uint size)
    {
    }

    public void OnInterrupt(uint vector)
    {
        if (OnInterruptDo is null)
        {
            throw new NotSupportedException();
        }

        OnInterruptDo();
    }

    public bool OnInvalidInstruction() => false;

    public uint OnPortRead(ushort port, int size) => throw new NotSupportedException();

    public void OnPortWrite(ushort port, int size, uint value) => throw new NotSupportedException();

    public void OnSyscall() => throw new NotSupportedException();

    public void OnCpuid() => throw new NotSupportedException();

    public void OnTimestamp(bool withProcessorId) => throw new NotSupportedException();

    public bool OnGuardedStore(ulong physicalAddress, int size, ulong value) => false;

    public void OnWatchedLoad(ulong physicalAddress, int size) => throw new NotSupportedException();

    public void OnGuardedLoad(ulong physicalAddress, int size) => OnGuardedLoadDo!(physicalAddress, size);

    public ulong OnDeviceRead(ulong physicalAddress, int size) => 0;

    public void OnDeviceWrite(ulong physicalAddress, int size, ulong value) => OnDeviceWriteDo!();

    public void OnUnmapped(ulong physicalAddress, int size) => throw new NotSupportedException();
}
