using Lucos.Elf;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm;
using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.UpdateServer.Guest;

/// <summary>The machine as the server sees it.</summary>
internal sealed class MachineGuest : IGuest
{
    private readonly Machine _machine;
    private readonly AddressSpaceWalker _walker;
    private readonly KernelFunctions _functions;
    private readonly byte[] _buildId;
    private VirtualMemory _space;

    public MachineGuest(Machine machine, KernelImage kernel)
    {
        _machine = machine;
        _walker = new AddressSpaceWalker(machine.Memory);
        _functions = KernelFunctions.Of(kernel);
        _buildId = kernel.BuildId.ToArray();
        _space = machine.Vcpus[0].AddressSpace;
    }

    public ulong Blocks => _machine.Clock.Blocks;

    public ReadOnlySpan<byte> KernelBuildId => _buildId;

    public ulong TextStart => _functions.TextStart;

    public ulong TextEnd => _functions.TextEnd;

    public int CpuCount => _machine.Vcpus.Count;

    public long InvalidationTicks => _machine.Code.InvalidationTicks;

    /// <summary>Makes the address space of the vCPU that issues a hypercall the one that addresses are meant in.</summary>
    public void Enter(Vcpu caller) => _space = caller.AddressSpace;

    /// <summary>
    /// Goes once through the machine's side of an update, so that it is compiled before a guest is stopped for it: writes a byte over
    /// itself. Before the first run no code has been translated, so nothing in the guest can tell.
    /// </summary>
    public void WarmUp(ulong address)
    {
        Span<byte> same = stackalloc byte[1];
        if (TryRead(address, same) && IsExecutable(address, 1))
        {
            WriteCode(address, same);
            TryWrite(address, same);
            TryFindFunction(TextStart, out _);
            GetRip(CpuCount - 1);
            new PauseWatch(this).Stop();
        }
    }

    public bool TryFindFunction(ulong address, out KernelFunction found) => _functions.TryFind(address, out found);

    public bool TryRead(ulong address, Span<byte> buffer) => _space.TryRead(new GuestVirtualAddress(address), buffer);

    public bool TryWrite(ulong address, ReadOnlySpan<byte> data) => _space.TryWrite(new GuestVirtualAddress(address), data);

    public bool IsExecutable(ulong address, ulong length)
    {
        ulong at = address;
        for (ulong left = length; left > 0;)
        {
            if (!_walker.TryTranslate(_space.Cr3, new GuestVirtualAddress(at), PageAccess.Execute, out Translation translation, out _))
            {
                return false;
            }

            ulong piece = Math.Min(left, translation.BytesLeftInPage);
            left -= piece;
            at = unchecked(at + piece);
        }

        return true;
    }

    public byte[] WriteCode(ulong address, ReadOnlySpan<byte> code)
    {
        UndoEntry entry = _machine.Code.Write(_space.Cr3, new GuestVirtualAddress(address), code);
        return entry.OldBytes.ToArray();
    }

    public ulong GetRip(int cpu) => _machine.Vcpus[cpu].Registers.Rip;

    public void SetRip(int cpu, ulong rip) => _machine.Vcpus[cpu].Registers = _machine.Vcpus[cpu].Registers with { Rip = rip };

    public void RingDoorbell() => _machine.Doorbell.Ring();
}
