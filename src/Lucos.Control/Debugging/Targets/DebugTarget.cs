using Lucos.Control.Debugging.Registers;
using Lucos.Control.Guests;
using Lucos.Vmm;
using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Debugging.Targets;

/// <summary>
/// A machine as a debugger sees it: threads are processors, numbered from 1. Belongs to the thread that runs the machine, between two runs.
/// </summary>
/// <param name="machine">The machine.</param>
/// <param name="view">Shows what the guest would find where the Update Server has changed memory, or not yet; null for a machine without an Update Server.</param>
internal sealed class DebugTarget(Machine machine, IMemoryView? view = null)
{
    private const ulong PagingBit = 1UL << 31;

    private readonly HashSet<(BreakpointKind Kind, ulong Address)> _breakpoints = [];
    private readonly List<Watchpoint> _watchpoints = [];
    private int? _stepping;

    /// <summary>The machine.</summary>
    internal Machine Machine => machine;

    /// <summary>The thread whose processor ran last.</summary>
    internal int CurrentThread => machine.Current.Index + 1;

    /// <summary>Threads.</summary>
    internal int ThreadCount => machine.Vcpus.Count;

    /// <summary>Whether addresses are physical instead of virtual.</summary>
    internal bool IsPhysical { get; set; }

    /// <summary>The processor of a thread.</summary>
    internal Vcpu Processor(int thread) => machine.Vcpus[thread - 1];

    /// <summary>The registers of a thread.</summary>
    internal ProcessorRegisters Registers(int thread) => new(Processor(thread));

    /// <summary>What a thread is doing, for a person.</summary>
    internal string Describe(int thread)
    {
        var processor = Processor(thread);
        var state = processor.State switch
        {
            VcpuState.Running => "running",
            VcpuState.Halted => "halted",
            VcpuState.HaltedForever => "halted with interrupts off",
            _ => "waiting for a start-up message",
        };
        return $"CPU {processor.Index} [{state}]";
    }

    /// <summary>Reads memory as a thread sees it.</summary>
    /// <returns>How many of the bytes could be read.</returns>
    internal int Read(int thread, ulong address, Span<byte> bytes)
    {
        var done = 0;
        while (done < bytes.Length)
        {
            var at = unchecked(address + (ulong)done);
            var piece = (int)Math.Min((ulong)(bytes.Length - done), 4096 - (at % 4096));
            if (!TryReadInPage(thread, at, bytes.Slice(done, piece)))
            {
                break;
            }

            done += piece;
        }

        if (done > 0 && !IsPhysicalFor(thread))
        {
            view?.ShowTrueBytes(address, bytes[..done]);
        }

        return done;
    }

    /// <summary>Writes memory as a thread sees it, read-only pages too; code that is overwritten is seen by every processor.</summary>
    /// <returns>False if a byte has no memory; then nothing was written.</returns>
    internal bool TryWrite(int thread, ulong address, ReadOnlySpan<byte> bytes)
    {
        if (IsPhysicalFor(thread))
        {
            var place = new GuestPhysicalAddress(address);
            if (!machine.Memory.Contains(place, (ulong)bytes.Length))
            {
                return false;
            }

            machine.Memory.Write(place, bytes);
            return true;
        }

        try
        {
            var written = new byte[bytes.Length];
            if (!Processor(thread).AddressSpace.TryRead(new GuestVirtualAddress(address), written))
            {
                return false;
            }

            bytes.CopyTo(written);
            view?.TakeTrueBytes(address, written);
            machine.Code.Write(Processor(thread).Registers.Cr3, new GuestVirtualAddress(address), written);
            return true;
        }
        catch (CodeWriteException)
        {
            return false;
        }
    }

    /// <summary>Sets a breakpoint; one that is set already is no error, as the protocol wants it.</summary>
    /// <returns>False for an address that no instruction can have.</returns>
    internal bool TryAddBreakpoint(BreakpointKind kind, ulong address)
    {
        var place = new GuestVirtualAddress(address);
        if (!place.IsCanonical)
        {
            return false;
        }

        if (_breakpoints.Add((kind, address)))
        {
            machine.Breakpoints.Add(place);
        }

        return true;
    }

