using System.Collections.Concurrent;
using Lucos.Abi;
using Lucos.Control.Results;
using Lucos.UpdateServer.Journal;

namespace Lucos.Control.Guests;

/// <summary>
/// Owns a guest on a thread of its own. Others hand it operations, which it does between two slices, when the guest stands at
/// an instruction boundary: nobody else ever touches the guest.
/// </summary>
public sealed class GuestHost : IDisposable
{
    /// <summary>Guest blocks between two looks at the queue: a few milliseconds.</summary>
    public const ulong Slice = 100_000;

    /// <summary>Guest blocks between two looks at the queue at the least, however many ask: nobody can keep a guest from running that has something to do.</summary>
    public const ulong ShortestSlice = 10_000;

    private readonly Func<IGuest>? _make;
    private volatile IGuest _guest;
    private GuestStop _stop = new(GuestStopKind.Requested);
    private readonly ConcurrentQueue<Action<IGuest>> _operations = new();
    private readonly List<PendingRequest> _requests = [];
    private readonly TaskCompletionSource<GuestStop> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _attention = new();
    private readonly IdlePacer _pacer = new();
    private volatile bool _leaving;
    private volatile bool _ending;
    private volatile SortedSet<string> _holders = new(StringComparer.Ordinal);
    private long _published;

    /// <summary>Takes a guest over.</summary>
    /// <param name="guest">The guest; <see cref="Dispose"/> disposes of it.</param>
    public GuestHost(IGuest guest)
    {
        _guest = guest;
        _guest.ConsoleOutput += OnConsoleOutput;
        _thread = new Thread(Drive) { Name = "guest", IsBackground = true };
    }

    /// <summary>Makes a guest, and can make it anew.</summary>
    /// <param name="make">Makes a guest that has not run yet.</param>
    public GuestHost(Func<IGuest> make)
        : this(make()) => _make = make;

    /// <summary>Console output, on the guest's thread.</summary>
    public event Action<ReadOnlyMemory<byte>>? ConsoleOutput;

    /// <summary>A new journal record, on the guest's thread.</summary>
    public event Action<JournalRecord>? Journal;

    /// <summary>
    /// The guest left a slice early, on the guest's thread: a stop at a breakpoint, or its end. <see cref="PauseAsync"/> called in here takes
    /// effect before the guest runs on, and keeps one that has ended to be looked at until it is resumed.
    /// </summary>
    public event Action<GuestStop>? Stopped;

    /// <summary>The guest was made anew, on the guest's thread: it has not run yet.</summary>
    public event Action<IGuest>? Restarted;

    /// <summary>Who holds the guest still now, in order of their names; it runs while there is nobody.</summary>
    public IReadOnlySet<string> Holders => _holders;

    /// <summary>Ends when the guest does: how; a panic is a death with a report. A failure of the monitor itself is its exception.</summary>
    public Task<GuestStop> Ended => _ended.Task;

