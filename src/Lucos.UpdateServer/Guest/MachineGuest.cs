using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lucos.Abi;
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
    private const ulong PresentEntry = 1;
    private const ulong LargePage = 1 << 7;
    private const ulong PageTableAddress = 0x000f_ffff_ffff_f000;

    private readonly Machine _machine;
    private readonly AddressSpaceWalker _walker;
    private readonly KernelFunctions _functions;
    private readonly byte[] _buildId;
    private readonly WritableFilter _filter = new();
    private VirtualMemory _lastSpace;
    private ulong _pageTables;
    private StoreListener _stores = null!;
    private ulong _stubs;

    public MachineGuest(Machine machine, KernelImage kernel)
    {
        _machine = machine;
        _walker = new AddressSpaceWalker(machine.Memory);
        _functions = KernelFunctions.Of(kernel);
        _buildId = kernel.BuildId.ToArray();
        _lastSpace = machine.Vcpus[0].AddressSpace;
        _pageTables = _lastSpace.Cr3;
    }

    public ulong Blocks => _machine.Clock.Blocks;

    public ulong Nanoseconds => _machine.Clock.Now;

    public ReadOnlySpan<byte> KernelBuildId => _buildId;

    public ulong TextStart => _functions.TextStart;

    public ulong TextEnd => _functions.TextEnd;

    public int CpuCount => _machine.Vcpus.Count;

    public long InvalidationTicks => _machine.Code.InvalidationTicks;

    /// <summary>
    /// Makes the address space of the vCPU that issues a hypercall, or stores, or returns, the one that addresses are meant in. That of whoever came
    /// last may be gone by then: its process ended, its page tables are free memory.
    /// </summary>
    public void Enter(Vcpu vcpu) => _pageTables = vcpu.PageTables;

    /// <summary>The same for the vCPU of that number.</summary>
    public void Enter(int cpu) => Enter(_machine.Vcpus[cpu]);

    public void EnterCurrent() => Enter(_machine.Current);

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
            _ = _machine.Service;
        }
    }

    public bool TryFindFunction(ulong address, out KernelFunction found) => _functions.TryFind(address, out found);

    public bool TryRead(ulong address, Span<byte> buffer) => Space.TryRead(new GuestVirtualAddress(address), buffer);

    public bool TryWrite(ulong address, ReadOnlySpan<byte> data) => Space.TryWrite(new GuestVirtualAddress(address), data);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool IsExecutable(ulong address, ulong length)
    {
        ulong at = address;
        for (ulong left = length; left > 0;)
        {
            if (!_walker.TryTranslate(_pageTables, new GuestVirtualAddress(at), PageAccess.Execute, out Translation translation, out _))
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
        UndoEntry entry = _machine.Code.Write(_pageTables, new GuestVirtualAddress(address), code);
        return entry.OldBytes.ToArray();
    }

    public ulong GetRip(int cpu) => _machine.Vcpus[cpu].Registers.Rip;

    public void SetRip(int cpu, ulong rip) => _machine.Vcpus[cpu].Registers = _machine.Vcpus[cpu].Registers with { Rip = rip };

    public void RingDoorbell() => _machine.Doorbell.Ring();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTranslate(ulong address, bool forWriting, out ulong physical)
    {
        bool found = _walker.TryTranslate(_pageTables, new GuestVirtualAddress(address), forWriting ? PageAccess.Write : PageAccess.Read, out Translation translation, out _);
        physical = found ? translation.Address.Value : 0;
        return found;
    }

    public bool IsRam(ulong physicalPage) => _machine.Memory.Contains(new GuestPhysicalAddress(physicalPage), GuestLayout.PageSize);

    public void ReadPhysical(ulong physical, Span<byte> buffer) => _machine.Memory.Read(new GuestPhysicalAddress(physical), buffer);

    public void WritePhysical(ulong physical, ReadOnlySpan<byte> data) => _machine.Memory.Write(new GuestPhysicalAddress(physical), data);

    public IReadOnlySet<ulong> FindPageTables()
    {
        var found = new HashSet<ulong>();
        AddTables(_pageTables & PageTableAddress, levels: 4, found);
        return found;
    }

    public void Listen(IGuestListener listener) => _stores = new StoreListener(this, listener);

    public void Monitor(ReadOnlySpan<ulong> pages, bool stepped)
    {
        GuestPhysicalAddress[] addresses = Addresses(pages);
        _machine.Protection.Unprotect(addresses, _stores);
        _machine.Protection.Protect(addresses, _stores, stepped ? StoreMethod.Step : StoreMethod.Emulate);
    }

    public void Unmonitor(ReadOnlySpan<ulong> pages) => _machine.Protection.Unprotect(Addresses(pages), _stores);

    public void MonitorLoads(ReadOnlySpan<ulong> pages) => _machine.Loads.Set(Addresses(pages), _stores);

    public void WatchStubs(ulong start, int count)
    {
        if (_stubs != 0)
        {
            _machine.Stubs.Remove(new GuestVirtualAddress(_stubs));
        }

        _stubs = count == 0 ? 0 : start;
        if (count > 0)
        {
            _machine.Stubs.Add(_pageTables, new GuestVirtualAddress(start), count, new StubListener(this, _stores.Listener, start));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TransferOutcome Transfer(in TransferCall transfer)
    {
        _filter.Call = transfer;
        _stores.Transfer = transfer;
        ServiceCallResult result = _machine.Service.Call(new ServiceCall(
            new GuestVirtualAddress(transfer.Function),
            _pageTables,
            transfer.Source,
            transfer.Target,
            0,
            new GuestVirtualAddress(transfer.Stack),
            new GuestVirtualAddress(transfer.Stack + transfer.StackLength),
            transfer.Budget,
            _filter));
        return result.Succeeded ? TransferOutcome.Returned : new TransferOutcome(result.ToString());
    }

    public void BeginTransfers() => _machine.Service.BeginCalls();

    public void EndTransfers() => _machine.Service.EndCalls();

    // Made when it is asked for: most stores need no more than the page tables.
    private VirtualMemory Space => _lastSpace.Cr3 == _pageTables ? _lastSpace : _lastSpace = new VirtualMemory(_machine.Memory, _pageTables);

    private static GuestPhysicalAddress[] Addresses(ReadOnlySpan<ulong> pages)
    {
        var addresses = new GuestPhysicalAddress[pages.Length];
        for (int i = 0; i < pages.Length; i++)
        {
            addresses[i] = new GuestPhysicalAddress(pages[i]);
        }

        return addresses;
    }

    private void AddTables(ulong table, int levels, HashSet<ulong> found)
    {
        if (!IsRam(table) || !found.Add(table) || levels == 1)
        {
            return;
        }

        Span<ulong> entries = stackalloc ulong[(int)GuestLayout.PageSize / sizeof(ulong)];
        _machine.Memory.Read(new GuestPhysicalAddress(table), MemoryMarshal.AsBytes(entries));
        foreach (ulong entry in entries)
        {
            bool isTable = (entry & PresentEntry) != 0 && (levels == 4 || (entry & LargePage) == 0);
            if (isTable)
            {
                AddTables(entry & PageTableAddress, levels - 1, found);
            }
        }
    }
}
