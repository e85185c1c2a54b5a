using System.Buffers.Binary;
using System.Text;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Results;

/// <summary>What a program came to: how it ended, its events, and a hash of each page it could touch.</summary>
internal sealed class ProgramRecord(ReadOnlyMemory<byte> bytes)
{
    private static readonly string[] s_registers =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    private static readonly string[] s_system =
    [
        "cr0", "cr2", "cr3", "cr4", "dr6", "cs", "ss", "ds", "es", "fs", "gs", "efer", "fs-base", "gs-base", "kernel-gs-base", "tr", "ldtr",
        "gdtr", "gdtr'", "idtr", "idtr'",
    ];

    internal ulong State => Word(HarnessState);

    internal int EventCount => (int)Math.Min(Word(Harness.HarnessLayout.EventCount), MaxEvents);

    private const int HarnessState = Harness.HarnessLayout.State;

    internal ulong Event(int index, int offset) => Word(Events + (index * EventSize) + offset);

    internal ulong PageHash(int page) => Word(PageHashes + (page * 8));

    /// <summary>The values of an event by name, in a fixed order.</summary>
    internal IEnumerable<(string Name, ulong Value)> Fields(int index)
    {
        yield return ("vector", Event(index, EventVector));
        yield return ("stack", Event(index, EventStack));
        yield return ("handler-flags", Event(index, EventHandlerFlags));
        bool hasError = (Event(index, EventStack) & 8) == 0 && Event(index, EventVector) != SyscallVector;
        string[] frame = hasError ? ["error", "rip", "cs", "rflags", "old-rsp", "old-ss"] : ["rip", "cs", "rflags", "old-rsp", "old-ss", "-"];
        for (int i = 0; i < 6; i++)
        {
            yield return (frame[i], Event(index, EventFrame + (i * 8)));
        }

        for (int i = 0; i < s_registers.Length; i++)
        {
            yield return (s_registers[i], Event(index, EventRegisters + (i * 8)));
        }

        for (int i = 0; i < s_system.Length; i++)
        {
            yield return (s_system[i], Event(index, EventSystem + (i * 8)));
        }
    }

    internal string EndText() => State switch
    {
        StateDone => $"ended after {EventCount} events",
        StateShutdown => $"shut down after {EventCount} events",
        StateRunning => "did not end",
        _ => "did not run",
    };

    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < EventCount; i++)
        {
            text.Append("    ");
            text.AppendJoin(' ', Fields(i).Where(f => f.Value != 0 || f.Name is "vector" or "error").Select(f => $"{f.Name}={f.Value:x}"));
            text.AppendLine();
        }

        return text.Append("    ").Append(EndText()).ToString();
    }

    private ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[at..]);
}
