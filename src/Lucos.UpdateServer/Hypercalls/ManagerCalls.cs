using Lucos.Abi;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Stubs;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Hypercalls;

/// <summary>VERSION, REGISTER and JOURNAL: who the manager is and what it has to say.</summary>
internal sealed class ManagerCalls(ServerState state)
{
    private const byte Int3 = 0xcc;

    /// <summary>Tells the host's ABI version; a guest of another one is refused.</summary>
    public static long Version(HypercallArguments call) => call.Rbx == AbiVersion.Current
        ? AbiVersion.Current
        : throw new RefusedException(Refusal.AbiMismatch, $"guest speaks ABI {call.Rbx}, host {AbiVersion.Current}");

    /// <summary>Makes the manager known. A manager that was unloaded and comes back registers again; updates in force stay in the books.</summary>
    public long Register(HypercallArguments call)
    {
        ManagerInfo info = state.Reader.ReadVersioned<ManagerInfo>(call.Rbx, "manager info");
        byte[] buildId = info.BuildId.ToArray();
        if (!state.Guest.KernelBuildId.SequenceEqual(buildId))
        {
            throw new RefusedException(
                Refusal.BuildIdMismatch,
                $"the manager was built for kernel {Convert.ToHexStringLower(buildId)}, this is {Convert.ToHexStringLower(state.Guest.KernelBuildId)}");
        }

        var text = new CodeRange(state.Guest.TextStart, state.Guest.TextEnd - state.Guest.TextStart);
        var modules = new CodeRange(GuestLayout.ModuleBase, GuestLayout.ModuleAreaSize);
        if (info.KernelTextEnd < info.KernelTextStart
            || !text.Contains(info.KernelTextStart, info.KernelTextEnd - info.KernelTextStart)
            || !modules.Contains(info.ModuleBase, info.ModuleSize))
        {
            throw new RefusedException(
                Refusal.BadArgument,
                $"kernel text 0x{info.KernelTextStart:x}..0x{info.KernelTextEnd:x}, modules 0x{info.ModuleBase:x}+0x{info.ModuleSize:x}: not inside this kernel's");
        }

        state.Stubs.SetArea(CheckStubs(info, text));
        state.IsRegistered = true;
        state.Journal.Note(JournalEvents.Registered, state.Guest.Blocks);
        return 0;
    }

    private CodeRange CheckStubs(in ManagerInfo info, CodeRange text)
    {
        if (info.StubSize == 0)
        {
            return default;
        }

        if (info.StubSize > UpdateLimits.MaxContexts * StubTable.StubSize)
        {
            throw new RefusedException(Refusal.TooLarge, $"stub area of {info.StubSize} bytes, at most {UpdateLimits.MaxContexts}");
        }

        byte[] stubs = state.Reader.ReadBytes(info.StubArea, info.StubSize, "stub area");
        var area = new CodeRange(info.StubArea, info.StubSize);
        bool sound = area.Start % StubTable.StubSize == 0 && !area.Overlaps(text) && state.Guest.IsExecutable(area.Start, area.Length) && stubs.AsSpan().IndexOfAnyExcept(Int3) < 0;
        return sound
            ? area
            : throw new RefusedException(Refusal.BadArgument, $"stub area 0x{area.Start:x}+0x{area.Length:x}: not executable memory outside the kernel's code, aligned to {StubTable.StubSize} bytes, that is all 0x{Int3:x2}");
    }

    /// <summary>Takes a refusal or a note that was made inside the guest into the history.</summary>
    public long Journal(HypercallArguments call)
    {
        JournalEntry entry = state.Reader.ReadVersioned<JournalEntry>(call.Rbx, "journal entry");
        bool isRefusal = entry.Kind == (uint)JournalKind.Refusal;
        var refusal = (Refusal)entry.Refusal;
        if ((!isRefusal && entry.Kind != (uint)JournalKind.Note) || isRefusal != Refusals.IsKnown(refusal))
        {
            throw new RefusedException(Refusal.BadArgument, $"journal entry: kind {entry.Kind}, refusal {entry.Refusal}");
        }

        string name = NameRules.Printable(entry.Name.ToString());
        string text = NameRules.Printable(entry.Text.ToString());
        state.Journal.Note(isRefusal ? JournalEvents.GuestRefused : JournalEvents.GuestNote, state.Guest.Blocks, name, refusal, text);
        return 0;
    }
}
