using Lucos.Abi;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Snapshots;

/// <summary>The server's state in a machine's snapshot: books with undo logs, open requests, journal. What an observer or sink has seen is theirs.</summary>
internal sealed class ServerSection(ServerState state, Lock gate) : IStateful
{
    private const int MaxDetail = 1 << 16;

    public string StateName => "update-server";

    public int StateVersion => 4;

    public void Save(StateWriter writer)
    {
        lock (gate)
        {
            writer.WriteFlag(state.IsRegistered);
            writer.WriteInt32((int)state.LastRefusal.Refusal);
            writer.WriteText(state.LastRefusal.Detail ?? "");
            state.Stubs.Save(writer);
            state.Book.Save(writer);
            state.Requests.Save(writer);
            state.Journal.Save(writer);
        }
    }

    public void Load(StateReader reader)
    {
        lock (gate)
        {
            state.IsRegistered = reader.ReadFlag();
            state.LastRefusal = (reader.ReadEnum<Refusal>(), reader.ReadText(MaxDetail));
            foreach (LiveUpdate update in state.Book.All)
            {
                state.Registry.DropAll(update);
            }

            state.Stubs.Load(reader);
            state.Book.Load(reader, state.Guest.CpuCount);
            foreach (LiveUpdate update in state.Book.All)
            {
                Restore(update, reader);
            }

            state.Requests.Load(reader);
            state.Journal.Load(reader);
        }
    }

    // Which pages are guarded, and how, is in the machine's state; who listens is not.
    private void Restore(LiveUpdate update, StateReader reader)
    {
        if (!state.Registry.TryRestore(update, out string problem))
        {
            throw reader.Damaged($"data of {update.Name}: {problem}");
        }
    }
}