    /// <summary>Starts the guest's thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Does something with the guest between two slices.</summary>
    /// <param name="operation">What is done, on the guest's thread.</param>
    public Task<T> InvokeAsync<T>(Func<IGuest, T> operation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _operations.Enqueue(guest =>
        {
            try
            {
                done.SetResult(operation(guest));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        });
        Alert();
        return OrEnded(done.Task);
    }

    /// <summary>
    /// Holds the guest still, at an instruction boundary, until the same holder resumes it. Several may hold it, each under a name of its own;
    /// holding it twice under one name is holding it once. Operations are still done; what needs the guest to run waits.
    /// </summary>
    /// <param name="holder">Who holds it, for example <c>operator</c> or <c>debugger</c>.</param>
    /// <returns>Ends when the guest stands still.</returns>
    public Task PauseAsync(string holder) => InvokeAsync(_ =>
    {
        _holders = new SortedSet<string>(_holders.Append(holder), StringComparer.Ordinal);
        return true;
    });

    /// <summary>Lets go of the guest; letting go without holding it is no error.</summary>
    /// <param name="holder">Who held it.</param>
    /// <returns>Who holds it still: nobody when it runs on.</returns>
    public Task<IReadOnlySet<string>> ResumeAsync(string holder) => InvokeAsync<IReadOnlySet<string>>(_ =>
        _holders = new SortedSet<string>(_holders.Where(h => h != holder), StringComparer.Ordinal));

    /// <summary>Makes the guest anew, as it was at its start; whoever waits for the old one is told that it was reset. Holders hold the new one.</summary>
    /// <exception cref="LucosException">It can't be made anew, or its files can't be booted any longer; the old guest is still there.</exception>
    public Task RestartAsync() => InvokeAsync(_ =>
    {
        var next = _make?.Invoke() ?? throw new LucosException(ExitCode.Refused, "reset-not-possible", "this guest was not started from files: it can't be booted again");
        _guest.Dispose();
        _guest = next;
        _guest.ConsoleOutput += OnConsoleOutput;
        _requests.ForEach(r => r.Answer.SetException(new GuestEndedException(new GuestStop(GuestStopKind.Reset))));
        _requests.Clear();
        _published = 0;
        _stop = new GuestStop(GuestStopKind.Requested);
        Restarted?.Invoke(next);
        return true;
    });

    /// <summary>Types on the console.</summary>
    /// <param name="bytes">What is typed.</param>
    public Task TypeAsync(ReadOnlyMemory<byte> bytes) => InvokeAsync(guest =>
    {
        guest.Type(bytes.Span);
        return true;
    });

    /// <summary>Hands a request to the Update Manager and waits for its answer.</summary>
    /// <param name="kind">What is asked.</param>
    /// <param name="name">Name of the update or package.</param>
    /// <param name="package">The package, or empty.</param>
    /// <param name="verifyCoherence">For apply: keep the coherence ledger of its data, and check every transfer.</param>
    /// <param name="submitted">Gets the request's number, by which it can be withdrawn, before the answer is waited for.</param>
    public async Task<RequestAnswer> AskAsync(
        RequestKind kind, string name, ReadOnlyMemory<byte> package, bool verifyCoherence = false, Func<ulong, Task>? submitted = null)
    {
        var answer = new TaskCompletionSource<RequestAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = await InvokeAsync(guest =>
        {
            var number = guest.Submit(kind, name, package, verifyCoherence);
            _requests.Add(new PendingRequest(number, answer));
            return number;
        }).ConfigureAwait(false);
        if (submitted is not null)
        {
            await submitted(request).ConfigureAwait(false);
        }

        return await OrEnded(answer.Task).ConfigureAwait(false);
    }

    /// <summary>
    /// Types on the console, unless the guest has not taken what was typed before: a guest with interrupts off must not have the monitor
    /// keep whatever is piped in.
    /// </summary>
    /// <param name="bytes">What is typed.</param>
    /// <param name="limit">Most bytes that may wait for the guest.</param>
    /// <returns>Whether it was typed.</returns>
    public Task<bool> TryTypeAsync(ReadOnlyMemory<byte> bytes, int limit) => InvokeAsync(guest =>
    {
        if (guest.PendingInput + bytes.Length > limit)
        {
            return false;
        }

        guest.Type(bytes.Span);
        return true;
    });

    /// <summary>Ends the guest where it stands, paused or not; <see cref="Ended"/> says so. Returns at once.</summary>
    public void RequestEnd()
    {
        _ending = true;
        Alert();
    }

    /// <summary>Stops the guest's thread and waits for it.</summary>
    public void Dispose()
    {
        if (_leaving)
        {
            return;
        }

        _leaving = true;
        Alert();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _guest.Dispose();
        _attention.Dispose();
    }

    private void OnConsoleOutput(ReadOnlyMemory<byte> bytes) => ConsoleOutput?.Invoke(bytes);

    private void Alert()
    {
        _attention.Set();
        _guest.RequestStop();
    }

    private async Task<T> OrEnded<T>(Task<T> task)
    {
        if (await Task.WhenAny(task, _ended.Task).ConfigureAwait(false) == task || task.IsCompleted)
        {
            return await task.ConfigureAwait(false);
        }

        throw new GuestEndedException(await _ended.Task.ConfigureAwait(false));
    }

    private void Drive()
    {
        try
        {
            _ended.SetResult(RunToEnd());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _ended.SetException(e);
        }
    }

    private GuestStop RunToEnd()
    {
        while (true)
        {
            // Before the questions below, so that no alert gets lost between them and a wait.
            _attention.Reset();
            DoOperations();
            Publish();
            if (_leaving || _ending)
            {
                return _stop;
            }

            if (_holders.Count > 0)
            {
                _attention.Wait();
            }
            else if (_stop.CanRunOn)
            {
                _stop = RunSlice();
            }
            else
            {
                return _stop;
            }
        }
    }

    /// <summary>Only those that are there now: others may come as fast as these are done.</summary>
    private void DoOperations()
    {
        for (var left = _operations.Count; left > 0 && _operations.TryDequeue(out var operation); left--)
        {
            operation(_guest);
        }
    }

    private GuestStop RunSlice()
    {
        var start = _guest.Blocks;
        var slice = _requests.Count > 0 ? Slice : _pacer.Slice;
        var shortest = Math.Min(slice, ShortestSlice);
        var stop = _guest.Run(slice);
        while (stop.Kind == GuestStopKind.Requested && _guest.Blocks - start < shortest && !_leaving && !_ending)
        {
            stop = _guest.Run(shortest - (_guest.Blocks - start));
        }

        Publish();
        if (stop.IsPanic)
        {
            stop = new GuestStop(GuestStopKind.Died, stop.Value, $"the kernel panicked; its console says why\n{_guest.DescribeProcessor()}");
        }

        if (stop.Kind != GuestStopKind.Limit)
        {
            Stopped?.Invoke(stop);
        }

        Pace();
        return stop;
    }

    /// <summary>An idle guest's clock goes as the host's does: as fast as the host can, nobody could type before its timeouts. Where an answer is awaited it need not wait.</summary>
    private void Pace()
    {
        var ahead = _pacer.Ahead(_guest.VirtualNanoseconds, _guest.IdlePeriods);
        if (ahead > TimeSpan.FromMilliseconds(1) && _requests.Count == 0)
        {
            _attention.Wait(ahead);
        }
    }

    /// <summary>Tells answers and journal records. A guest that is held has them too: a request may be refused, or withdrawn, without its doing.</summary>
    private void Publish()
    {
        _requests.RemoveAll(r => r.TryComplete(_guest));
        if (_guest.LastJournalSequence == _published)
        {
            return;
        }

        foreach (var record in _guest.History.Where(r => r.Sequence > _published))
        {
            _published = record.Sequence;
            Journal?.Invoke(record);
        }
    }

    private sealed record PendingRequest(ulong Id, TaskCompletionSource<RequestAnswer> Answer)
    {
        public bool TryComplete(IGuest guest)
        {
            var answer = guest.AnswerTo(Id);
            if (answer is not null)
            {
                Answer.SetResult(answer);
            }

            return answer is not null;
        }
    }
}