    /// <summary>Takes a breakpoint away; one that is not there is no error.</summary>
    internal void RemoveBreakpoint(BreakpointKind kind, ulong address)
    {
        if (_breakpoints.Remove((kind, address)))
        {
            machine.Breakpoints.Remove(new GuestVirtualAddress(address));
        }
    }

    /// <summary>The kind of the debugger's breakpoint at an address, or null.</summary>
    internal BreakpointKind? BreakpointAt(ulong address) =>
        _breakpoints.Contains((BreakpointKind.Software, address)) ? BreakpointKind.Software
        : _breakpoints.Contains((BreakpointKind.Hardware, address)) ? BreakpointKind.Hardware
        : null;

    /// <summary>Watches a range of memory, as a thread sees it; one that is watched already is no error.</summary>
    /// <returns>False if a byte is not mapped.</returns>
    internal bool TryAddWatchpoint(int thread, WatchKind kind, ulong address, int length)
    {
        if (_watchpoints.Exists(w => w.Kind == kind && w.Address == address && w.Length == length))
        {
            return true;
        }

        var watchpoint = new Watchpoint(machine, kind, address, length);
        if (!watchpoint.TrySet(Processor(thread).AddressSpace))
        {
            return false;
        }

        _watchpoints.Add(watchpoint);
        return true;
    }

    /// <summary>Ends a watch; one that is not there is no error.</summary>
    internal void RemoveWatchpoint(WatchKind kind, ulong address, int length)
    {
        foreach (var watchpoint in _watchpoints.Where(w => w.Kind == kind && w.Address == address && w.Length == length).ToList())
        {
            watchpoint.Remove();
            _watchpoints.Remove(watchpoint);
        }
    }

    /// <summary>A watchpoint that was hit, or null; forgets all hits.</summary>
    internal Watchpoint? TakeWatchHit()
    {
        Watchpoint? hit = null;
        foreach (var watchpoint in _watchpoints)
        {
            hit = watchpoint.TakeHit() ? hit ?? watchpoint : hit;
        }

        return hit;
    }

    /// <summary>Takes away all that the debugger has set.</summary>
    internal void Release()
    {
        foreach (var (kind, address) in _breakpoints.ToList())
        {
            RemoveBreakpoint(kind, address);
        }

        _watchpoints.ForEach(w => w.Remove());
        _watchpoints.Clear();
        StepInRun(null);
    }

    /// <summary>Sets the breakpoints of another target here: the machine was built anew.</summary>
    internal void TakeBreakpointsOf(DebugTarget other)
    {
        foreach (var (kind, address) in other._breakpoints)
        {
            TryAddBreakpoint(kind, address);
        }
    }

    /// <summary>Executes one instruction of a thread while the others stand still.</summary>
    internal MachineStop StepAlone(int thread) => machine.StepAlone(Processor(thread));

    /// <summary>Has the run end after one instruction of a thread, or null: of none.</summary>
    internal void StepInRun(int? thread)
    {
        _stepping = thread;
        machine.Stepping = thread is { } number ? Processor(number) : null;
    }

    /// <summary>The thread whose step has ended the run, or null; forgets it.</summary>
    internal int? TakeStepped()
    {
        var stepped = machine.Stepping is null ? _stepping : null;
        _stepping = machine.Stepping is null ? null : _stepping;
        return stepped;
    }

    private bool IsPhysicalFor(int thread) => IsPhysical || (Processor(thread).Registers.Cr0 & PagingBit) == 0;

    private bool TryReadInPage(int thread, ulong address, Span<byte> bytes)
    {
        if (!IsPhysicalFor(thread))
        {
            var space = Processor(thread).AddressSpace;
            var virtualAddress = new GuestVirtualAddress(address);
            if (!space.TryRead(virtualAddress, bytes))
            {
                return false;
            }

            if (view is not null && space.TryTranslate(virtualAddress, out var translation, out _))
            {
                view.ShowUpToDate(translation.Address.Value, bytes);
            }

            return true;
        }

        var place = new GuestPhysicalAddress(address);
        if (!machine.Memory.Contains(place, (ulong)bytes.Length))
        {
            return false;
        }

        machine.Memory.Read(place, bytes);
        return true;
    }
}
