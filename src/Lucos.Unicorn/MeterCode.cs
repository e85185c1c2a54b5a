using System.Buffers.Binary;

namespace Lucos.Unicorn;

/// <summary>
/// The machine code of an <see cref="ExecutionMeter"/>. In all of it RCX is the <see cref="MeterCells"/>:
/// <code>
/// count:   inc qword [rcx+16]; mov edx, edx; lea rax, [rsi+rdx]; mov [rcx+40], rax; mov rax, rdx; shl rax, 18; sub [rcx], rax; js slow; ret
/// slow:    jmp [rcx+8]
///
/// rewrite: the same, and instead of the ret
///          sub rsp, 8; mov r8, [rsp+8]; call [rcx+96]; add rsp, 8; mov [rsp], rax; ret
///
/// same:    mov rax, r8; ret
///
/// late:    mov rdx, [rsp]; mov edx, [rdx-added]; neg edx; inc edx; shr edx, 18; mov rsi, [rbp+rip]; mov rdi, [rcx+104]
///          push rdi; call [rcx+8]; pop rdi; xor esi, esi; mov rax, stopCheck; jmp rax
/// </code>
/// <c>count</c> and <c>rewrite</c> are block hooks: (uc_engine* rdi, uint64_t address rsi, uint32_t size edx, cells rcx). <c>late</c>
/// is called by what <see cref="BlockHead"/> writes, with the processor's state in RBP; it takes the block's size from what the block adds,
/// and ends with the library's own question for a stop.
/// </summary>
internal sealed unsafe class MeterCode : IDisposable
{
    private const int RewriteAt = 32;
    private const int SameAt = 88;
    private const int LateAt = 96;
    private const int Length = 144;
    private const int RipInLate = LateAt + 17;
    private const int CheckInLate = LateAt + 34;

    private readonly NativeCode _code;

    /// <summary>Makes the code.</summary>
    /// <param name="facts">What the library puts at the start of its blocks; the default where that is not known, and then <see cref="Late"/> must not be called.</param>
    internal MeterCode(BlockHeadFacts facts)
    {
        Span<byte> code = stackalloc byte[Length];
        code.Fill(0xcc);
        Count.CopyTo(code);
        Rewriting.CopyTo(code[RewriteAt..]);
        SameAddress.CopyTo(code[SameAt..]);
        LateCall.CopyTo(code[LateAt..]);
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
        0x48, 0x89, 0xd0,
        0x48, 0xc1, 0xe0, MeterCells.BlockBits,
        0x48, 0x29, 0x01,
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
        0x48, 0x89, 0xd0,
        0x48, 0xc1, 0xe0, MeterCells.BlockBits,
        0x48, 0x29, 0x01,
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
        0x48, 0x8b, 0x14, 0x24,
        0x8b, 0x52, unchecked((byte)-BlockHead.AddedBeforeReturn),
        0xf7, 0xda,
        0xff, 0xc2,
        0xc1, 0xea, MeterCells.BlockBits,
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

    public void Dispose() => _code.Dispose();
}
