using Lucos.Bench.Machines;
using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.Unicorn;

namespace Lucos.Bench.Bare;

/// <summary>A function of the guest's <c>kbench</c> program on the bare engine, loaded where the program is linked.</summary>
public sealed class BareProgram : IDisposable
{
    private const ulong MemoryBytes = 32 << 20;
    private const ulong StackTop = MemoryBytes - 0x1000;
    // In the middle of a page: the library looks at the byte before it too.
    private const ulong ReturnAddress = 0x1800;
    private const ulong Pml4 = 0x10000;
    private const int WarmUps = 6;
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(2);

    private readonly SharedMemory _memory = new(MemoryBytes);
    private readonly BareEngine _engine;
    private readonly ElfSymbol _function;

    private BareProgram(ElfFile program, string function)
    {
        foreach (ElfSegment segment in program.Segments.Where(s => s.Type == ElfSegment.TypeLoad))
        {
            segment.Data.Span.CopyTo(_memory.Slice(segment.VirtualAddress, segment.Data.Length));
        }

        IdentityMap.Write(_memory, Pml4, program.Segments.Where(s => s.Flags.HasFlag(SegmentAccess.Execute)), ReturnAddress);
        _function = program.Symbols.Single(s => s.Name == function && s.Type == SymbolType.Function);
        _engine = new BareEngine(_memory);
        _engine.EnablePaging(Pml4);
    }

    /// <summary>Loads a function.</summary>
    /// <param name="files">The built guest.</param>
    /// <param name="function">Its name in the program.</param>
    public static BareProgram Load(GuestFiles files, string function)
    {
        ArgumentNullException.ThrowIfNull(files);
        string path = Path.Combine(Path.GetDirectoryName(files.Kernel)!, "user", "kbench");
        return new BareProgram(ElfFile.Parse(File.ReadAllBytes(path)), function);
    }

    /// <summary>The engine, to be changed before the first run.</summary>
    public BareEngine Engine => _engine;

    /// <summary>Instructions that one iteration executes, counted one by one on a small number of them.</summary>
    public double InstructionsEach()
    {
        const ulong few = 2, more = 4;
        using var counting = new BareEngine(_memory);
        counting.EnablePaging(Pml4);
        ulong start = counting.CountInstructions(_function.Value, few, StackTop, ReturnAddress);
        ulong whole = counting.CountInstructions(_function.Value, more, StackTop, ReturnAddress);
        return (whole - start) / (double)(more - few);
    }

    /// <summary>
    /// Lets the library's cache of address translations grow to what the function needs: it does so only when it was full at a flush,
    /// and each run begins with one. In a guest the kernel's flushes do the same.
    /// </summary>
    public void WarmUp()
    {
        ulong iterations = 1;
        while (Time(iterations) < s_warmUp)
        {
            iterations *= 2;
        }

        for (int i = 0; i < WarmUps; i++)
        {
            _ = Time(iterations);
        }
    }

    /// <summary>What so many iterations take in wall time.</summary>
    public TimeSpan Time(ulong iterations)
    {
        TimeSpan start = HostClock.OfThread();
        _engine.Call(_function.Value, iterations, StackTop, ReturnAddress);
        return HostClock.OfThread() - start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _memory.Dispose();
    }
}
