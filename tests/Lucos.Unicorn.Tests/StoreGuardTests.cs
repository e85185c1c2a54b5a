namespace Lucos.Unicorn.Tests;

/// <summary>Guarding pages cuts the library's memory map; what was translated before must not be taken for another page's code.</summary>
public sealed class StoreGuardTests
{
    private const ulong PageSize = 4096;
    private const ulong Pages = 4096;
    private const ulong Step = 3;
    private const ulong Tables = (Pages - 4) * PageSize;
    private const ulong Program = 0x4000_0000;
    private const ulong Present = 3;

    /// <summary>As with programs that are all linked to run at one address: only where they lie in memory tells them apart.</summary>
    [Test]
    public void ProgramsAtOneAddressRunTheirOwnCodeWhicheverPagesAreGuarded()
    {
        using SharedMemory memory = new(Pages * PageSize);
        using ExecutionMeter meter = new();
        using Engine engine = new(new Callbacks(), meter);
        engine.MapMemory(memory);
        SetPagingUp(engine, memory);
        for (ulong page = 0; page < Tables / PageSize; page += Step)
        {
            // mov eax, page; hlt
            byte[] code = [0xb8, .. BitConverter.GetBytes((uint)page), 0xf4];
            code.CopyTo(memory.Slice(page * PageSize, code.Length));
        }

        Random random = new(1);
        for (int round = 0; round < 12; round++)
        {
            ulong[] guarded = [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.Next((int)Pages)).Distinct().Order()];
            engine.GuardPages(guarded, mayRefuse: false);
            for (ulong page = 0; page < Tables / PageSize; page += Step)
            {
                Put(memory, Tables + (3 * PageSize), page * PageSize);
                engine.FlushAddresses();
                meter.Countdown = long.MaxValue;
                engine.Run(Program);
                Assert.That(engine.Rax, Is.EqualTo(page), $"round {round}");
            }
        }
    }

    // One page of virtual memory, whose table entry is the first of the fourth table.
    private static void SetPagingUp(Engine engine, SharedMemory memory)
    {
        Put(memory, Tables, Tables + PageSize);
        Put(memory, Tables + PageSize + sizeof(ulong), Tables + (2 * PageSize));
        Put(memory, Tables + (2 * PageSize), Tables + (3 * PageSize));
        engine.WriteMsr(0xc000_0080, 0x100);
        engine.Cr4 = 1 << 5;
        engine.Cr3 = Tables;
        engine.Cr0 = 1 | (1UL << 31);
    }

    private static void Put(SharedMemory memory, ulong at, ulong address) => BitConverter.GetBytes(address | Present).CopyTo(memory.Slice(at, sizeof(ulong)));
}
