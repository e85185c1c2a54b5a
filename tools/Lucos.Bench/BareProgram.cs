using System.Diagnostics;
using Iced.Intel;
using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.Unicorn;

namespace Lucos.Bench;

/// <summary>A function of the guest's <c>kbench</c> program on the bare engine, loaded where the program is linked.</summary>
public sealed class BareProgram : IDisposable
{
    private const ulong MemoryBytes = 16 << 20;
    private const ulong StackTop = MemoryBytes - 0x1000;
    private const ulong ReturnAddress = 0x1000;

    private readonly SharedMemory _memory = new(MemoryBytes);
    private readonly BareEngine _engine;
    private readonly ElfSymbol _function;

    private BareProgram(ElfFile program, string function)
    {
        foreach (ElfSegment segment in program.Segments.Where(s => s.Type == ElfSegment.TypeLoad))
        {
            segment.Data.Span.CopyTo(_memory.Slice(segment.VirtualAddress, segment.Data.Length));
        }

        _function = program.Symbols.Single(s => s.Name == function && s.Type == SymbolType.Function);
        InstructionsPerIteration = CountLoop();
        _engine = new BareEngine(_memory);
    }

    /// <summary>Instructions of the function's loop.</summary>
    public int InstructionsPerIteration { get; }

    /// <summary>Loads a function.</summary>
    /// <param name="files">The built guest.</param>
    /// <param name="function">Its name in the program.</param>
    public static BareProgram Load(GuestFiles files, string function)
    {
        ArgumentNullException.ThrowIfNull(files);
        string path = Path.Combine(Path.GetDirectoryName(files.Kernel)!, "user", "kbench");
        return new BareProgram(ElfFile.Parse(File.ReadAllBytes(path)), function);
    }

    /// <summary>What so many iterations take in wall time.</summary>
    public TimeSpan Time(ulong iterations)
    {
        long start = Stopwatch.GetTimestamp();
        _engine.Call(_function.Value, iterations, StackTop, ReturnAddress);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _memory.Dispose();
    }

    /// <summary>The loop is what lies between the one backward branch and its target.</summary>
    private int CountLoop()
    {
        byte[] code = _memory.Slice(_function.Value, (int)_function.Size).ToArray();
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code), _function.Value);
        var instructions = new List<Instruction>();
        while (decoder.IP < _function.Value + _function.Size)
        {
            instructions.Add(decoder.Decode());
        }

        Instruction branch = instructions.Single(i => i.IsJccShortOrNear && i.NearBranchTarget < i.IP);
        return instructions.Count(i => i.IP >= branch.NearBranchTarget && i.IP <= branch.IP);
    }
}
