using System.Security.Cryptography;
using Lucos.Abi;
using Lucos.Abi.Fields;
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
    private const ulong Area = PlainGuest.Module + 0x800;

    private static readonly Lazy<Task<bool>> s_once = new(() => Task.Run(Run));

    /// <summary>Starts it in the background, once per process. It touches no real guest.</summary>
    public static Task<bool> Start() => s_once.Value;

    /// <summary>Runs it.</summary>
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
            && IsRestored(guest);
    }

    private static bool Register(PlainGuest guest, LiveUpdateServer server) =>
        Send(guest, Descriptor, new ManagerInfo
        {
            ModuleBase = PlainGuest.Module,
            ModuleSize = GuestLayout.PageSize,
            KernelTextStart = guest.TextStart,
            KernelTextEnd = guest.TextEnd,
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

    private static long Apply(PlainGuest guest, LiveUpdateServer server, uint contexts)
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
        return SendContext(guest, PlainGuest.Text + 1) && SendDescriptor(guest, 0, contexts) ? Call(server, Hypercall.Apply, Descriptor) : 0;
    }

    private static bool Report(PlainGuest guest, LiveUpdateServer server, long id) =>
        Send(guest, Answer, new ActivationReport { UpdateId = (uint)id })
        && Call(server, Hypercall.Report, Answer) == (long)UpdateState.Finished;

    private static long RollBack(PlainGuest guest, LiveUpdateServer server, long id, uint contexts) =>
        SendContext(guest, Area + 1) && SendDescriptor(guest, id, contexts) ? Call(server, Hypercall.Rollback, Descriptor) : 0;

    private static bool IsRestored(PlainGuest guest)
    {
        var found = new byte[PlainGuest.Function.Length];
        return guest.TryRead(PlainGuest.Text, found) && found.AsSpan().SequenceEqual(PlainGuest.Function);
    }

    private static bool SendContext(PlainGuest guest, ulong rip) =>
        guest.TryWrite(Slot, BitConverter.GetBytes(rip))
        && guest.TryWrite(Contexts, WireCodec.ToBytes(new ContextDescriptor { Slot = Slot, Rip = rip, Kind = (uint)ContextKind.InterruptFrame }));

    private static bool SendDescriptor(PlainGuest guest, long id, uint contexts) => Send(guest, Descriptor, new UpdateDescriptor
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
    });

    private static bool Send<T>(PlainGuest guest, ulong address, in T value)
        where T : unmanaged, IVersionedStruct => guest.TryWrite(address, WireCodec.ToVersionedBytes(in value));

    private static long Call(LiveUpdateServer server, Hypercall number, ulong rbx, ulong rcx = 0, ulong rsi = 0, ulong rdi = 0) =>
        server.Handle(new HypercallArguments((ulong)number, rbx, rcx, rsi, rdi, 0));
}
