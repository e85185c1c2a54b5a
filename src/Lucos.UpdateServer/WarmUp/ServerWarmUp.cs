using System.Security.Cryptography;
using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.Elf;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;

namespace Lucos.UpdateServer.WarmUp;

/// <summary>
/// Takes a small update through its whole life on a guest of plain bytes. The code on that path is compiled on first use, which takes
/// fifty times as long as running it: without this, the first real update would stop its guest for that time.
/// </summary>
public static class ServerWarmUp
{
    private const ulong Descriptor = PlainGuest.Heap;
    private const ulong Functions = PlainGuest.Heap + 0x200;
    private const ulong Contexts = PlainGuest.Heap + 0x300;
    private const ulong Expected = PlainGuest.Heap + 0x400;
    private const ulong Slot = PlainGuest.Heap + 0x500;
    private const ulong Answer = PlainGuest.Heap + 0x600;
    private const ulong ReturnSlot = PlainGuest.Heap + 0x508;
    private const ulong Types = PlainGuest.Heap + 0x1000;
    private const ulong Instances = PlainGuest.Heap + 0x1800;
    private const ulong Fields = PlainGuest.Heap + 0x1900;
    private const ulong Scratch = PlainGuest.Heap + 0x1a00;
    private const ulong Stack = PlainGuest.Heap + 0x2000;
    private const ulong OldVersion = PlainGuest.Heap + 0x3000;
    private const ulong NewVersion = PlainGuest.Heap + 0x4000;
    private const ulong Area = PlainGuest.Module + 0x800;

    private static readonly Lock s_lock = new();
    private static Task<bool>? s_once;

    /// <summary>Starts it in the background, once per process, and then what a machine does for an update. It touches no real guest.</summary>
    /// <param name="kernel">A kernel, for its table of functions.</param>
    public static Task<bool> Start(KernelImage kernel)
    {
        lock (s_lock)
        {
            return s_once ??= Task.Run(() => Run() && MachineWarmUp.Run(kernel));
        }
    }

    /// <summary>Waits until it is done, if it has been started.</summary>
    internal static void Wait()
    {
        Task<bool>? started;
        lock (s_lock)
        {
            started = s_once;
        }

        started?.Wait();
    }

    /// <summary>Runs the first part.</summary>
    /// <returns>Whether every step was answered as it should be.</returns>
    public static bool Run()
    {
        var guest = new PlainGuest();
        var server = new LiveUpdateServer(guest, "0", NullJournal.Instance);
        bool sound = Register(guest, server) && Refuse(server) && Ring(guest, server);
        long quiet = Apply(guest, server, contexts: 0);
        sound &= RollBack(guest, server, quiet, contexts: 0) == (long)UpdateState.RolledBack
            && Call(server, Hypercall.Released, (ulong)quiet) == 0;
        long id = Apply(guest, server, contexts: 1);
        sound &= id > 0
            && Call(server, Hypercall.Query, (ulong)id, Answer) == 0
            && server.Updates[^1].State == UpdateState.Draining
            && Report(guest, server, id)
            && server.EffectiveVersion == "0+warm-up";
        return sound
            && RollBack(guest, server, id, contexts: 1) == (long)UpdateState.RolledBack
            && Call(server, Hypercall.Released, (ulong)id) == 0
            && ChangeData(guest, server)
            && IsRestored(guest);
    }

    /// <summary>Data too: two versions, a store to each, a return by a stub, and back.</summary>
    private static bool ChangeData(PlainGuest guest, LiveUpdateServer server)
    {
        const uint Flags = UpdateFlags.UpdateFlagCompletes | UpdateFlags.UpdateFlagVerifyCoherence;
        guest.TryWrite(ReturnSlot, BitConverter.GetBytes(PlainGuest.Text + 0x100));
        long id = SendData(guest) ? Apply(guest, server, contexts: 1, Flags) : 0;
        return id > 0
            && Store(guest, OldVersion)
            && Store(guest, NewVersion)
            && guest.Listener!.TryReturn(PlainGuest.Stubs, out _)
            && Call(server, Hypercall.Events, (ulong)id, Answer, 4) > 0
            && Retire(guest, server, id, newCode: 1)
            && Call(server, Hypercall.Complete, (ulong)id) == (long)UpdateState.Finished
            && RollBack(guest, server, id, contexts: 0, Flags) == (long)UpdateState.RollingBack
            && Retire(guest, server, id, newCode: 0)
            && Call(server, Hypercall.Complete, (ulong)id) == (long)UpdateState.RolledBack
            && Call(server, Hypercall.Released, (ulong)id) == 0;
    }

    private static bool SendData(PlainGuest guest) =>
        guest.TryWrite(Fields, WireCodec.ToBytes(new FieldDescriptor { Size = sizeof(ulong) }))
        && guest.TryWrite(Instances, WireCodec.ToBytes(new InstanceDescriptor { OldAddress = OldVersion, NewAddress = NewVersion }))
        && guest.TryWrite(Types, WireCodec.ToBytes(new TypeDescriptor
        {
            Name = Text32.From("t"),
            Source = (uint)InstanceSource.Variable,
            Placement = (uint)Placement.Twin,
            Interception = (uint)Interception.Emulate,
            Transfer = (uint)TransferPoint.EachWrite,
            OldSize = sizeof(ulong),
            NewSize = sizeof(ulong),
            LockOffset = UpdateFlags.NoLock,
            ToNew = PlainGuest.Module,
            ToOld = PlainGuest.Module,
            Fields = Fields,
            FieldCount = 1,
        }));

