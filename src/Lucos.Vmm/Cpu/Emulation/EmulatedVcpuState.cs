using Lucos.Unicorn;
using Lucos.Vmm.Snapshots;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>What a snapshot holds of a processor on the emulator: the engine's state, and what lies in this class between two runs.</summary>
internal sealed partial class EmulatedVcpu
{
    public void Save(StateWriter writer)
    {
        try
        {
            writer.WriteBytes(_engine.SaveState());
        }
        catch (UnicornException e)
        {
            throw new SnapshotException(e.Message, e);
        }

        writer.WriteFlag(_hypercallPending);
        writer.WriteFlag(_haltPending);
        writer.WriteUInt64(_skipBreakpoint);
        writer.WriteUInt64(_skipStack);
        writer.WriteUInt32(InterceptedExceptions);
        writer.WriteUInt64(_paidStart);
        writer.WriteUInt64(_paidEnd);
    }

    public void Load(StateReader reader)
    {
        byte[] state = reader.ReadBytes();
        try
        {
            _engine.LoadState(state);
        }
        catch (UnicornException e)
        {
            throw reader.Damaged(e.Message);
        }

        _hypercallPending = reader.ReadFlag();
        _haltPending = reader.ReadFlag();
        _skipBreakpoint = reader.ReadUInt64();
        _skipStack = reader.ReadUInt64();
        InterceptedExceptions = reader.ReadUInt32();
        _paidStart = reader.ReadUInt64();
        _paidEnd = reader.ReadUInt64();
    }
}
