using System.Buffers.Binary;

namespace Lucos.Unicorn;

/// <summary>
/// The start of a translated block when there is a block hook, as the library writes it for this host (x86-64), and what is put in its place:
/// <code>
/// mov [rbp+rip], address              stays
/// mov rdi, engine; mov rsi, address   mov ecx, cells
/// mov edx, size; mov rcx, cells       mov dword [rcx+blockEnd], address + size    (only if the engine may stop in the middle of blocks)
/// call hook                           add qword [rcx], 1 - (size &lt;&lt; 18)           (a block more, and size less)
/// mov rdi, engine; xor esi, esi       jns next
/// call stopCheck                      call [rcx+late]
/// next:                               next:
/// </code>
/// Each constant is loaded in the shortest way that fits it, so lengths vary. The cells lie below 2 GiB, so their address fits into an instruction. It
/// is loaded into a register because processors (Zen 5) forward a store at once to a load that names its place by a register, and not to one that has only an address.
/// </summary>
internal readonly unsafe ref struct BlockHead
{
    /// <summary>Bytes of the largest block that counts itself; the library ends blocks behind a page.</summary>
    internal const uint LargestBlock = (1u << ((sizeof(int) * 8) - 1 - MeterCells.BlockBits)) - 1;

    /// <summary>From the place that the call of <see cref="MeterCells.Late"/> returns to back to what was added, which tells the block's size.</summary>
    internal const int AddedBeforeReturn = sizeof(int) + 2 + 3;

    private const int LongestCount = 5 + 7 + 7 + 2 + 3;
    private const int LongestBlock = 1 << 20;
    private const byte Nop = 0x90;
    private readonly byte* _start;
    private readonly byte* _end;

    private BlockHead(byte* start, byte* end, BlockHeadFacts facts)
    {
        _start = start;
        _end = end;
        Facts = facts;
    }

    /// <summary>What it says of the library.</summary>
    internal BlockHeadFacts Facts { get; }

    /// <summary>Recognises the start of a block around the call of its hook; any byte that is not as expected makes it none.</summary>
    /// <param name="engine">The engine that translated it.</param>
    /// <param name="address">Address of the block in the guest.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="cells">What the hook was given.</param>
    /// <param name="back">Where the call of the hook returns to.</param>
    /// <param name="head">The start.</param>
    internal static bool TryRead(nint engine, ulong address, uint size, MeterCells* cells, byte* back, out BlockHead head)
    {
        head = default;
        byte* start = back;
        byte* end = back;
        if (!CallBefore(ref start, (nint)cells->Hook)
            || !MoveBefore(ref start, register: 1, (ulong)cells)
            || !MoveBefore(ref start, register: 2, size)
            || !MoveBefore(ref start, register: 6, address)
            || !MoveBefore(ref start, register: 7, (ulong)engine)
            || !TryRipBefore(start, address, out int ripOffset)
            || !MoveBehind(ref end, register: 7, (ulong)engine)
            || end[0] != 0x33 || end[1] != 0xf6)
        {
            return false;
        }

        end += 2;
        if (!TryCallBehind(ref end, out nint check))
        {
            return false;
        }

        head = new BlockHead(start, end, new BlockHeadFacts(ripOffset, check));
        return true;
    }

    /// <summary>Puts the count in the place of the calls.</summary>
    /// <returns>Where the block goes on; null if there is no room.</returns>
    internal byte* Rewrite(ulong address, uint size, MeterCells* cells)
    {
        if (_end - _start < LongestCount || size - 1 >= LargestBlock)
        {
            return null;
        }

        Span<byte> code = new(_start, (int)(_end - _start));
        int length = Put(code, [0xb9], (int)(nint)cells);
        if (cells->KeepsBlockEnd)
        {
            length += Put(code[length..], [0xc7, 0x41, MeterCells.BlockEndAt], (int)(address + size));
        }

        length += Put(code[length..], [0x48, 0x81, 0x01], 1 - (int)(size << MeterCells.BlockBits));
        ReadOnlySpan<byte> end = [0x79, (byte)(code.Length - length - 2), 0xff, 0x51, MeterCells.LateAt];
        end.CopyTo(code[length..]);
        code[(length + end.Length)..].Fill(Nop);
        return _end;
    }

    /// <summary>Leaves both calls out, and counts nothing.</summary>
    /// <returns>Where the block goes on.</returns>
    internal byte* Skip()
    {
        Span<byte> code = new(_start, (int)(_end - _start));
        code.Fill(Nop);
        code[0] = 0xeb;
        code[1] = (byte)(code.Length - 2);
        return _end;
    }

    private static int Put(Span<byte> code, ReadOnlySpan<byte> instruction, int constant)
    {
        instruction.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code[instruction.Length..], constant);
        return instruction.Length + sizeof(int);
    }

    private static bool CallBefore(ref byte* at, nint target)
    {
        foreach (int length in (ReadOnlySpan<int>)[6, 5])
        {
            byte* call = at - length;
            if (TryCallBehind(ref call, out nint called) && call == at && called == target)
            {
                at -= length;
                return true;
            }
        }

        return false;
    }

    // call rel32, or call [rip+rel32] with the address in the block's pool of constants.
    private static bool TryCallBehind(ref byte* at, out nint target)
    {
        bool direct = at[0] == 0xe8;
        int opcode = direct ? 1 : 2;
        target = 0;
        if (!direct && (at[0] != 0xff || at[1] != 0x15))
        {
            return false;
        }

        int offset = *(int*)(at + opcode);
        if (!direct && (offset < 0 || offset > LongestBlock))
        {
            return false;
        }

        at += opcode + sizeof(int);
        target = direct ? (nint)(at + offset) : *(nint*)(at + offset);
        return true;
    }

    private static bool MoveBefore(ref byte* at, int register, ulong value)
    {
        foreach (int length in (ReadOnlySpan<int>)[5, 7, 10])
        {
            byte* move = at - length;
            if (MoveBehind(ref move, register, value) && move == at)
            {
                at -= length;
                return true;
            }
        }

        return false;
    }

    // mov r32, imm32; mov r64, simm32; lea r64, [rip+rel32]; mov r64, imm64.
    private static bool MoveBehind(ref byte* at, int register, ulong value)
    {
        byte* end = at;
        if (at[0] == 0xb8 + register && value == *(uint*)(at + 1))
        {
            end = at + 5;
        }
        else if (at[0] == 0x48 && at[1] == 0xc7 && at[2] == 0xc0 + register && value == (ulong)*(int*)(at + 3))
        {
            end = at + 7;
        }
        else if (at[0] == 0x48 && at[1] == 0x8d && at[2] == ((register << 3) | 5) && value == (ulong)(at + 7 + *(int*)(at + 3)))
        {
            end = at + 7;
        }
        else if (at[0] == 0x48 && at[1] == 0xb8 + register && value == *(ulong*)(at + 2))
        {
            end = at + 10;
        }

        bool isMove = end != at;
        at = end;
        return isMove;
    }

    // mov qword [rbp+rip], simm32; or of a register, which a constant that is longer was loaded into.
    private static bool TryRipBefore(byte* at, ulong address, out int offset)
    {
        const int immediate = 11, register = 7;
        bool isImmediate = at[-immediate] == 0x48 && at[1 - immediate] == 0xc7 && at[2 - immediate] == 0x85 && address == (ulong)*(int*)(at - sizeof(int));
        bool isRegister = (at[-register] & 0xfb) == 0x48 && at[1 - register] == 0x89 && (at[2 - register] & 0xc7) == 0x85;
        offset = isImmediate ? *(int*)(at - (2 * sizeof(int))) : *(int*)(at - sizeof(int));
        return isImmediate || isRegister;
    }
}
