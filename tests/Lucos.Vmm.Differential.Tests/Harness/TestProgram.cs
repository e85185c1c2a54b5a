using System.Buffers.Binary;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>One program: the state it starts with, its code, what is changed before, and what is done at its events.</summary>
internal sealed class TestProgram
{
    internal required string Name { get; init; }

    internal required byte[] Code { get; init; }

    /// <summary>Window address of the code, where it also starts.</summary>
    internal ulong Address { get; init; } = HarnessLayout.Code;

    /// <summary>rax rcx rdx rbx rsp rbp rsi rdi r8..r15; RSP comes from <see cref="StackPointer"/>.</summary>
    internal required ulong[] Registers { get; init; }

    internal ushort CodeSelector { get; init; } = UserCode;

    internal ushort StackSelector { get; init; } = UserData;

    internal ulong Flags { get; init; } = 2;

    internal ulong StackPointer { get; init; } = UserStackTop;

    /// <summary>Writes of 64 bits to physical memory before the start.</summary>
    internal IReadOnlyList<(ulong Physical, ulong Value)> Patches { get; init; } = [];

    internal IReadOnlyList<EventAction> Actions { get; init; } = [];

    /// <summary>Whether the timer's interrupt is pending, and not masked, when the program starts.</summary>
    internal bool TimerPending { get; init; }

    internal void Encode(Span<byte> record)
    {
        if (Code.Length > MaxCode || Patches.Count > MaxPatches || Actions.Count > MaxActions)
        {
            throw new InvalidOperationException($"{Name}: {Code.Length} code bytes, {Patches.Count} patches, {Actions.Count} actions are too many");
        }

        for (int i = 0; i < Registers.Length; i++)
        {
            Put(record, i * 8, Registers[i]);
        }

        ulong[] frame = [Address, CodeSelector, Flags, StackPointer, StackSelector];
        for (int i = 0; i < frame.Length; i++)
        {
            Put(record, Frame + (i * 8), frame[i]);
        }

        Put(record, PatchCount, (ulong)Patches.Count);
        Put(record, ActionCount, (ulong)Actions.Count);
        Put(record, CodeLength, (ulong)Code.Length);
        Put(record, CodeDestination, Physical(Address));
        Put(record, ArmTimer, TimerPending ? 1UL : 0);
        for (int i = 0; i < Patches.Count; i++)
        {
            Put(record, HarnessLayout.Patches + (i * 16), Patches[i].Physical);
            Put(record, HarnessLayout.Patches + (i * 16) + 8, Patches[i].Value);
        }

        for (int i = 0; i < Actions.Count; i++)
        {
            int at = HarnessLayout.Actions + (i * ActionSize);
            Put(record, at, (ulong)Actions[i].Kind);
            Put(record, at + 8, Actions[i].First);
            Put(record, at + 16, Actions[i].Second);
        }

        Code.CopyTo(record[CodeBytes..]);
    }

    private static void Put(Span<byte> record, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(record[at..], value);
}
