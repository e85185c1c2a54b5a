using Iced.Intel;
using Lucos.Unicorn;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>Stores to guarded pages: carried out in the hook, or refused and then stepped over. Loads from guarded pages: told of before they happen.</summary>
internal sealed partial class EmulatedVcpu
{
    private const ulong PageSize = 4096;
    private const int LongestInstruction = 15;
    private const int MostStores = 32;
    private const uint LongCodeSegment = 1 << 21;
    private readonly byte[] _code = new byte[LongestInstruction];
    private readonly GuardedStore[] _stores = new GuardedStore[MostStores];
    private readonly ByteArrayCodeReader _codeReader;
    private readonly Decoder _decoder;
    private Instruction _refused;
    private bool _isRefused;
    private bool _overStore;
    private bool _isReported;
    private bool _stepEnded;
    private int _storeCount;
    private GuardedStore _whole;

    // The rest of a block that was cut behind a stepped instruction: it is counted already.
    private ulong _paidStart;
    private ulong _paidEnd;

    // Stands behind a stepped store, whose boundary this is although the block goes on.
    private bool _behindStep;
    private ulong _stepBlocks;

    // Inside a block only a debugger stops, except behind a stepped store: who waits for the block's end has to wait on.
    private bool IsAtStoreBoundary => _host.IsStoreBoundaryDue(_index) && (_behindStep || !IsInsideBlock);

    public void GuardPages(ReadOnlySpan<ulong> pages, bool steps) => _engine.GuardPages(pages, steps);

    public void GuardLoads(ReadOnlySpan<ulong> pages) => _engine.GuardLoads(pages);

    void IEngineCallbacks.OnGuardedLoad(ulong physicalAddress, int size)
    {
        _host.Loading(new GuardedLoad(_index, new GuestPhysicalAddress(physicalAddress), size));
        PollForBoundary();
    }

    bool IEngineCallbacks.OnGuardedStore(ulong physicalAddress, int size, ulong value)
    {
        if (_isRefused)
        {
            return false;
        }

        GuestPhysicalAddress address = new(physicalAddress);
        ulong rip = _engine.Rip;
        bool steps = _overStore || _isReported;
        if (!steps && _host.MethodOf(address, size) == StoreMethod.Step && CanRefuse(rip, size))
        {
            if (!LeavesBehindAccesses)
            {
                _isRefused = true;
                return false;
            }

            BeginReported();
            steps = true;
        }

        if ((physicalAddress % PageSize) + (ulong)size > PageSize)
        {
            // Only the first page is known here. The store comes again byte by byte, once the second page's tables have been looked at.
            return true;
        }

        _host.WriteGuarded(address, size, value);
        GuardedStore store = new(_index, address, size, rip, ByHost: false, steps ? StoreMethod.Step : StoreMethod.Emulate);
        if (steps)
        {
            Collect(in store);
        }
        else if (!IsRepetition(in store))
        {
            _host.Stored(in store);
            PollForBoundary();
        }

        return true;
    }

    // Where each instruction is reported, a refusal would lose flags; but there the run can stop behind an instruction that was not refused.
    private void BeginReported()
    {
        _isReported = true;
        _storeCount = 0;
        _host.PollAtNextBlock();
    }

    private void EndReported()
    {
        _isReported = false;
        TellStores();
    }

    private void TellStores()
    {
        _behindStep = true;
        for (int i = 0; i < _storeCount; i++)
        {
            _host.Stored(in _stores[i]);
        }
    }

    private void PollForBoundary()
    {
        if (_host.IsStoreBoundaryDue(_index))
        {
            _host.PollAtNextBlock();
        }
    }

    // A store that is not aligned comes whole and then byte by byte.
    private bool IsRepetition(in GuardedStore store)
    {
        if (store.Size == 1 && Covers(in _whole, in store))
        {
            return true;
        }

        _whole = store;
        return false;
    }

    private static bool Covers(in GuardedStore whole, in GuardedStore part) =>
        whole.Rip == part.Rip && whole.Size > part.Size && part.Address.Value >= whole.Address.Value
        && part.Address.Value + (ulong)part.Size <= whole.Address.Value + (ulong)whole.Size;

    private void Collect(in GuardedStore store)
    {
        if (_storeCount > 0)
        {
            ref GuardedStore last = ref _stores[_storeCount - 1];
            if (Covers(in last, in store))
            {
                return;
            }

            ulong end = last.Address.Value + (ulong)last.Size;
            if (store.Address.Value == end && end % PageSize != 0)
            {
                last = last with { Size = last.Size + store.Size };
                return;
            }
        }

        _stores[_storeCount++] = store;
    }

