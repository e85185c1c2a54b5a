using Lucos.Vmm.Boot;

namespace Lucos.Vmm.Snapshots;

/// <summary>What a snapshot's file says about the machine before its state comes.</summary>
/// <param name="Emulator">The emulator and the layout of its state (<see cref="Cpu.Emulation.EmulatorCheck.StateFormat"/>).</param>
/// <param name="KernelBuildId">Build-id of the booted kernel in lower-case hexadecimal; empty for a machine without one.</param>
/// <param name="Options">What the machine is made of; without kernel and initial file system.</param>
/// <param name="Blocks">Blocks it had executed.</param>
/// <param name="Nanoseconds">Its virtual time.</param>
public sealed record SnapshotDescription(string Emulator, string KernelBuildId, MachineOptions Options, ulong Blocks, ulong Nanoseconds)
{
    private const int MaxName = 256;
    private const int MaxCommandLine = 1 << 16;

    internal static SnapshotDescription Of(MachineSnapshot snapshot) => new(
        Cpu.Emulation.EmulatorCheck.StateFormat, BuildIdOf(snapshot.Options.Kernel), snapshot.Options, snapshot.Blocks, snapshot.Nanoseconds);

    internal static string BuildIdOf(Elf.KernelImage? kernel) => kernel is null ? "" : Convert.ToHexStringLower(kernel.BuildId.Span);

    internal void Save(StateWriter writer)
    {
        writer.WriteText(Emulator);
        writer.WriteText(KernelBuildId);
        writer.WriteUInt64(Options.MemoryBytes);
        writer.WriteInt32(Options.CpuCount);
        writer.WriteUInt64(Options.Seed);
        writer.WriteText(Options.CommandLine);
        writer.WriteUInt64(Blocks);
        writer.WriteUInt64(Nanoseconds);
    }

    internal static SnapshotDescription Load(StateReader reader)
    {
        string emulator = reader.ReadText(MaxName);
        string kernel = reader.ReadText(MaxName);
        MachineOptions options = new()
        {
            MemoryBytes = reader.ReadUInt64(),
            CpuCount = reader.ReadInt32(),
            Seed = reader.ReadUInt64(),
            CommandLine = reader.ReadText(MaxCommandLine),
        };
        SnapshotDescription description = new(emulator, kernel, options, reader.ReadUInt64(), reader.ReadUInt64());
        reader.RequireEnd();
        try
        {
            Machine.Check(options);
            return description;
        }
        catch (BootException e)
        {
            throw reader.Damaged(e.Message);
        }
    }
}
