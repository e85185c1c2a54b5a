using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>The driver with its tables, and a set of programs, as they lie in physical memory.</summary>
internal sealed class HarnessImage
{
    private const ulong Present = 1;
    private const ulong Writable = 2;
    private const ulong User = 4;
    private const ulong Large = 0x80;
    private const ulong NoExecute = 1UL << 63;
    private const ulong AccessedDirty = 0x60;
    private const int DriverBytes = 0x250000 - 0x100000;
    private const ulong LargePage = 2 << 20;
    private readonly byte[] _driver = new byte[DriverBytes];

    internal HarnessImage(IReadOnlyList<TestProgram> programs)
    {
        if (programs.Count > MaxPrograms)
        {
            throw new InvalidOperationException($"{programs.Count} programs; an image holds {MaxPrograms}");
        }

        Programs = programs;
        WriteCode();
        WriteVariables();
        WriteDriverTables();
        WriteWindowTables();
        WriteWindow();
        ProgramBytes = new byte[programs.Count * ProgramSize];
        for (int i = 0; i < programs.Count; i++)
        {
            programs[i].Encode(ProgramBytes.AsSpan(i * ProgramSize, ProgramSize));
        }
    }

    internal IReadOnlyList<TestProgram> Programs { get; }

    /// <summary>To be loaded at <see cref="Driver"/>.</summary>
    internal ReadOnlySpan<byte> DriverImage => _driver;

    /// <summary>To be loaded at <see cref="HarnessLayout.Programs"/>.</summary>
    internal byte[] ProgramBytes { get; }