    // A guest that steps itself, or runs 32-bit code, is not stepped by us: its blocks are told of at their ends.
    private bool CanRefuse(ulong rip, int size)
    {
        CpuContext view = _engine.View;
        view.Save();
        if (view.IsSingleStepping || (view.Segment(SegmentIndex.Cs).Flags & LongCodeSegment) == 0 || !FetchInstruction(rip))
        {
            return false;
        }

        _codeReader.Position = 0;
        _decoder.IP = rip;
        _decoder.Decode(out _refused);
        return SteppableStores.Contains(in _refused, size);
    }

    private bool FetchInstruction(ulong rip)
    {
        int first = (int)Math.Min(LongestInstruction, PageSize - (rip % PageSize));
        _code.AsSpan(first).Clear();
        if (!TryFetchInPage(rip, _code.AsSpan(0, first)))
        {
            return false;
        }

        _ = first < LongestInstruction && TryFetchInPage(rip + (ulong)first, _code.AsSpan(first));
        return true;
    }

    private bool TryFetchInPage(ulong address, Span<byte> bytes)
    {
        if (!_walker.TryTranslate(_engine.Cr3, new GuestVirtualAddress(address), PageAccess.Read, out Translation translation, out _))
        {
            return false;
        }

        _memory.Read(translation.Address, bytes);
        return true;
    }

    // Executes the instruction that was refused, alone and without interrupts, and tells of its stores. What it costs in blocks and time was
    // counted when its block began. Debuggers' steps report instructions instead (see StepInstruction): that is exact for every instruction, also
    // for PUSHF and where the guest uses TF itself, but has code translated anew twice, which costs a hundred times what TF does.
    private EngineStatus StepOverStore()
    {
        ulong rip = _engine.Rip;
        _stepBlocks = _meter.Blocks;
        ulong blockEnd = _meter.BlockEnd(rip);
        ulong debugStatus = _engine.Dr6;
        _storeCount = 0;
        _isRefused = false;
        _overStore = true;
        _stepEnded = false;
        uint flags = _engine.Eflags;
        _engine.Eflags = flags | TrapFlag;
        EngineStatus status;
        try
        {
            do
            {
                _stoppedForCode = false;
                _memory.CodeFrames.DropStale();
                status = RunEngine();
            }
            while (_stoppedForCode);
        }
        finally
        {
            _overStore = false;
        }

        if (_stepEnded)
        {
            // The emulator forgets RF behind a step, and else only at the end of some blocks: nothing may show that there was one.
            _engine.Eflags = (_engine.Eflags & ~TrapFlag) | (flags & (uint)ResumeFlag);
        }

        _engine.Dr6 = debugStatus;
        TakeBackStep();
        EndStep(rip, blockEnd);
        return status;
    }

    private void TakeBackStep()
    {
        _meter.Countdown += _refused.Length * (long)(_meter.Blocks - _stepBlocks);
        _meter.Blocks = _stepBlocks;
    }

    private void EndStep(ulong rip, ulong blockEnd)
    {
        ulong next = rip + (ulong)_refused.Length;
        bool repeats = _refused.HasRepPrefix || _refused.HasRepnePrefix;
        if (_engine.Rip == next && repeats && IsString(_refused.Mnemonic))
        {
            // Not stepped, the emulator looks at the counter once more, in a block of its own, before it goes on.
            _engine.Rip = rip;
        }
        else if (_engine.Rip == next && next < blockEnd)
        {
            (_paidStart, _paidEnd) = (next, blockEnd);
        }

        TellStores();
    }

    private static bool IsString(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq or Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq;

    // At the first block behind a cut: takes back what it was counted, and does not let it be a boundary.
    private bool IsPaid(ulong address, uint size)
    {
        if (_paidEnd == 0)
        {
            return false;
        }

        ulong end = _paidEnd;
        if (address != _paidStart)
        {
            _paidEnd = 0;
            return false;
        }

        _meter.Blocks--;
        if (_memory.CodeFrames.AreStale)
        {
            _meter.Countdown += size;
            _stoppedForCode = true;
            _engine.Stop();
            return true;
        }

        _meter.Countdown += (long)Math.Min(size, end - address);
        _meter.EndInterrupt();
        _paidEnd = 0;
        _stepBegun = true;
        PollForBoundary();
        return true;
    }
}
