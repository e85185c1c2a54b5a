using Lucos.Abi;
using Lucos.Elf;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Hypercalls;
using Lucos.UpdateServer.Journal;
using Lucos.UpdateServer.Requests;
using Lucos.UpdateServer.Snapshots;
using Lucos.UpdateServer.Transactions;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.WarmUp;
using Lucos.Vmm;
using Lucos.Vmm.Snapshots;

namespace Lucos.UpdateServer;

/// <summary>
/// The Update Server: answers the hypercalls of the guest's Update Manager, and takes the operator's requests. Members may be called
/// from any thread; what changes the guest happens only inside <see cref="Handle"/>, on the thread that runs the guest.
/// </summary>
public sealed class LiveUpdateServer
{
    private readonly Lock _gate = new();
    private readonly ServerState _state;
    private readonly Dictionary<Hypercall, Func<HypercallArguments, long>> _handlers;

    /// <summary>Makes a server for a guest.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="bootedVersion">Version of the booted kernel, such as <c>0.1.0</c>.</param>
    /// <param name="journal">Where journal records go besides <see cref="History"/>.</param>
    /// <param name="observer">Hears of every step; may throw to inject faults. Null in use.</param>
    public LiveUpdateServer(IGuest guest, string bootedVersion, IJournal journal, IStepObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(guest);
        _state = new ServerState(guest, journal) { Observer = observer };
        State = new ServerSection(_state, _gate);
        guest.Listen(new GuestEvents(_state, _gate));
        BootedVersion = bootedVersion;
        _handlers = MakeHandlers(_state);
    }

    /// <summary>
    /// Makes a server for a machine, registers it for the machine's hypercalls, and adds its state to the machine's. On a machine that
    /// was made from a snapshot the server goes on where the original's stood.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="kernel">The kernel that it booted.</param>
    /// <param name="bootedVersion">Version of that kernel, such as <c>0.1.0</c>.</param>
    /// <param name="journal">Where journal records go besides <see cref="History"/>.</param>
    public static LiveUpdateServer Attach(Machine machine, KernelImage kernel, string bootedVersion, IJournal journal)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(kernel);
        var guest = new MachineGuest(machine, kernel);
        var server = new LiveUpdateServer(guest, bootedVersion, journal);
        if (machine.State.Waiting.Count == 0)
        {
            guest.WarmUp(kernel.Entry);
        }

