using Lucos.Bench.Machines;
using Lucos.Unicorn;

namespace Lucos.Bench.Bare;

/// <summary>
/// A loop on the bare engine that reloads CR3 and then touches pages: what a change of address space costs in the emulator alone. A
/// reload drops its cache of address translations and the quick way from address to translated code, as on any emulator of this family.
/// </summary>
public sealed class AddressSpaceLoop : IDisposable
{
    private const ulong MemoryBytes = 8 << 20;
    private const ulong Code = 0x1000;
    private const ulong ReturnAddress = 0x1800;
    private const ulong StackTop = 0x8000;
    private const ulong Pml4 = 0x10000;
    private const uint FirstTouched = 0x40_0000;
    private const uint PageSize = 4096;
    private readonly SharedMemory _memory = new(MemoryBytes);
    private readonly BareEngine _engine;

    /// <summary>Assembles the loop.</summary>
    /// <param name="pages">Pages touched in each round, at most 256.</param>
    public AddressSpaceLoop(int pages)
    {
        byte[] code = Assemble(pages);
        code.CopyTo(_memory.Slice(Code, code.Length));
        IdentityMap.Write(_memory, Pml4, [], ReturnAddress);
        _engine = new BareEngine(_memory);
        _engine.EnablePaging(Pml4);
    }

    /// <summary>What so many rounds take.</summary>
    public TimeSpan Time(ulong rounds)
    {
        TimeSpan start = HostClock.OfThread();
        _engine.Call(Code, rounds, StackTop, ReturnAddress);
        return HostClock.OfThread() - start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _memory.Dispose();
    }

    // mov rax, cr3; 1: mov cr3, rax; [mov rdx, [FirstTouched + n pages]]...; dec rdi; jnz 1b; ret
    private static byte[] Assemble(int pages)
    {
        List<byte> code = [0x0f, 0x20, 0xd8];
        int loop = code.Count;
        code.AddRange([0x0f, 0x22, 0xd8]);
        for (uint page = 0; page < pages; page++)
        {
            code.AddRange([0x48, 0x8b, 0x14, 0x25, .. BitConverter.GetBytes(FirstTouched + (page * PageSize))]);
        }

        code.AddRange([0x48, 0xff, 0xcf, 0x0f, 0x85]);
        code.AddRange(BitConverter.GetBytes(loop - (code.Count + sizeof(int))));
        code.Add(0xc3);
        return [.. code];
    }
}
