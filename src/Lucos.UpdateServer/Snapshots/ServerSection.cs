using Lucos.Abi;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer.Snapshots;

/// <summary>The server's state in a machine's snapshot: books with undo logs, open requests, journal. What an observer or sink has seen is theirs.</summary>
internal sealed class ServerSection(ServerState state, Lock gate) : IStateful
{
    private const int MaxDetail = 1 << 16;

    public string StateName => "update-server";

    public int StateVersion => 1;

    public void Save(StateWriter writer)
    {
        lock (gate)
        {
            writer.WriteFlag(state.IsRegistered);
            writer.WriteInt32((int)state.LastRefusal.Refusal);
            writer.WriteText(state.LastRefusal.Detail ?? "");
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
            state.Book.Load(reader, state.Guest.CpuCount);
            state.Requests.Load(reader);
            state.Journal.Load(reader);
        }
    }
}