    private static bool Store(PlainGuest guest, ulong address)
    {
        bool due = guest.Listener!.OnStore(new GuestStore(0, PlainGuest.Text, address, sizeof(ulong)));
        guest.Listener.AtBoundary();
        return due;
    }

    private static bool Retire(PlainGuest guest, LiveUpdateServer server, long id, uint newCode) =>
        Send(guest, Answer, new ActivationReport { UpdateId = (uint)id, OldOrNew = newCode })
        && Call(server, Hypercall.Retire, Answer) == 0;

    private static bool Register(PlainGuest guest, LiveUpdateServer server) =>
        Send(guest, Descriptor, new ManagerInfo
        {
            ModuleBase = PlainGuest.Module,
            ModuleSize = GuestLayout.PageSize,
            KernelTextStart = guest.TextStart,
            KernelTextEnd = guest.TextEnd,
            StubArea = PlainGuest.Stubs,
            StubSize = PlainGuest.StubBytes,
        })
        && Call(server, Hypercall.Register, Descriptor) == 0;

    private static bool Refuse(LiveUpdateServer server) =>
        Call(server, Hypercall.Apply, 0) == Refusal.BadPointer.ToResult();

    private static bool Ring(PlainGuest guest, LiveUpdateServer server)
    {
        PendingRequest request = server.SubmitRequest(RequestKind.Apply, "", new byte[8]);
        return Call(server, Hypercall.DoorbellFetch, Answer) == 1
            && Call(server, Hypercall.DoorbellPull, request.Id, Answer, 0, 8) == 8
            && Send(guest, Answer, new OperatorResponse { RequestId = request.Id })
            && Call(server, Hypercall.DoorbellComplete, Answer) == 0;
    }

    private static long Apply(PlainGuest guest, LiveUpdateServer server, uint contexts, uint flags = 0)
    {
        guest.TryWrite(Expected, PlainGuest.Function);
        guest.TryWrite(Functions, WireCodec.ToBytes(new FunctionDescriptor
        {
            Name = Text64.From("f"),
            OldAddress = PlainGuest.Text,
            OldSize = (uint)PlainGuest.Function.Length,
            OldBytes = Expected,
            OldHash = Bytes32.From(SHA256.HashData(PlainGuest.Function)),
            NewAddress = PlainGuest.Module,
            NewSize = (uint)PlainGuest.Function.Length,
            Activations = contexts,
        }));
        return SendContext(guest, PlainGuest.Text + 1, flags) && SendDescriptor(guest, 0, contexts, flags) ? Call(server, Hypercall.Apply, Descriptor) : 0;
    }

    private static bool Report(PlainGuest guest, LiveUpdateServer server, long id) =>
        Send(guest, Answer, new ActivationReport { UpdateId = (uint)id })
        && Call(server, Hypercall.Report, Answer) == (long)UpdateState.Finished;

    private static long RollBack(PlainGuest guest, LiveUpdateServer server, long id, uint contexts, uint flags = 0) =>
        SendContext(guest, Area + 1, flags) && SendDescriptor(guest, id, contexts, flags) ? Call(server, Hypercall.Rollback, Descriptor) : 0;

    private static bool IsRestored(PlainGuest guest)
    {
        var found = new byte[PlainGuest.Function.Length];
        return guest.TryRead(PlainGuest.Text, found) && found.AsSpan().SequenceEqual(PlainGuest.Function);
    }

    private static bool SendContext(PlainGuest guest, ulong rip, uint flags) =>
        guest.TryWrite(Slot, BitConverter.GetBytes(rip))
        && guest.TryWrite(Contexts, WireCodec.ToBytes(new ContextDescriptor
        {
            Slot = Slot,
            Rip = rip,
            Kind = (uint)ContextKind.InterruptFrame,
            ReturnSlot = flags == 0 ? 0 : ReturnSlot,
            ReturnAddress = flags == 0 ? 0 : PlainGuest.Text + 0x100,
        }));

    private static bool SendDescriptor(PlainGuest guest, long id, uint contexts, uint flags) => Send(guest, Descriptor, new UpdateDescriptor
    {
        UpdateId = (uint)id,
        Name = Text64.From("warm-up"),
        FunctionCount = 1,
        ContextCount = contexts,
        Functions = Functions,
        Contexts = Contexts,
        ModuleBase = PlainGuest.Module,
        ModuleSize = GuestLayout.PageSize,
        RelocationArea = Area,
        RelocationSize = UpdateLimits.RelocationBytesPerFunction,
        Flags = flags,
        Types = Types,
        Instances = Instances,
        TypeCount = flags == 0 ? 0u : 1u,
        InstanceCount = flags == 0 ? 0u : 1u,
        Stack = Stack,
        StackSize = GuestLayout.PageSize,
        Scratch = Scratch,
        ScratchSize = sizeof(ulong),
    });

    private static bool Send<T>(PlainGuest guest, ulong address, in T value)
        where T : unmanaged, IVersionedStruct => guest.TryWrite(address, WireCodec.ToVersionedBytes(in value));

    private static long Call(LiveUpdateServer server, Hypercall number, ulong rbx, ulong rcx = 0, ulong rsi = 0, ulong rdi = 0) =>
        server.Handle(new HypercallArguments((ulong)number, rbx, rcx, rsi, rdi, 0));
}