    private void WriteCode()
    {
        var assembler = new Assembler(64);
        DriverCode.Assemble(assembler, out Label common);
        using MemoryStream stream = new();
        AssemblerResult result = assembler.Assemble(new StreamCodeWriter(stream), Driver, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Copy(Driver, stream.ToArray());
        ulong commonAddress = result.GetLabelRIP(common);
        for (int vector = 0; vector <= SyscallVector; vector++)
        {
            int number = vector;
            Place(Handlers + (ulong)(vector * HandlerSize), 64, a =>
            {
                a.mov(__qword_ptr[Saved], rax);
                a.mov(eax, number);
                a.jmp(commonAddress);
            });
        }

        Place(PvhEntry, 32, DriverCode.AssemblePvh);
    }

    private void WriteVariables()
    {
        Put(ProgramCount, (ulong)Programs.Count);
        PutTable(DriverGdtr, DriverGdt, 0x17);
        PutTable(TestGdtr, Gdt, GdtLimit);
        PutTable(TestIdtr, Idt, 0xfff);
        Put(DriverGdt + KernelCode, 0x00af_9b00_0000_ffff);
        Put(DriverGdt + KernelData, 0x00cf_9300_0000_ffff);
        (uint Index, ulong Value)[] registers =
        [
            (0xc000_0080, 0xd01), (0xc000_0081, ((ulong)UserCode32 << 48) | ((ulong)KernelCode << 32)),
            (0xc000_0082, Handlers + (SyscallVector * HandlerSize)), (0xc000_0084, 0x700), (0xc000_0100, Data), (0xc000_0101, Data + 0x1000),
            (0xc000_0102, Data + 0x2000),
        ];
        for (int i = 0; i < registers.Length; i++)
        {
            Put(MsrTable + ((ulong)i * 16), registers[i].Index);
            Put(MsrTable + ((ulong)i * 16) + 8, registers[i].Value);
        }
    }

    private void WriteDriverTables()
    {
        Put(DriverTables, (DriverTables + 0x1000) | Present | Writable);
        Put(DriverTables + 0x1000, (DriverTables + 0x2000) | Present | Writable);
        WriteIdentity(DriverTables + 0x2000);
    }

    private void WriteWindowTables()
    {
        ulong at = Template + (WindowPages * 0x1000);
        Put(at, (TablesPhysical + 0x1000) | Present | Writable | User);
        Put(at + 0x1000, (TablesPhysical + 0x2000) | Present | Writable);
        Put(at + 0x1008, PageDirectory | Present | Writable | User);
        WriteIdentity(at + 0x2000);
        Put(at + 0x3000, PageTable | Present | Writable | User);
        foreach (int page in (ReadOnlySpan<int>)[0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 17, 18, 20, 22, 24, 25, 26, 27])
        {
            ulong rights = page < 16 ? Present | Writable | User : Present | Writable;
            Put(at + 0x4000 + ((ulong)page * 8), (WindowPhysical + ((ulong)page * 0x1000)) | rights | (page < 4 ? 0 : NoExecute));
        }
    }

    // Stores to executable pages are slow in the emulator, but those to code must be made through one to be seen. So the driver's code and
    // the window are executable, and no more.
    private void WriteIdentity(ulong directory)
    {
        for (ulong i = 0; i < MemoryBytes / LargePage; i++)
        {
            Put(directory + (i * 8), (i * LargePage) | Present | Writable | Large | AccessedDirty | (i is 0 or (WindowPhysical / LargePage) ? 0 : NoExecute));
        }
    }

    private void WriteWindow()
    {
        // Data is made of opcodes of one byte that trap, so that a program which jumps into it ends.
        ReadOnlySpan<byte> trapping = [0xcc, 0xce, 0xd6, 0x06, 0x27, 0x37, 0x1e, 0x0e];
        for (int i = 0; i < WindowPages * 0x1000; i++)
        {
            int page = i / 0x1000;
            byte value = page < 4 ? (byte)0xcc : page < 24 ? trapping[(int)((uint)(i * 0x9e37_79b9) >> 29)] : (byte)0;
            _driver[(int)(Template - Driver) + i] = value;
        }

        WriteGdt();
        for (int vector = 0; vector < 256; vector++)
        {
            Span<ulong> gate = GateBits.Encode(Handlers + (ulong)(vector * HandlerSize), KernelCode, GateBits.InterruptGate);
            ulong at = InTemplate(Idt) + ((ulong)vector * 16);
            Put(at, gate[0]);
            Put(at + 8, gate[1]);
        }

        Put(InTemplate(Tss) + 4, KernelStackTop);
        Put(InTemplate(Tss) + 36, Ist1Top);
        Put(InTemplate(Tss) + 44, Ist2Top);
        Put(InTemplate(Tss) + 96, (ulong)IoBitmap << 48);
    }

    private void WriteGdt()
    {
        ulong tssLow = 0x0000_8900_0000_0067 | ((Tss & 0xff_ffff) << 16) | ((Tss >> 24 & 0xff) << 56);
        ulong ldtLow = 0x0000_8200_0000_001f | ((Data & 0xff_ffff) << 16) | ((Data >> 24 & 0xff) << 56);
        ulong[] descriptors =
        [
            0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00cf_fb00_0000_ffff, 0x00cf_f300_0000_ffff, 0x00af_fb00_0000_ffff,
            tssLow, Tss >> 32, ldtLow, Data >> 32, 0x00af_9f00_0000_ffff, 0x00af_1b00_0000_ffff,
            0x00cf_1300_0000_ffff, 0x00cf_9100_0000_ffff, 0x00ef_9b00_0000_ffff, 0x00cf_f100_0000_ffff, 0x00cf_9b00_0000_ffff, 0x00af_ff00_0000_ffff,
            0x00af_9900_0000_ffff, tssLow, Tss >> 32, 0x00cf_7300_0000_ffff, 0x00af_db00_0000_ffff, 0x00cf_d300_0000_ffff,
        ];
        for (int i = 0; i < descriptors.Length; i++)
        {
            Put(InTemplate(Gdt) + ((ulong)i * 8), descriptors[i]);
        }
    }

    private static ulong InTemplate(ulong address) => address - Window + Template;

    private void Place(ulong address, int bits, Action<Assembler> body)
    {
        var assembler = new Assembler(bits);
        body(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Copy(address, stream.ToArray());
    }

    private void Copy(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_driver.AsSpan((int)(address - Driver)));

    private void Put(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_driver.AsSpan((int)(address - Driver)), value);

    private void PutTable(ulong at, ulong address, ushort limit)
    {
        Put(at, limit | (address << 16));
        Put(at + 8, address >> 48);
    }
}
