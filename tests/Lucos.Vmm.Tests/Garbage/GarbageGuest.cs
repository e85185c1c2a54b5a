using Iced.Intel;
using Lucos.Vmm.Snapshots;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Garbage;

/// <summary>Machines with a valid entry and garbage behind it. They are forks of a few that were laid out once, which saves most of the time.</summary>
internal sealed class GarbageGuest : IDisposable
{
    internal const int MostProcessors = 4;
    private const int CodeBytes = 0x8000;
    private const int InstructionCount = 400;
    private const ulong PageTables = 0x4000;
    private const int TablePages = 3;
    private const int Pages = 64;
    private readonly Dictionary<int, MachineSnapshot> _laidOut = [];

    public void Dispose()
    {
        foreach (MachineSnapshot snapshot in _laidOut.Values)
        {
            snapshot.Dispose();
        }
    }

    internal static GarbageKind KindOf(int seed) => (GarbageKind)(seed % Enum.GetValues<GarbageKind>().Length);

    /// <summary>Makes a program's machine. The same seed gives the same machine.</summary>
    internal Machine Make(int seed)
    {
        Random random = new(seed);
        GarbageKind kind = KindOf(seed);
        int cpus = kind == GarbageKind.SeveralProcessors ? random.Next(2, MostProcessors + 1) : 1;
        if (!_laidOut.TryGetValue(cpus, out MachineSnapshot? snapshot))
        {
            using SmpGuest guest = new(cpus);
            snapshot = guest.Bare.Machine.TakeSnapshot();
            _laidOut.Add(cpus, snapshot);
        }

        Machine machine = snapshot.Fork();
        GarbageWriter writer = new(machine, random);
        Fill(writer, kind, random);
        return machine;
    }

    private static void Fill(GarbageWriter writer, GarbageKind kind, Random random)
    {
        byte[] code = kind switch
        {
            GarbageKind.Bytes => GarbageCode.Bytes(random, CodeBytes),
            GarbageKind.SystemInstructions => GarbageCode.SystemInstructions(random, InstructionCount),
            _ => random.Next(3) == 0 ? GarbageCode.SystemInstructions(random, InstructionCount) : GarbageCode.Instructions(random, CodeBytes),
        };
        writer.Handlers(random.Next(3));
        switch (kind)
        {
            case GarbageKind.PageTables:
                writer.Tables(PageTables, TablePages, Pages);
                break;
            case GarbageKind.DescriptorTables:
                writer.Descriptors();
                break;
            case GarbageKind.User:
                writer.User(code);
                return;
            case GarbageKind.SeveralProcessors:
                writer.Code(SmpGuest.Other, code);
                writer.StartOthers();
                break;
        }

        writer.Kernel(code, random.Next(2) == 0);
    }
}
