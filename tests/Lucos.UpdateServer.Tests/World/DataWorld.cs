using Lucos.Abi;
using Lucos.Abi.Fields;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>
/// A kernel with counters, and an update of them. Old: lock, spare, a, b, of which the first two are shared. New: a, b, their sum, and four
/// bytes of extra.
/// </summary>
public sealed class DataWorld
{
    public const uint OldSize = 16;
    public const uint NewSize = 12;
    public const uint Stride = 32;
    public const ulong LockWord = TestWorld.OldVersions + 0x7000;
    private const ulong Fields = TestWorld.Scratch + 0x18000;

    public DataWorld(int instances = 3, Interception interception = Interception.Step, TransferPoint transfer = TransferPoint.EachWrite)
    {
        World = new TestWorld();
        Spec = World.MakeUpdate("widen", "alpha", "beta");
        ToNew = Spec.Descriptor.ModuleBase + 0x400;
        ToOld = Spec.Descriptor.ModuleBase + 0x500;
        World.Guest.Transfers[ToNew] = CopyToNew;
        World.Guest.Transfers[ToOld] = CopyToOld;
        Spec.Descriptor.Flags = UpdateFlags.UpdateFlagCompletes;
        Spec.Descriptor.Stack = TestWorld.Workspace;
        Spec.Descriptor.StackSize = 0x2000;
        Spec.Descriptor.Scratch = TestWorld.Workspace + 0x3000;
        Spec.Descriptor.ScratchSize = 0x100;
        World.Guest.Poke(Fields, WireCodec.ToBytes(new FieldDescriptor { Offset = 8, Size = 4 }));
        World.Guest.Poke(Fields + 8, WireCodec.ToBytes(new FieldDescriptor { Offset = 12, Size = 4 }));
        Spec.Types.Add(Type(interception, transfer));
        for (int i = 0; i < instances; i++)
        {
            AddInstance(i);
        }
    }

    public TestWorld World { get; }

    public FakeGuest Guest => World.Guest;

    public UpdateSpec Spec { get; }

    public ulong ToNew { get; }

    public ulong ToOld { get; }

    public long Id { get; private set; }

    public ulong Inside => Guest.Function("alpha").Address + 8;

    public static ulong Old(int index) => TestWorld.OldVersions + ((ulong)index * Stride);

    public static ulong New(int index) => TestWorld.NewVersions + ((ulong)index * Stride);

    public TypeDescriptor Type(Interception interception, TransferPoint transfer) => new()
    {
        Name = Text32.From("counter"),
        Source = (uint)InstanceSource.Cache,
        Placement = (uint)Placement.Twin,
        Interception = (uint)interception,
        Transfer = (uint)transfer,
        OldSize = OldSize,
        NewSize = NewSize,
        ExtraSize = 4,
        SharedHead = 8,
        LockOffset = transfer == TransferPoint.OnUnlock ? 0 : UpdateFlags.NoLock,
        LockSize = transfer == TransferPoint.OnUnlock ? 4u : 0,
        ToNew = ToNew,
        ToOld = ToOld,
        Fields = Fields,
        FieldCount = 2,
    };

    public void Edit(Func<TypeDescriptor, TypeDescriptor> change, int type = 0) => Spec.Types[type] = change(Spec.Types[type]);

    public void AddInstance(int index, uint type = 0)
    {
        Spec.Instances.Add(new InstanceDescriptor { OldAddress = Old(index), NewAddress = New(index), Type = type });
        Guest.Poke(Old(index) + 8, BitConverter.GetBytes((uint)(10 * (index + 1))));
        Guest.Poke(Old(index) + 12, BitConverter.GetBytes((uint)(index + 1)));
    }

    public void VerifyCoherence() => Spec.Descriptor.Flags |= UpdateFlags.UpdateFlagVerifyCoherence;

    /// <summary>Applies it with a thread inside alpha, so that both versions live.</summary>
    /// <returns>The slot by which the thread will return.</returns>
    public ulong ApplyWithThread()
    {
        ulong slot = World.AddActivation(Spec, Inside);
        Apply();
        return slot;
    }

    public void Apply()
    {
        Id = World.Apply(Spec);
        Assert.That(Id, Is.Positive, () => World.Journal.Records[^1].Detail);
        Spec.Contexts.Clear();
    }

    public long RollBack() => World.RollBack(Spec, Id);

    public UpdateState State => World.Server.Updates[^1].State;

    public string LastDetail => World.Journal.Records[^1].Detail;

    public InstanceChange Change(int index) => new() { UpdateId = (uint)Id, OldAddress = Old(index), NewAddress = New(index) };

    public void AssertCoherent(int index)
    {
        uint a = Guest.Read32(Old(index) + 8);
        uint b = Guest.Read32(Old(index) + 12);
        Assert.That((Guest.Read32(New(index)), Guest.Read32(New(index) + 4), Guest.Read32(New(index) + 8)), Is.EqualTo((a, b, a + b)), $"instance {index}");
    }

    public static string? CopyToNew(TransferMemory memory)
    {
        uint a = memory.Read32(8);
        uint b = memory.Read32(12);
        return memory.Write32(0, a) && memory.Write32(4, b) && memory.Write32(8, a + b) && memory.Write32(12, 7) ? null : "forbidden store";
    }

    public static string? CopyToOld(TransferMemory memory) =>
        memory.Write32(8, memory.Read32(0)) && memory.Write32(12, memory.Read32(4)) ? null : "forbidden store";
}
