using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Control.Guests;
using Lucos.Elf;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Stores to data in two versions are served without garbage, so no collection ever lengthens one.</summary>
public sealed class StoreAllocationTests
{
    private const long Few = 2_000;
    private const long Many = 22_000;

    [TestCase(Interception.Step)]
    [TestCase(Interception.Emulate)]
    [TestCase(Interception.Service)]
    public void InterceptedStoreAllocatesNothing(Interception interception)
    {
        GuestFiles files = GuestFiles.Find();
        const string package = "bench-data.lup";
        byte[] update = DataUpdate.Make(KernelImage.Load(files.Kernel, null), interception);
        using UpdatableMachine machine = UpdatableMachine.Boot(files, 64, new Dictionary<string, byte[]> { [package] = update });
        machine.Do("record-make 100");
        machine.Do("waiters-start 1");
        Assert.That(machine.Apply(package, DataUpdate.Name).State, Is.EqualTo(UpdateState.Draining));
        ulong before = Intercepted(machine);

        AllocatedBy(machine, Few);
        long few = AllocatedBy(machine, Few);
        long many = AllocatedBy(machine, Many);

        // What the console and the clock take is the same for each run, or as good as; a byte for each store would be 20,000.
        Assert.That(Intercepted(machine) - before, Is.GreaterThanOrEqualTo((ulong)((2 * Few) + Many)));
        Assert.That((many - few) / (Many - Few), Is.Zero, $"{few} bytes for {Few} stores, {many} for {Many}");
    }

    private static long AllocatedBy(UpdatableMachine machine, long stores)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        machine.Do($"record-stores {stores}");
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static ulong Intercepted(UpdatableMachine machine) => machine.Guest.Updates[^1].Data!.Intercepted;
}