        ServerWarmUp.Start(kernel);
        machine.State.Add(server.State);
        machine.Hypercalls.Register(new ServerHypercallHandler(server, guest));
        return server;
    }

    /// <summary>All that its future depends on and that is not in the guest's memory.</summary>
    public IStateful State { get; }

    /// <summary>Version of the booted kernel.</summary>
    public string BootedVersion { get; }

    /// <summary>The booted version and, in order of application, <c>+name</c> of each update in force.</summary>
    public string EffectiveVersion
    {
        get
        {
            lock (_gate)
            {
                return string.Concat(_state.Book.InForce.Select(update => $"+{update.Name}").Prepend(BootedVersion));
            }
        }
    }

    /// <summary>Whether an Update Manager has made itself known: no request can be worked on before.</summary>
    public bool IsManagerRegistered
    {
        get
        {
            lock (_gate)
            {
                return _state.IsRegistered;
            }
        }
    }

    /// <summary>Remembered updates, oldest first, refused ones included.</summary>
    public IReadOnlyList<UpdateInfo> Updates
    {
        get
        {
            lock (_gate)
            {
                return [.. _state.Book.All.Select(Describe)];
            }
        }
    }

    /// <summary>The newest journal records, oldest first.</summary>
    public IReadOnlyList<JournalRecord> History
    {
        get
        {
            lock (_gate)
            {
                return _state.Journal.Records;
            }
        }
    }

    /// <summary>Requests of the operator that have not been answered.</summary>
    public IReadOnlyList<PendingRequest> OpenRequests
    {
        get
        {
            lock (_gate)
            {
                return [.. _state.Requests.Open];
            }
        }
    }

    /// <summary>What of an update lies at an address, for backtraces: <c>update:function+0x1f</c>, or <c>update:+0x1f</c> elsewhere in its module.</summary>
    /// <param name="address">Guest-virtual address.</param>
    /// <param name="gone">An update that is looked at even if its module is no longer in memory; 0 for none.</param>
    /// <returns>Null if no update whose module is in memory has it, nor that one.</returns>
    public string? DescribeCode(ulong address, uint gone = 0)
    {
        lock (_gate)
        {
            foreach (LiveUpdate update in _state.Book.All.Where(u => u.HoldsMemory || u.Id == gone).OrderByDescending(u => u.HoldsMemory))
            {
                ReplacedFunction? function = update.Functions.FirstOrDefault(f => f.New.Contains(address, 1));
                if (function is not null)
                {
                    return $"{update.Name}:{function.Name}+0x{address - function.NewAddress:x}";
                }

                if (update.Module.Contains(address, 1))
                {
                    return $"{update.Name}:+0x{address - update.Module.Start:x}";
                }
            }
        }

        return null;
    }

    /// <summary>The newest update of this name; null if there is none.</summary>
    public UpdateInfo? FindUpdate(string name) => Updates.LastOrDefault(update => update.Name == name);

    /// <summary>Number of the newest journal record; 0 if there is none.</summary>
    public long LastJournalSequence
    {
        get
        {
            lock (_gate)
            {
                return _state.Journal.LastSequence;
            }
        }
    }

    /// <summary>
    /// Replaces in bytes that were read at a guest-virtual address the address of each return stub by the return address that it
    /// stands for: a stack as the guest's code made it. What no stub was put into stays as it is.
    /// </summary>
    /// <param name="address">Where the bytes were read.</param>
    /// <param name="bytes">The bytes.</param>
    public void TrueBytes(ulong address, Span<byte> bytes)
    {
        lock (_gate)
        {
            _state.Stubs.Overlay(address, bytes);
        }
    }

    /// <summary>
    /// The other way, for bytes that a debugger is about to write at a virtual address of a stack: where a return stub stands, they become the return address that
    /// it stands for, and are replaced by the stub's, which stays. A part of a return address changes that part.
    /// </summary>
    /// <param name="address">Where they will be written.</param>
    /// <param name="bytes">The bytes; changed to what is to be written.</param>
    public void ReplaceTrueBytes(ulong address, Span<byte> bytes)
    {
        lock (_gate)
        {
            _state.Stubs.Replace(address, bytes);
        }
    }

    /// <summary>The return address that a value stands for if it is the address of a return stub that is out; else the value.</summary>
    public ulong TrueReturnAddress(ulong value)
    {
        lock (_gate)
        {
            return _state.Stubs.SeeThrough(value);
        }
    }

    /// <summary>
    /// Makes bytes that were read at a guest-physical address what a load there would find: a version of lazily transferred data that is out of date is told as its
    /// transfer would make it. Neither is it made, nor does anything else change. Call it with the guest stopped.
    /// </summary>
    /// <param name="physical">Where the bytes were read.</param>
    /// <param name="bytes">The bytes, all of one page.</param>
    public void UpToDateBytes(ulong physical, Span<byte> bytes)
    {
        lock (_gate)
        {
            _state.Guest.EnterCurrent();
            _state.Preview.Overlay(physical, bytes);
        }
    }

    /// <summary>The newest stores to versions of an update's data, oldest first, at most 4,096; none unless it is applied with the coherence ledger.</summary>
    public IReadOnlyList<LedgerEntry> Ledger(uint updateId)
    {
        lock (_gate)
        {
            return [.. _state.Book.All.FirstOrDefault(update => update.Id == updateId)?.Data?.Ledger?.Entries ?? []];
        }
    }

    /// <summary>
    /// Queues a request and raises the doorbell interrupt. Call it with the guest stopped, at a point of its time that can be repeated.
    /// </summary>
    /// <param name="kind">What is asked for.</param>
    /// <param name="name">The update to undo or cancel; for a package what the journal shall call it, or empty.</param>
    /// <param name="package">The package's bytes for check and apply; otherwise empty.</param>
    /// <param name="verifyCoherence">For apply: keep the coherence ledger of its data, and check every transfer.</param>
    /// <returns>The request. One that could not be queued has ended already, with the reason.</returns>
    public PendingRequest SubmitRequest(RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            ulong block = _state.Guest.Blocks;
            PendingRequest request = _state.Requests.Add(kind, name, package, block, verifyCoherence ? UpdateFlags.RequestFlagVerifyCoherence : 0);
            _state.Journal.Note(JournalEvents.Requested, block, name, detail: kind.ToString().ToLowerInvariant(), requestId: request.Id);
            if (request.Phase == RequestPhase.Queued)
            {
                _state.Guest.RingDoorbell();
            }

            return request;
        }
    }

    /// <summary>
    /// Takes a request back that the manager has not taken yet: it will never be handed over. Call it with the guest stopped, at a point of its time that can be
    /// repeated, as what the manager is told next depends on it.
    /// </summary>
    /// <param name="requestId">The request.</param>
    /// <returns>False if the manager works on it already, or it has been answered; then only the manager can cancel what it asked for.</returns>
    public bool Withdraw(ulong requestId)
    {
        lock (_gate)
        {
            if (_state.Requests.FindQueued(requestId) is not { } request)
            {
                return false;
            }

            _state.Requests.End(request, RequestPhase.Cancelled, new RequestResult(Refusal.Cancelled, 0, "withdrawn before the Update Manager took it"));
            _state.Journal.Note(JournalEvents.Cancelled, _state.Guest.Blocks, request.Name, requestId: request.Id);
            return true;
        }
    }

    /// <summary>Answers a hypercall. Never throws: what is wrong with it is a negative refusal code.</summary>
    /// <param name="call">The hypercall.</param>
    /// <returns>A value >= 0, or the negative code of a <see cref="Refusal"/>.</returns>
    public long Handle(HypercallArguments call)
    {
        lock (_gate)
        {
            try
            {
                return Dispatch(call);
            }
            catch (RefusedException e)
            {
                Record(e);
                return e.Refusal.ToResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _state.Journal.Note(JournalEvents.Internal, _state.Guest.Blocks, refusal: Refusal.Internal, detail: e.ToString());
                return Refusal.Internal.ToResult();
            }
        }
    }

    private void Record(RefusedException refused)
    {
        _state.LastRefusal = (refused.Refusal, refused.Detail);
        if (!refused.IsRecorded)
        {
            _state.Journal.Note(JournalEvents.Refused, _state.Guest.Blocks, refusal: refused.Refusal, detail: refused.Detail);
        }
    }

    private long Dispatch(HypercallArguments call)
    {
        if (call.Cpl != 0)
        {
            throw new RefusedException(Refusal.NotPrivileged, $"hypercall {call.Number} from ring {call.Cpl}");
        }

        if (call.Number > uint.MaxValue || !_handlers.TryGetValue((Hypercall)call.Number, out Func<HypercallArguments, long>? handler))
        {
            throw new RefusedException(Refusal.UnknownHypercall, $"hypercall {call.Number}");
        }

        if (!_state.IsRegistered && call.Number is not ((ulong)Hypercall.Version or (ulong)Hypercall.Register))
        {
            throw new RefusedException(Refusal.NotRegistered, $"hypercall {(Hypercall)call.Number} before REGISTER");
        }

        return handler(call);
    }

    private static Dictionary<Hypercall, Func<HypercallArguments, long>> MakeHandlers(ServerState state)
    {
        var manager = new ManagerCalls(state);
        var doorbell = new DoorbellCalls(state);
        var status = new StatusCalls(state);
        var data = new DataCalls(state);
        var events = new EventCalls(state);
        return new Dictionary<Hypercall, Func<HypercallArguments, long>>
        {
            [Hypercall.Version] = ManagerCalls.Version,
            [Hypercall.Register] = manager.Register,
            [Hypercall.Apply] = new ApplyCall(state).Apply,
            [Hypercall.Rollback] = new RollBackCall(state).RollBack,
            [Hypercall.Report] = status.Report,
            [Hypercall.Query] = status.Query,
            [Hypercall.DoorbellFetch] = doorbell.Fetch,
            [Hypercall.DoorbellPull] = doorbell.Pull,
            [Hypercall.DoorbellComplete] = doorbell.Complete,
            [Hypercall.Journal] = manager.Journal,
            [Hypercall.Released] = status.Released,
            [Hypercall.Events] = events.Events,
            [Hypercall.Born] = data.Born,
            [Hypercall.Died] = data.Died,
            [Hypercall.Retire] = data.Retire,
            [Hypercall.Complete] = data.Complete,
            [Hypercall.ReturnAddress] = events.ReturnAddress,
        };
    }

    private UpdateInfo Describe(LiveUpdate update) => new(
        update.Id,
        update.Name,
        update.Version,
        update.State,
        update.Refusal,
        update.Detail,
        [.. update.Functions.Select(function => function.Name)],
        update.Blockers,
        _state.Book.DepthOf(update),
        update.RequestId,
        update.AppliedAtBlock,
        update.ChangedAtBlock,
        update.ApplyPause,
        update.RollBackPause,
        update.MovedContexts,
        update.MemoryReleased,
        update.Drain.StubCount,
        DataInfo.Of(update));
}
