using System.Buffers.Binary;

namespace Lucos.Unicorn;

/// <summary>
/// The machine code of an <see cref="ExecutionMeter"/>. In all of it RCX is the <see cref="MeterCells"/>:
/// <code>
/// count:   inc qword [rcx+16]; mov edx, edx; lea rax, [rsi+rdx]; mov [rcx+40], rax; sub [rcx], rdx; js slow; ret
/// slow:    jmp [rcx+8]
///
/// rewrite: the same, and instead of the ret
///          sub rsp, 8; mov r8, [rsp+8]; call [rcx+96]; add rsp, 8; mov [rsp], rax; ret
///
/// same:    mov rax, r8; ret
///
/// kept:    mov rcx, cells; mov edx, [rcx+40]; sub edx, [rbp+rip]
/// late:    mov rcx, cells; mov rsi, [rbp+rip]; mov rdi, [rcx+104]
///          push rdi; call [rcx+8]; pop rdi; xor esi, esi; mov rax, stopCheck; jmp rax
/// </code>
/// <c>count</c> and <c>rewrite</c> are block hooks: (uc_engine* rdi, uint64_t address rsi, uint32_t size edx, cells rcx). <c>late</c>
/// and <c>kept</c> are called by what <see cref="BlockHead"/> writes, with the processor's state in RBP and the block's size in EDX or its end in the cells; they end
/// with the library's own question for a stop.
/// </summary>
internal sealed unsafe class MeterCode : IDisposable
{
    private const int RewriteAt = 32;
    private const int SameAt = 88;
    private const int KeptAt = 96;
    private const int LateAt = KeptAt + 19;
    private const int Length = 176;
    private const int RipInKept = KeptAt + 15;
    private const int RipInLate = LateAt + 13;
    private const int CheckInLate = LateAt + 30;

    private readonly NativeCode _code;

    /// <summary>Makes the code for some cells.</summary>
    /// <param name="cells">Their address.</param>
    /// <param name="facts">What the library puts at the start of its blocks; the default where that is not known, and then <see cref="Late"/> must not be called.</param>
    internal MeterCode(MeterCells* cells, BlockHeadFacts facts)
    {
        Span<byte> code = stackalloc byte[Length];
        code.Fill(0xcc);
        Count.CopyTo(code);
        Rewriting.CopyTo(code[RewriteAt..]);
        SameAddress.CopyTo(code[SameAt..]);
        LateCall.CopyTo(code[KeptAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(code[(KeptAt + 2)..], (long)cells);
        BinaryPrimitives.WriteInt32LittleEndian(code[RipInKept..], facts.RipOffset);
        BinaryPrimitives.WriteInt64LittleEndian(code[(LateAt + 2)..], (long)cells);
        BinaryPrimitives.WriteInt32LittleEndian(code[RipInLate..], facts.RipOffset);
        BinaryPrimitives.WriteInt64LittleEndian(code[CheckInLate..], facts.StopCheck);
        _code = new NativeCode(code);
    }

    private static ReadOnlySpan<byte> Count =>
    [
        0x48, 0xff, 0x41, 0x10,
        0x89, 0xd2,
        0x48, 0x8d, 0x04, 0x16,
        0x48, 0x89, 0x41, 0x28,
        0x48, 0x29, 0x11,
        0x78, 0x01,
        0xc3,
        0xff, 0x61, 0x08,
    ];

    private static ReadOnlySpan<byte> Rewriting =>
    [
        0x48, 0xff, 0x41, 0x10,
        0x89, 0xd2,
        0x48, 0x8d, 0x04, 0x16,
        0x48, 0x89, 0x41, 0x28,
        0x48, 0x29, 0x11,
        0x78, 0x15,
        0x48, 0x83, 0xec, 0x08,
        0x4c, 0x8b, 0x44, 0x24, 0x08,
        0xff, 0x51, 0x60,
        0x48, 0x83, 0xc4, 0x08,
        0x48, 0x89, 0x04, 0x24,
        0xc3,
        0xff, 0x61, 0x08,
    ];

    private static ReadOnlySpan<byte> SameAddress => [0x4c, 0x89, 0xc0, 0xc3];

    private static ReadOnlySpan<byte> LateCall =>
    [
        0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0,
        0x8b, 0x51, 0x28,
        0x2b, 0x95, 0, 0, 0, 0,

        0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0,
        0x48, 0x8b, 0xb5, 0, 0, 0, 0,
        0x48, 0x8b, 0x79, 0x68,
        0x57,
        0xff, 0x51, 0x08,
        0x5f,
        0x31, 0xf6,
        0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
        0xff, 0xe0,
    ];

    /// <summary>The hook that only counts.</summary>
    internal void* Counting => _code.Pointer;

    /// <summary>The hook that counts and asks for the block to be rewritten.</summary>
    internal void* RewritingHook => (byte*)_code.Pointer + RewriteAt;

    /// <summary>Stands in <see cref="MeterCells.Rewrite"/> when nothing is to be rewritten any more.</summary>
    internal static nint SameFrom(void* hook) => (nint)hook - RewriteAt + SameAt;

    /// <summary>Called by rewritten blocks when the countdown has run out.</summary>
    internal void* Late => (byte*)_code.Pointer + LateAt;

    /// <summary>The same, for blocks that keep their end.</summary>
    internal void* LateKept => (byte*)_code.Pointer + KeptAt;

    public void Dispose() => _code.Dispose();
}
