using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>
/// The driver: for each program it puts window, tables and registers into the same state, enters the program with IRETQ, records
/// every event that reaches a handler, and goes on with the next. A record that is found running at the start is that of a program that
/// shut the processor down; the reset began the driver again.
/// </summary>
internal static class DriverCode
{
    private const ulong Cr0 = 0x8005_0033;
    private const ulong Cr4 = 0x620;
    private const uint Dr6 = 0xffff_0ff0;
    private static readonly AssemblerRegister64[] s_registers =
        [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    /// <summary>Everything from 64-bit entry on, at <see cref="HarnessLayout.Driver"/>.</summary>
    /// <param name="a">Where it goes.</param>
    /// <param name="common">Where handlers jump to, their vector in EAX and RAX saved.</param>
    internal static void Assemble(Assembler a, out Label common)
    {
        Label next = a.CreateLabel();
        Label end = a.CreateLabel();
        common = a.CreateLabel();
        Start(a, next);
        a.Label(ref next);
        Enter(a);
        a.Label(ref common);
        Record(a, end);
        Act(a, end);
        a.Label(ref end);
        Finish(a, next);
    }

    /// <summary>The PVH entry: 32-bit code without paging.</summary>
    internal static void AssemblePvh(Assembler a)
    {
        a.cli();
        a.cld();
        a.lgdt(__[(uint)DriverGdtr]);
        a.mov(eax, 0x20);
        a.mov(cr4, eax);
        a.mov(eax, (uint)DriverTables);
        a.mov(cr3, eax);
        a.mov(ecx, 0xc000_0080);
        a.rdmsr();
        a.or(eax, 0x900);
        a.wrmsr();
        a.mov(eax, cr0);
        a.or(eax, 0x8001_0001);
        a.mov(cr0, eax);

        // jmp far KernelCode:Driver
        a.db([0xea, .. BitConverter.GetBytes((uint)Driver), .. BitConverter.GetBytes(KernelCode)]);
    }

    private static void Start(Assembler a, Label next)
    {
        Label here = a.CreateLabel();
        Label fresh = a.CreateLabel();
        a.cli();
        a.cld();
        a.lgdt(__[DriverGdtr]);
        a.mov(rsp, DriverStack);
        a.push(KernelCode);
        a.lea(rax, __[here]);
        a.push(rax);

        // Far return of 64 bits, which the assembler has no name for.
        a.db(0x48, 0xcb);
        a.Label(ref here);

        // What firmware or boot loader have left in low memory.
        a.mov(eax, (uint)DriverTables);
        a.mov(cr3, rax);
        a.xor(eax, eax);
        a.xor(edi, edi);
        a.mov(ecx, 0xa000 / 8);
        a.rep.stosq();
        StartInterruptControllers(a);
        a.mov(rax, __qword_ptr[Cursor]);
        a.imul(rax, rax, RecordSize);
        a.cmp(__qword_ptr[rax + (long)Records], StateRunning);
        a.jne(fresh);
        a.mov(__qword_ptr[rax + (long)Records], StateShutdown);
        a.inc(__qword_ptr[Cursor]);
        a.Label(ref fresh);
        a.jmp(next);
    }

    private static void StartInterruptControllers(Assembler a)
    {
        ReadOnlySpan<(byte Port, byte Value)> words =
        [
            (0x20, 0x11), (0xa0, 0x11), (0x21, 0x20), (0xa1, 0x28), (0x21, 4), (0xa1, 2), (0x21, 1), (0xa1, 1), (0x21, 0xff), (0xa1, 0xff),
        ];
        foreach ((byte port, byte value) in words)
        {
            a.mov(al, value);
            a.@out(port, al);
        }
    }

    private static void Enter(Assembler a)
    {
        ResetControls(a);
        TakeProgram(a);
        CopyState(a);
        ApplyPatches(a);
        LoadTables(a);
        LoadMsrs(a);
        PendTimer(a);
        a.mov(rax, TestCr3);
        a.mov(cr3, rax);
        a.mov(rsp, DriverStack);
        for (int i = 4; i >= 0; i--)
        {
            a.push(__qword_ptr[r12 + (Frame + (i * 8))]);
        }

        for (int i = 0; i < 16; i++)
        {
            if (i is not (4 or 12))
            {
                a.mov(s_registers[i], __qword_ptr[r12 + (i * 8)]);
            }
        }

        a.mov(r12, __qword_ptr[r12 + (12 * 8)]);
        a.iretq();
    }

    private static void ResetControls(Assembler a)
    {
        a.mov(eax, (uint)DriverTables);
        a.mov(cr3, rax);
        a.mov(eax, (uint)Cr0);
        a.mov(cr0, rax);
        a.mov(eax, (uint)Cr4);
        a.mov(cr4, rax);
        a.lgdt(__[DriverGdtr]);
        a.mov(eax, KernelData);
        a.mov(ss, ax);
        a.mov(rsp, DriverStack);
        a.cld();
    }

    private static void TakeProgram(Assembler a)
    {
        Label more = a.CreateLabel();
        a.mov(rbx, __qword_ptr[Cursor]);
        a.cmp(rbx, __qword_ptr[ProgramCount]);
        a.jne(more);
        a.mov(eax, 0x31);
        a.mov(edx, 0xf4);
        a.@out(dx, eax);
        a.hlt();
        a.Label(ref more);
        a.imul(rbp, rbx, RecordSize);
        a.add(rbp, (int)Records);
        a.imul(r12, rbx, ProgramSize);
        a.add(r12, (int)HarnessLayout.Programs);
        a.mov(__qword_ptr[CurrentRecord], rbp);
        a.mov(__qword_ptr[CurrentProgram], r12);
        a.mov(__qword_ptr[rbp + State], StateRunning);
        a.mov(__qword_ptr[rbp + EventCount], 0);
    }

    private static void CopyState(Assembler a)
    {
        a.mov(esi, (uint)Template);
        a.mov(edi, (uint)WindowPhysical);
        a.mov(ecx, CopiedPages * 512);
        a.rep.movsq();
        a.lea(rsi, __[r12 + CodeBytes]);
        a.mov(rdi, __qword_ptr[r12 + CodeDestination]);
        a.mov(rcx, __qword_ptr[r12 + CodeLength]);
        a.rep.movsb();
    }

    private static void LoadTables(Assembler a)
    {
        a.mov(eax, (uint)TestCr3);
        a.mov(cr3, rax);
        a.lgdt(__[TestGdtr]);
        a.lidt(__[TestIdtr]);
        a.xor(eax, eax);
        a.lldt(ax);
        a.mov(eax, TaskState);
        a.ltr(ax);
        a.fninit();
        a.push(0x1f80);
        a.ldmxcsr(__dword_ptr[rsp]);
        a.pop(rax);
        a.pxor(xmm0, xmm0);
        a.pxor(xmm1, xmm1);
        a.mov(eax, UserData);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(fs, ax);
        a.mov(gs, ax);
        a.xor(eax, eax);
        a.mov(cr2, rax);
        a.mov(eax, 0x400);
        a.mov(dr7, rax);
        a.mov(eax, Dr6);
        a.mov(dr6, rax);
    }

    private static void LoadMsrs(Assembler a)
    {
        Label loop = a.CreateLabel();
        a.mov(esi, (uint)MsrTable);
        a.Label(ref loop);
        a.mov(ecx, __dword_ptr[rsi]);
        a.mov(eax, __dword_ptr[rsi + 8]);
        a.mov(edx, __dword_ptr[rsi + 12]);
        a.wrmsr();
        a.add(rsi, 16);
        a.cmp(__dword_ptr[rsi], 0);
        a.jne(loop);
    }

    private static void ApplyPatches(Assembler a)
    {
        Label loop = a.CreateLabel();
        Label done = a.CreateLabel();
        a.mov(rcx, __qword_ptr[r12 + PatchCount]);
        a.lea(rsi, __[r12 + HarnessLayout.Patches]);
        a.Label(ref loop);
        a.test(rcx, rcx);
        a.je(done);
        a.mov(rdi, __qword_ptr[rsi]);
        a.mov(rax, __qword_ptr[rsi + 8]);
        a.mov(__[rdi], rax);
        a.add(rsi, 16);
        a.dec(rcx);
        a.jmp(loop);
        a.Label(ref done);
    }

    // A one-shot count of the timer has run out and its request stands in the controller before the program starts, so that the
    // interrupt comes at a place that does not depend on anybody's clock.
    private static void PendTimer(Assembler a)
    {
        Label wait = a.CreateLabel();
        Label none = a.CreateLabel();
        a.mov(al, 0xff);
        a.@out(0x21, al);
        a.cmp(__qword_ptr[r12 + ArmTimer], 0);
        a.je(none);
        a.mov(al, 0x20);
        a.@out(0x20, al);
        a.mov(al, 0x30);
        a.@out(0x43, al);
        a.mov(al, 0x10);
        a.@out(0x40, al);
        a.mov(al, 0);
        a.@out(0x40, al);
        a.mov(al, 0x0a);
        a.@out(0x20, al);
        a.Label(ref wait);
        a.@in(al, 0x20);
        a.test(al, 1);
        a.je(wait);
        a.mov(al, 0xfe);
        a.@out(0x21, al);
        a.Label(ref none);
    }

    private static void Record(Assembler a, Label end)
    {
        Label recorded = a.CreateLabel();
        Label tooMany = a.CreateLabel();
        Label act = a.CreateLabel();
        for (int i = 1; i < 16; i++)
        {
            a.mov(__qword_ptr[Saved + ((ulong)i * 8)], s_registers[i]);
        }

        a.mov(__qword_ptr[SavedVector], rax);
        a.mov(rbx, rsp);
        a.mov(rsp, DriverStack);
        a.pushfq();
        a.pop(rcx);
        a.cld();
        a.mov(rbp, __qword_ptr[CurrentRecord]);
        a.mov(r12, __qword_ptr[CurrentProgram]);
        a.mov(r13, __qword_ptr[rbp + EventCount]);
        a.cmp(r13, MaxEvents);
        a.jae(tooMany);
        a.inc(__qword_ptr[rbp + EventCount]);
        a.imul(r14, r13, EventSize);
        a.lea(r14, __[r14 + rbp + Events]);
        a.mov(__[r14 + EventVector], rax);
        a.mov(__[r14 + EventStack], rbx);
        a.mov(__[r14 + EventHandlerFlags], rcx);
        a.cmp(eax, SyscallVector);
        a.je(recorded);
        for (int i = 0; i < 5; i++)
        {
            a.mov(rax, __qword_ptr[rbx + (i * 8)]);
            a.mov(__[r14 + (EventFrame + (i * 8))], rax);
        }

        // The stack is aligned before a frame is pushed, so bit 3 tells five words from six.
        a.test(bl, 8);
        a.jne(recorded);
        a.mov(rax, __qword_ptr[rbx + 40]);
        a.mov(__[r14 + (EventFrame + 40)], rax);
        a.Label(ref recorded);
        CleanFrame(a);
        for (int i = 0; i < 16; i++)
        {
            a.mov(rax, __qword_ptr[Saved + ((ulong)i * 8)]);
            a.mov(__[r14 + (EventRegisters + (i * 8))], rax);
        }

        RecordSystem(a);
        a.jmp(act);
        a.Label(ref tooMany);
        a.nop();
        CleanFrame(a);
        a.jmp(end);
        a.Label(ref act);
        a.nop();
    }

    // Error code and RF, in which QEMU differs from the manual, are taken out of the stack: they are compared in the record, by their own
    // rules. RBX: the frame.
    private static void CleanFrame(Assembler a)
    {
        Label withError = a.CreateLabel();
        Label done = a.CreateLabel();
        a.cmp(__qword_ptr[SavedVector], SyscallVector);
        a.je(done);
        a.test(bl, 8);
        a.je(withError);
        a.and(__qword_ptr[rbx + 16], -0x10001);
        a.jmp(done);
        a.Label(ref withError);
        a.mov(__qword_ptr[rbx], 0);
        a.and(__qword_ptr[rbx + 24], -0x10001);
        a.Label(ref done);
        a.nop();
    }

    private static void RecordSystem(Assembler a)
    {
        int at = EventSystem;
        void Store()
        {
            a.mov(__[r14 + at], rax);
            at += 8;
        }

        foreach (AssemblerRegisterCR control in new[] { cr0, cr2, cr3, cr4 })
        {
            a.mov(rax, control);
            Store();
        }

        a.mov(rax, dr6);
        Store();
        foreach (AssemblerRegisterSegment segment in new[] { cs, ss, ds, es, fs, gs })
        {
            a.xor(eax, eax);
            a.mov(eax, segment);
            Store();
        }

        foreach (uint msr in new[] { 0xc000_0080, 0xc000_0100, 0xc000_0101, 0xc000_0102 })
        {
            a.mov(ecx, msr);
            a.rdmsr();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            Store();
        }

        a.xor(eax, eax);
        a.str(eax);
        Store();
        a.xor(eax, eax);
        a.sldt(eax);
        Store();
        a.mov(__qword_ptr[r14 + at], 0);
        a.mov(__qword_ptr[r14 + at + 8], 0);
        a.sgdt(__[r14 + at]);
        a.mov(__qword_ptr[r14 + at + 16], 0);
        a.mov(__qword_ptr[r14 + at + 24], 0);
        a.sidt(__[r14 + at + 16]);
        a.mov(eax, Dr6);
        a.mov(dr6, rax);
    }

    private static void Act(Assembler a, Label end)
    {
        Label returns = a.CreateLabel();
        Label resume = a.CreateLabel();
        Label write = a.CreateLabel();
        Label skip = a.CreateLabel();
        Label stopStepping = a.CreateLabel();
        Label sysret = a.CreateLabel();
        Label noError = a.CreateLabel();
        a.cmp(r13, __qword_ptr[r12 + ActionCount]);
        a.jae(end);
        a.imul(r15, r13, ActionSize);
        a.lea(r15, __[r15 + r12 + HarnessLayout.Actions]);

        // RBX: the frame without its error code.
        a.test(bl, 8);
        a.jne(noError);
        a.add(rbx, 8);
        a.Label(ref noError);
        a.mov(__qword_ptr[ReturnStack], rbx);
        foreach ((ActionKind kind, Label label) in new[]
        {
            (ActionKind.Return, returns), (ActionKind.ResumeAt, resume), (ActionKind.WriteAndReturn, write), (ActionKind.Skip, skip),
            (ActionKind.StopStepping, stopStepping), (ActionKind.Sysret, sysret),
        })
        {
            a.cmp(__qword_ptr[r15], (int)kind);
            a.je(label);
        }

        a.jmp(end);
        a.Label(ref resume);
        a.mov(rsp, DriverStack);
        for (int i = 4; i > 0; i--)
        {
            a.push(__qword_ptr[r12 + (Frame + (i * 8))]);
        }

        a.push(__qword_ptr[r15 + 8]);
        a.mov(__qword_ptr[ReturnStack], rsp);
        a.jmp(returns);
        a.Label(ref write);
        a.mov(rdi, __qword_ptr[r15 + 8]);
        a.mov(rax, __qword_ptr[r15 + 16]);
        a.mov(__[rdi], rax);
        a.mov(rax, cr3);
        a.mov(cr3, rax);
        a.jmp(returns);
        a.Label(ref skip);
        a.mov(rax, __qword_ptr[r15 + 8]);
        a.add(__qword_ptr[rbx], rax);
        a.jmp(returns);
        a.Label(ref stopStepping);
        a.and(__qword_ptr[rbx + 16], -0x101);
        a.Label(ref returns);
        RestoreRegisters(a, ReturnStack);
        a.iretq();
        a.Label(ref sysret);
        RestoreRegisters(a, Saved + (4 * 8));
        a.sysretq();
    }

    private static void RestoreRegisters(Assembler a, ulong stack)
    {
        for (int i = 0; i < 16; i++)
        {
            a.mov(s_registers[i], __qword_ptr[i == 4 ? stack : Saved + ((ulong)i * 8)]);
        }
    }

    // FNV-1a over 64-bit words, one hash a page.
    private static void Finish(Assembler a, Label next)
    {
        Label page = a.CreateLabel();
        Label word = a.CreateLabel();
        a.mov(eax, (uint)DriverTables);
        a.mov(cr3, rax);
        a.mov(rbp, __qword_ptr[CurrentRecord]);
        a.mov(esi, (uint)WindowPhysical);
        a.mov(rdi, 0x100_0000_01b3);
        a.xor(ebx, ebx);
        a.Label(ref page);
        a.mov(rax, 0xcbf2_9ce4_8422_2325);
        a.mov(ecx, 512);
        a.Label(ref word);
        a.xor(rax, __qword_ptr[rsi]);
        a.imul(rax, rdi);
        a.add(rsi, 8);
        a.dec(ecx);
        a.jne(word);
        a.mov(__[rbp + (rbx * 8) + PageHashes], rax);
        a.inc(ebx);
        a.cmp(ebx, CopiedPages);
        a.jne(page);
        a.mov(__qword_ptr[rbp + State], StateDone);
        a.inc(__qword_ptr[Cursor]);
        a.jmp(next);
    }
}
