using System.Runtime.InteropServices;

namespace Lucos.Unicorn;

/// <summary>
/// A digest of each of the last blocks: 16 bits of a hash of the block's address, the general registers at its begin, and the processor. It is
/// written by the block hook itself (machine code), at a place that follows from the block's number, so a block that is begun again after a stop in front of it
/// leaves one digest. Digests may be expected: the first that is another one calls <see cref="IEngineCallbacks.OnBlock"/>.
/// </summary>
public sealed unsafe class BlockTrail : IDisposable
{
    /// <summary>How many of the last blocks have their digests here.</summary>
    public const int Capacity = 1 << 17;

    private const int GeneralRegisters = 16;
    private ushort* _own = (ushort*)NativeMemory.AllocZeroed(Capacity, sizeof(ushort));
    private ushort* _expected = (ushort*)NativeMemory.AllocZeroed(Capacity, sizeof(ushort));

    /// <summary>Releases the memory when the owner forgot to.</summary>
    ~BlockTrail() => Release();

    /// <summary>Whether digests are compared.</summary>
    public bool IsExpecting { get; private set; }

    internal nint Own => (nint)_own;

    internal nint Expected => IsExpecting ? (nint)_expected : (nint)_own;

    /// <summary>Copies digests, oldest first.</summary>
    /// <param name="first">Number of the first block, counted from 1.</param>
    /// <param name="digests">Takes as many as it is long.</param>
    public void Read(ulong first, Span<ushort> digests)
    {
        for (int i = 0; i < digests.Length; i++)
        {
            digests[i] = _own[Index(first + (ulong)i)];
        }
    }

    /// <summary>Whether the digest of a block is not the expected one.</summary>
    /// <param name="block">Its number.</param>
    public bool Differs(ulong block) => IsExpecting && Differs(_own, _expected, block);

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    internal static bool Differs(ushort* own, ushort* expected, ulong block) => own != expected && own[Index(block)] != expected[Index(block)];

    internal void SetExpected(ulong first, ReadOnlySpan<ushort> digests)
    {
        for (int i = 0; i < digests.Length; i++)
        {
            _expected[Index(first + (ulong)i)] = digests[i];
        }

        IsExpecting = !digests.IsEmpty;
    }

    // The block hook, instead of the meter's own: see Cells of the meter for what lies where.
    // void stub(uc_engine* rdi, uint64_t address rsi, uint32_t size edx, struct Cells* rcx)
    internal static byte[] Stub()
    {
        List<byte> code =
        [
            0x48, 0xff, 0x41, 0x10,                                     // inc qword [rcx+16]
            0x89, 0xd2, 0x48, 0x8d, 0x04, 0x16, 0x48, 0x89, 0x41, 0x28, // mov edx,edx; lea rax,[rsi+rdx]; mov [rcx+40],rax
            0x4c, 0x8b, 0x41, 0x30,                                     // mov r8,[rcx+48]: the general registers
            0x48, 0x8b, 0x41, 0x48, 0x48, 0x01, 0xf0,                   // mov rax,[rcx+72]; add rax,rsi: processor and address
        ];
        for (int i = 0; i < GeneralRegisters; i++)
        {
            code.AddRange([0x48, 0xc1, 0xc0, 0x0d, 0x49, 0x03, 0x40, (byte)(i * sizeof(ulong))]); // rol rax,13; add rax,[r8+8*i]
        }

        code.AddRange(
        [
            0x49, 0xb9, 0x15, 0x7c, 0x4a, 0x7f, 0xb9, 0x79, 0x37, 0x9e, // mov r9,0x9e3779b97f4a7c15
            0x49, 0x0f, 0xaf, 0xc1, 0x48, 0xc1, 0xe8, 0x30,             // imul rax,r9; shr rax,48
            0x4c, 0x8b, 0x49, 0x10, 0x41, 0x81, 0xe1, 0xff, 0xff, 0x01, 0x00, // mov r9,[rcx+16]; and r9d,Capacity-1
            0x4c, 0x8b, 0x51, 0x38, 0x66, 0x43, 0x89, 0x04, 0x4a,       // mov r10,[rcx+56]; mov [r10+2*r9],ax
            0x49, 0x89, 0xd3, 0x49, 0xc1, 0xe3, MeterCells.BlockBits,   // mov r11,rdx; shl r11,BlockBits
            0x4c, 0x29, 0x19, 0x78, 0x0c,                               // sub [rcx],r11; js slow
            0x4c, 0x8b, 0x51, 0x40, 0x66, 0x43, 0x39, 0x04, 0x4a,       // mov r10,[rcx+64]; cmp [r10+2*r9],ax
            0x75, 0x01, 0xc3,                                           // jne slow; ret
            0xff, 0x61, 0x08,                                           // slow: jmp [rcx+8]
        ]);
        return [.. code];
    }

    private static int Index(ulong block) => (int)(block & (Capacity - 1));

    private void Release()
    {
        NativeMemory.Free(_own);
        NativeMemory.Free(_expected);
        _own = _expected = null;
    }
}
