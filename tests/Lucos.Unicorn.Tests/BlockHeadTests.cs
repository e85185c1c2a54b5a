using System.Runtime.InteropServices;
using Iced.Intel;

namespace Lucos.Unicorn.Tests;

/// <summary>The start of a block is rewritten if every byte of it is as the library writes it, and not otherwise.</summary>
public sealed unsafe class BlockHeadTests
{
    private static readonly nint s_engine = unchecked((nint)0x5632_aabb_ccd0);
    private const int RipOffset = 0x80;
    private const int Before = 64;
    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(2 << 20);
    private readonly ExecutionMeter _meter = new();
    private readonly List<byte> _code = [];
    private int _back;

    private static readonly ulong[] s_addresses = [0x1000, 0x7000_0000, 0x8000_0000, 0xffff_ffff_8010_0000, 0x7fff_1234_5000, 0xffff_8000_0010_0000];
    private static readonly uint[] s_sizes = [1, 127, 128, 4000];

    private MeterCells* Cells => (MeterCells*)_meter.UserData;

    [OneTimeSetUp]
    public void NameHook() => Cells->Hook = (void*)0x7654_3210_0020;

    [OneTimeTearDown]
    public void Free()
    {
        _meter.Dispose();
        NativeMemory.Free(_memory);
    }

    [Test]
    public void ARewrittenStartCountsAndJumpsToTheFirstInstruction(
        [ValueSource(nameof(s_addresses))] ulong address, [ValueSource(nameof(s_sizes))] uint size, [Values] bool keepsBlockEnd)
    {
        Write(address, size);
        Cells->KeepsBlockEnd = keepsBlockEnd;
        Assert.That(BlockHead.TryRead(s_engine, address, size, Cells, _memory + _back, out BlockHead head), Is.True);
        Assert.That(head.Facts.RipOffset, Is.EqualTo(RipOffset));
        byte* next = head.Rewrite(address, size, Cells);
        Assert.That((nint)(next - _memory), Is.EqualTo((nint)(Before + _code.Count)));
        List<Instruction> code = Decode(next);
        Instruction add = code.Single(i => i.Mnemonic == Mnemonic.Add);
        Assert.That(code.Single(i => i.Mnemonic == Mnemonic.Mov && i.Op0Register == Register.ECX).Immediate32, Is.EqualTo((uint)(nint)Cells));
        Assert.That((add.MemoryBase, add.MemoryDisplacement64), Is.EqualTo((Register.RCX, 0UL)));
        Assert.That((long)add.GetImmediate(1), Is.EqualTo(1 - ((long)size << MeterCells.BlockBits)));
        Assert.That(
            code.Where(i => i.Mnemonic == Mnemonic.Mov && i.Op0Kind == OpKind.Memory && i.MemoryBase == Register.RCX).Select(i => (i.MemoryDisplacement64, i.Immediate32)),
            Is.EqualTo(keepsBlockEnd ? [(MeterCells.BlockEndAt, (uint)(address + size))] : Array.Empty<(ulong, uint)>()));
        Instruction call = code.Single(i => i.Mnemonic == Mnemonic.Call);
        Assert.That(code.Single(i => i.Mnemonic == Mnemonic.Jns).NearBranchTarget, Is.EqualTo((ulong)next));
        Assert.That((call.MemoryBase, call.MemoryDisplacement64), Is.EqualTo((Register.RCX, (ulong)((byte*)&Cells->Late - (byte*)Cells))));
        Assert.That(*(int*)(call.NextIP - BlockHead.AddedBeforeReturn), Is.EqualTo((int)add.GetImmediate(1)), "from where the size is told");
    }

