using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>
/// A bare machine with several processors. The boot processor starts the others through the local APIC; each comes out of real mode by a
/// trampoline at 0x10000, takes a stack by its APIC ID and goes to <see cref="Other"/>.
/// </summary>
internal sealed class SmpGuest : IDisposable
{
    internal const ulong Trampoline = 0x10000;
    internal const ulong Other = 0x150000;
    internal const ulong Apic = 0xfee0_0000;
    internal const byte IpiVector = 0x60;
    internal const byte TimerVector = 0x61;
    private const ulong LongMode = 0x151000;

    internal SmpGuest(int cpus, ulong seed = 1)
    {
        Bare = new BareGuest(cpus, seed);
        WriteTrampoline();
        Bare.Assemble(LongMode, a =>
        {
            a.mov(eax, (uint)BareGuest.KernelData);
            a.mov(ss, eax);
            a.mov(ds, eax);
            a.mov(es, eax);
            a.lidt(__[BareGuest.Scratch + 0xf10]);
            a.mov(edi, (uint)Apic);
            a.mov(__dword_ptr[rdi + 0xf0], 0x1ff);
            a.mov(eax, __dword_ptr[rdi + 0x20]);
            a.shr(eax, 24);
            a.mov(esi, eax);
            a.shl(eax, 12);
            a.lea(rsp, __[rax + (int)BareGuest.BootStack]);
            a.mov(rax, Other);
            a.jmp(rax);
        });
    }

    internal BareGuest Bare { get; }

    public void Dispose() => Bare.Dispose();

    /// <summary>Code of the processors that are started; RDI holds the APIC's address, ESI the processor's number.</summary>
    internal void Others(Action<Assembler> body) => Bare.Assemble(Other, body);

    /// <summary>Code of the boot processor, after it has started the others; RDI holds the APIC's address.</summary>
    internal void Boot(Action<Assembler> body) => Bare.Boot(a =>
    {
        a.mov(edi, (uint)Apic);
        a.mov(__dword_ptr[rdi + 0xf0], 0x1ff);
        a.mov(__dword_ptr[rdi + 0x300], 0xc4500);
        a.mov(__dword_ptr[rdi + 0x300], 0xc4600 | (uint)(Trampoline >> 12));
        body(a);
    });

    // Real mode to long mode in one step: PAE, page tables, LME, then PE and PG together (Intel SDM vol. 3 section 10.8.5).
    private void WriteTrampoline()
    {
        byte[] code =
        [
            0xfa,
            0x8c, 0xc8, 0x8e, 0xd8,
            0x66, 0x0f, 0x01, 0x16, 0x00, 0x01,
            0x66, 0xb8, 0x20, 0x00, 0x00, 0x00, 0x0f, 0x22, 0xe0,
            0x66, 0xb8, 0x00, 0x40, 0x00, 0x00, 0x0f, 0x22, 0xd8,
            0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x66, 0x0d, 0x00, 0x09, 0x00, 0x00, 0x0f, 0x30,
            0x0f, 0x20, 0xc0, 0x66, 0x0d, 0x01, 0x00, 0x01, 0x80, 0x0f, 0x22, 0xc0,
            0x66, 0xea, 0, 0, 0, 0, (byte)BareGuest.KernelCode, 0x00,
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(code.Length - 6), (uint)LongMode);
        Bare.Write(Trampoline, code);
        byte[] table = new byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(table, 0x47);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(2), (uint)BareGuest.Gdt);
        Bare.Write(Trampoline + 0x100, table);
    }
}
