using Iced.Intel;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests.Stores;

/// <summary>
/// A program that goes through some forms at some places of three pages, mapped one behind the other in linear memory but not in physical, and
/// then stops; every fault of the middle page maps it and goes on.
/// </summary>
internal sealed class StoreProgram : IDisposable
{
    internal const ulong First = 0x700000;
    internal const ulong Second = 0x720000;
    internal const ulong Third = 0x710000;
    private const ulong Source = 0x480000;
    private const int Alone = 16;
    private static readonly int[] s_places = [0x1100, 0x1203, 0xffc, 0xffd, 0xff1, 0x1ffc, 0x1ff9, 0x1fff, 0x1ff0, 0x1000];
    private readonly ulong _place;

    /// <summary>Lays the program out.</summary>
    /// <param name="seed">Which forms, and where.</param>
    /// <param name="middle">Entry bits of the middle page: 0 for not present, 1 for read-only, 3 for writable.</param>
    /// <param name="user">Whether it runs in ring 3.</param>
    internal StoreProgram(int seed, ulong middle, bool user)
        : this(Choose(new Random(seed)), seed, middle, user)
    {
    }

    /// <summary>Lays out a program of forms, each at places that are aligned, not aligned, and across each end of the middle page.</summary>
    internal StoreProgram(IReadOnlyList<(string Name, Action<Assembler> Emit)> forms, ulong middle, bool user)
        : this([.. forms.SelectMany(form => s_places.Select(place => (form, place)))], 0, middle, user)
    {
    }

    private StoreProgram(List<((string Name, Action<Assembler> Emit) Form, int Offset)> steps, int seed, ulong middle, bool user)
    {
        Random random = new(seed);
        Guest = new BareGuest();
        ulong rights = user ? 4UL : 0;
        _place = Guest.MapSmall(0, First, 3 | rights | Bit(63));
        Guest.MapSmall(1, Second, middle == 0 ? 0 : middle | rights | Bit(63));
        Guest.MapSmall(2, Third, 3 | rights | Bit(63));
        for (ulong at = 0; at < 4096; at += 8)
        {
            Guest.Write64(First + at, unchecked((at + 1) * 0x9e3779b97f4a7c15));
            Guest.Write64(Second + at, unchecked((at + 3) * 0xbf58476d1ce4e5b9));
            Guest.Write64(Third + at, unchecked((at + 5) * 0x94d049bb133111eb));
        }

        Names = [.. steps.Select(step => $"{step.Form.Name}@{step.Offset:x}")];
        Action<Assembler> body = a => Emit(a, steps, random, user);
        Guest.Handle(ExceptionVector.PageFault, a =>
        {
            a.push(rax);
            a.mov(rax, Second | 3 | rights);
            a.mov(__qword_ptr[BareGuest.PageTables + 0x1000 + 8], eax);
            a.invlpg(__[(int)(_place + 4096)]);
            a.inc(__qword_ptr[BareGuest.PageTables + 0xff8]);
            a.pop(rax);
            a.add(rsp, 8);
            a.iretq();
        }, ist: 1);
        if (user)
        {
            Guest.BootToUser(body);
        }
        else
        {
            Guest.Boot(body);
        }
    }

    internal BareGuest Guest { get; }

    /// <summary>What it does, for messages.</summary>
    internal List<string> Names { get; }

    public void Dispose() => Guest.Dispose();

    // The emulator computes flags when they are asked for, from what set them.
    private static void SetFlags(Assembler a, int kind)
    {
        switch (kind)
        {
            case 0:
                a.add(r12, rax);
                break;
            case 1:
                a.sub(r12d, edx);
                break;
            case 2:
                a.inc(r12w);
                break;
            case 3:
                a.stc();
                break;
            case 4:
                a.test(rcx, rdx);
                break;
            case 5:
                a.adc(r12, rcx);
                break;
            case 6:
                a.shl(r12, 1);
                break;
            case 7:
                a.neg(r12);
                break;
            case 8:
                a.cmp(rdx, rax);
                break;
            default:
                break;
        }
    }

    private static ulong Bit(int number) => 1UL << number;

    private static List<((string Name, Action<Assembler> Emit) Form, int Offset)> Choose(Random random)
    {
        List<((string, Action<Assembler>), int)> steps = [];
        for (int i = 0; i < Alone; i++)
        {
            int offset = random.Next(4) switch
            {
                0 => 4096 - random.Next(1, 17),
                1 => 8192 - random.Next(1, 17),
                2 => 4096 + (8 * random.Next(1, 400)),
                _ => random.Next(600, 11000),
            };
            steps.Add((StoreForms.All[random.Next(StoreForms.All.Count)], offset));
        }

        return steps;
    }

    private void Emit(Assembler a, List<((string Name, Action<Assembler> Emit) Form, int Offset)> steps, Random random, bool user)
    {
        a.mov(r15, Source);
        foreach (((_, Action<Assembler> form), int offset) in steps)
        {
            a.mov(rbx, _place + (ulong)offset);
            a.lea(rsp, __[rbx + random.Next(-4, 20)]);
            a.mov(rax, unchecked((ulong)random.NextInt64()));
            a.mov(rcx, unchecked((ulong)random.NextInt64()));
            a.mov(rdx, unchecked((ulong)random.NextInt64()));
            a.movq(xmm1, rax);
            a.punpcklqdq(xmm1, xmm1);
            SetFlags(a, random.Next(10));
            form(a);
            a.pushfq();
            a.pop(r13);
            a.and(r13d, 0xfff);
            a.add(r12, r13);
            if (random.Next(3) == 0)
            {
                Label next = a.CreateLabel();
                a.jmp(next);
                a.Label(ref next);
                a.nop();
            }
        }

        a.mov(rsp, user ? BareGuest.UserStack : BareGuest.BootStack);
        if (user)
        {
            a.ud2();
        }
        else
        {
            BareGuest.PowerOff(a, 0);
        }
    }
}