    [TestCase(0u, false)]
    [TestCase(1u, true)]
    [TestCase(BlockHead.LargestBlock, true)]
    [TestCase(BlockHead.LargestBlock + 1, false)]
    public void OnlyABlockWhoseSizeFitsIsRewritten(uint size, bool isRewritten)
    {
        Write(0x1000, size);
        byte[] before = [.. _code];
        Assert.That(BlockHead.TryRead(s_engine, 0x1000, size, Cells, _memory + _back, out BlockHead head), Is.True);
        Assert.That(head.Rewrite(0x1000, size, Cells) != null, Is.EqualTo(isRewritten));
        Assert.That(new ReadOnlySpan<byte>(_memory + Before, before.Length).SequenceEqual(before), Is.EqualTo(!isRewritten));
    }

    [Test]
    public void AnyOtherByteMakesItNoStart([ValueSource(nameof(s_addresses))] ulong address)
    {
        Write(address, 5);
        BlockHeadFacts facts = Facts(address)!.Value;

        // A constant of 64 bits comes to its store through a register: that is no part of the start, which leaves the store as it is.
        int first = (ulong)(int)address == address ? 0 : _code.FindIndex(b => b == 0x89) - 1;
        for (int at = first; at < _code.Count; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                if (first > 0 && ((at == first && bit == 2) || (at == first + 2 && bit is >= 3 and <= 5)))
                {
                    // Which register.
                    continue;
                }

                Write(address, 5);
                _memory[Before + at] ^= (byte)(1 << bit);
                Assert.That(Facts(address), Is.Not.EqualTo(facts), $"byte {at}, bit {bit}");
            }
        }
    }

    [Test]
    public void ARandomStartIsNone()
    {
        var random = new Random(1);
        Span<byte> bytes = new(_memory, 1024);
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            bytes[100] = 0xff;
            bytes[101] = 0x15;
            Assert.That(BlockHead.TryRead(s_engine, 0x1000, 5, Cells, _memory + 106, out _), Is.False);
        }
    }

    private BlockHeadFacts? Facts(ulong address) =>
        BlockHead.TryRead(s_engine, address, 5, Cells, _memory + _back, out BlockHead head) ? head.Facts : null;

    private List<Instruction> Decode(byte* end)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(new ReadOnlySpan<byte>(_memory + Before, (int)(end - _memory) - Before).ToArray()), (ulong)(_memory + Before));
        List<Instruction> code = [];
        while (decoder.IP < (ulong)end)
        {
            code.Add(decoder.Decode());
            Assert.That(decoder.LastError, Is.EqualTo(DecoderError.None));
        }

        return code;
    }

    // As the library does: each constant in the shortest way, the hook's address in the pool of constants behind the code.
    private void Write(ulong address, uint size)
    {
        _code.Clear();
        if ((ulong)(int)address == address)
        {
            Put([0x48, 0xc7, 0x85], BitConverter.GetBytes(RipOffset), BitConverter.GetBytes((int)address));
        }
        else
        {
            Move(3, address);
            Put([0x48, 0x89, 0x9d], BitConverter.GetBytes(RipOffset));
        }

        Move(7, (ulong)s_engine);
        Move(6, address);
        Move(2, size);
        Move(1, (ulong)Cells);
        const int pool = 2048;
        Put([0xff, 0x15], BitConverter.GetBytes(pool - (Before + _code.Count + 6)));
        _back = Before + _code.Count;
        Move(7, (ulong)s_engine);
        Put([0x33, 0xf6, 0xe8], BitConverter.GetBytes(0x123456));
        Marshal.Copy(_code.ToArray(), 0, (nint)_memory + Before, _code.Count);
        *(nint*)(_memory + pool) = (nint)Cells->Hook;
    }

    private void Move(int register, ulong value)
    {
        if (value == (uint)value)
        {
            Put([(byte)(0xb8 + register)], BitConverter.GetBytes((uint)value));
        }
        else if ((ulong)(int)value == value)
        {
            Put([0x48, 0xc7, (byte)(0xc0 + register)], BitConverter.GetBytes((int)value));
        }
        else
        {
            Put([0x48, (byte)(0xb8 + register)], BitConverter.GetBytes(value));
        }
    }

    private void Put(params byte[][] parts) => _code.AddRange(parts.SelectMany(p => p));
}
