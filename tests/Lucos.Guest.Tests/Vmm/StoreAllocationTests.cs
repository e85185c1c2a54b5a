using Lucos.Abi;
using Lucos.Bench.Data;
using Lucos.Bench.Machines;
using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.UpdateServer.Data;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>Stores to data in two versions are served without garbage, so no collection ever lengthens one.</summary>
public sealed class StoreAllocationTests
{
    private const long Few = 2_000;
    private const long Many = 22_000;

    [Test]
    public void InterceptedStoreAllocatesNothing([Values] Interception interception) => Check(interception, TransferPoint.EachWrite, "record-stores");

    /// <summary>The lock lies outside of the instances: stores to it are intercepted too, and each release makes a transfer.</summary>
    [Test]
    public void ReleaseOfALockAllocatesNothing([Values] Interception interception) => Check(interception, TransferPoint.OnUnlock, "record-locked-stores");

    private static void Check(Interception interception, TransferPoint transfer, string work)
    {
        GuestFiles files = GuestFiles.Find();
        const string package = "bench-data.lup";
        byte[] update = DataUpdate.Make(KernelImage.Load(files.Kernel, null), interception, transfer: transfer);
        using UpdatableMachine machine = UpdatableMachine.Boot(files, 64, new Dictionary<string, byte[]> { [package] = update });
        machine.Do("record-make 100");
        machine.Do("waiters-start 1");
        Assert.That(machine.Apply(package, DataUpdate.Name).State, Is.EqualTo(UpdateState.Draining));
        DataInfo before = Data(machine);

        AllocatedBy(machine, work, Few);
        long few = AllocatedBy(machine, work, Few);
        long many = AllocatedBy(machine, work, Many);

        // What the console and the clock take is the same for each run, or as good as; a byte for each store would be 20,000.
        const ulong stores = (2 * Few) + Many;
        Assert.That(Data(machine).Intercepted - before.Intercepted, Is.GreaterThanOrEqualTo(stores));
        Assert.That(Data(machine).Transfers - before.Transfers, Is.GreaterThanOrEqualTo(stores));
        Assert.That((many - few) / (Many - Few), Is.Zero, $"{few} bytes for {Few} stores, {many} for {Many}");
    }

    private static long AllocatedBy(UpdatableMachine machine, string work, long stores)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        machine.Do($"{work} {stores}");
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static DataInfo Data(UpdatableMachine machine) => machine.Guest.Updates[^1].Data!;
}
