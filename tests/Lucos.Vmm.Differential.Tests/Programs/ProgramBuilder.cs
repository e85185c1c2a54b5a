using Iced.Intel;
using Lucos.Vmm.Differential.Tests.Harness;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Programs;

/// <summary>What a generator writes a program with: code, state at the start, changes before it, and what is done at its events.</summary>
internal sealed class ProgramBuilder
{
    private readonly List<(ulong Physical, ulong Value)> _patches = [];
    private readonly List<EventAction> _actions = [];

    internal ProgramBuilder(string name, Random random, bool user)
    {
        Name = name;
        Random = random;
        for (int i = 0; i < Registers.Length; i++)
        {
            Registers[i] = (ulong)random.NextInt64();
        }

        CodeSelector = user ? UserCode : KernelCode;
        StackSelector = user ? UserData : KernelData;
        StackPointer = user ? UserStackTop : KernelStackTop - 0x400;
    }

    internal string Name { get; }

    internal Random Random { get; }

    internal bool IsUser => (CodeSelector & 3) == 3;

    internal Assembler Code { get; } = new(64);

    internal ulong Address { get; set; } = HarnessLayout.Code;

    internal ulong[] Registers { get; } = new ulong[16];

    internal ushort CodeSelector { get; set; }

    internal ushort StackSelector { get; set; }

    internal ulong Flags { get; set; } = 2;

    internal ulong StackPointer { get; set; }

    internal bool TimerPending { get; set; }

    /// <summary>Number of actions so far, which is the number of events that have one.</summary>
    internal int ActionCount => _actions.Count;

    internal T Pick<T>(params ReadOnlySpan<T> values) => values[Random.Next(values.Length)];

    internal bool Chance(double probability) => Random.NextDouble() < probability;

    internal void Patch(ulong physical, ulong value) => _patches.Add((physical, value));

    /// <summary>Maps a window page to its own physical page with the given bits.</summary>
    internal void SetPage(int page, ulong bits) => Patch(EntryOf(page), PageEntry(page, bits));

    internal static ulong PageEntry(int page, ulong bits) => (WindowPhysical + ((ulong)page * 0x1000)) | bits;

    internal void SetGate(int vector, ulong offset, ushort selector = KernelCode, byte attributes = GateBits.InterruptGate, byte ist = 0)
    {
        ulong[] gate = GateBits.Encode(offset, selector, attributes, ist);
        Patch(Physical(Idt) + ((ulong)vector * 16), gate[0]);
        Patch(Physical(Idt) + ((ulong)vector * 16) + 8, gate[1]);
    }

    internal static ulong Handler(int vector) => Handlers + (ulong)(vector * HandlerSize);

    internal void Then(EventAction action) => _actions.Add(action);

    internal TestProgram Build() => new()
    {
        Name = Name,
        Code = AssembleCode(),
        Address = Address,
        Registers = Registers,
        CodeSelector = CodeSelector,
        StackSelector = StackSelector,
        Flags = Flags,
        StackPointer = StackPointer,
        Patches = _patches,
        Actions = _actions,
        TimerPending = TimerPending,
    };

    // Every program ends in INT3, for the harness's sake.
    private byte[] AssembleCode()
    {
        Code.int3();
        using MemoryStream stream = new();
        Code.Assemble(new StreamCodeWriter(stream), Address);
        return stream.ToArray();
    }
}
