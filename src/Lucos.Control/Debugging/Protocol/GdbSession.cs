using System.Globalization;
using System.Text;
using Lucos.Control.Debugging.Targets;
using Lucos.Control.Guests;
using Lucos.Vmm.Cpu;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>
/// The debugger's side of a guest: answers packets, one after the other, and says when the guest has stopped for the debugger. Knows nothing of
/// connections and threads: all calls come from the thread that owns the guest, between two runs.
/// </summary>
internal sealed partial class GdbSession
{
    private const int TrapSignal = 5;
    private const int InterruptSignal = 2;
    private const int QuitSignal = 3;
    private const int AbortSignal = 6;

    private readonly IRunControl _control;
    private readonly MonitorCommands _monitor;
    private DebugTarget _target;
    private string _lastStop;
    private GuestStop? _end;
    private int _thread;
    private bool _isRunning;

    /// <summary>Begins a session with a guest that stands still.</summary>
    /// <param name="target">The machine.</param>
    /// <param name="control">Runs and holds it.</param>
    /// <param name="monitor">Answers <c>monitor</c>.</param>
    internal GdbSession(DebugTarget target, IRunControl control, MonitorCommands monitor)
    {
        _target = target;
        _control = control;
        _monitor = monitor;
        _thread = target.CurrentThread;
        _lastStop = StopText(TrapSignal, "", _thread);
    }

    /// <summary>Whether the debugger waits for the guest to stop.</summary>
    internal bool IsRunning => _isRunning;

    /// <summary>Whether packets are no longer acknowledged, from the answer on that is being given.</summary>
    internal bool IsWithoutAcknowledgements { get; private set; }

    /// <summary>Whether the debugger has detached or killed the guest, or the guest is gone.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Answers a packet.</summary>
    /// <param name="payload">Its payload.</param>
    /// <returns>The packets to be sent: none while the guest runs, one with an empty payload for a packet that is not known.</returns>
    internal IReadOnlyList<byte[]> Handle(ReadOnlySpan<byte> payload)
    {
        if (_isRunning || payload.IsEmpty)
        {
            // Only Ctrl-C may come while the guest runs: a debugger that sends more has lost count.
            return _isRunning ? [] : [[]];
        }

        var text = new PacketText(payload[1..]);
        return payload[0] switch
        {
            (byte)'q' or (byte)'Q' => Query(new PacketText(payload)),
            (byte)'v' => Resumption(new PacketText(payload)),
            (byte)'c' or (byte)'s' or (byte)'C' or (byte)'S' => OldResumption(payload[0], text),
            _ => Answer(Simple(payload[0], text)),
        };
    }

    /// <summary>Ctrl-C.</summary>
    /// <returns>The packets to be sent: none if the guest stands already.</returns>
    internal IReadOnlyList<byte[]> Interrupt()
    {
        if (!_isRunning)
        {
            return [];
        }

        return Stopped(InterruptSignal);
    }

    /// <summary>The guest left a slice early.</summary>
    /// <param name="stop">Why.</param>
    /// <returns>The packets to be sent: none if it is not the debugger's concern.</returns>
    internal IReadOnlyList<byte[]> OnStopped(GuestStop stop)
    {
        var watch = _target.TakeWatchHit();
        var stepped = _target.TakeStepped();
        if (!_isRunning)
        {
            // Somebody else held the guest when it ended: it is told about when the debugger lets it run.
            _end = stop.CanRunOn ? _end : stop;
            return [];
        }

        if (!stop.CanRunOn)
        {
            return Ended(stop);
        }

        if (watch is not null)
        {
            return Stopped(TrapSignal, WatchDetail(watch));
        }

        if (stop.Kind == GuestStopKind.Breakpoint && _target.BreakpointAt(_target.Machine.Current.Registers.Rip) is { } kind)
        {
            return Stopped(TrapSignal, kind == BreakpointKind.Software ? "swbreak:;" : "hwbreak:;");
        }

        return stepped is null ? [] : Stopped(TrapSignal, "", stepped);
    }

    /// <summary>The machine was built anew: what was set stays set.</summary>
    /// <param name="target">The new machine.</param>
    internal void OnRestarted(DebugTarget target)
    {
        target.TakeBreakpointsOf(_target);
        target.IsPhysical = _target.IsPhysical;
        _target = target;
        _end = null;
        _thread = target.CurrentThread;
        _lastStop = StopText(TrapSignal, "", _thread);
    }

    /// <summary>Takes away all that the debugger has set. The connection is gone, or about to be.</summary>
    internal void Release()
    {
        _isRunning = false;
        IsOver = true;
        if (_end is null)
        {
            _target.Release();
        }
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static IReadOnlyList<byte[]> Answer(string? text) => text is null ? [] : [Bytes(text)];

    private string? Simple(byte command, PacketText text)
    {
        switch (command)
        {
            case (byte)'?':
                return _lastStop;
            case (byte)'!':
                return "OK";
            case (byte)'g':
                return ReadRegisters();
            case (byte)'G':
                return WriteRegisters(text);
            case (byte)'p':
                return ReadRegister(text);
            case (byte)'P':
                return WriteRegister(text);
            case (byte)'m':
                return ReadMemory(text);
            case (byte)'M':
                return WriteMemory(text, isBinary: false);
            case (byte)'X':
                return WriteMemory(text, isBinary: true);
            case (byte)'Z':
                return SetPoint(text, isSet: true);
            case (byte)'z':
                return SetPoint(text, isSet: false);
            case (byte)'H':
                return SelectThread(text);
            case (byte)'T':
                return TryReadThread(ref text, out _) ? "OK" : "E01";
            case (byte)'D':
                return Detach();
            case (byte)'k':
                return Kill();
            case (byte)'r' or (byte)'R':
                _control.Restart();
                return command == 'r' ? "OK" : null;
            default:
                return "";
        }
    }

    private string SelectThread(PacketText text)
    {
        if (!text.TrySkip("g"u8) && !text.TrySkip("c"u8))
        {
            return "E01";
        }

        // 0 is any thread, -1 all of them.
        if (text.Rest.SequenceEqual("0"u8) || text.Rest.SequenceEqual("-1"u8))
        {
            return "OK";
        }

        if (!TryReadThread(ref text, out var thread))
        {
            return "E01";
        }

        _thread = thread;
        return "OK";
    }

    private bool TryReadThread(ref PacketText text, out int thread)
    {
        var isThread = text.TryReadNumber(out var number) && number >= 1 && number <= (ulong)_target.ThreadCount;
        thread = isThread ? (int)number : 0;
        return isThread;
    }

    private string Detach()
    {
        Release();
        _control.Resume();
        return "OK";
    }

    private string? Kill()
    {
        Release();
        _control.Quit();
        return null;
    }

    private static string StopText(int signal, string detail, int thread) =>
        string.Create(CultureInfo.InvariantCulture, $"T{signal:x2}{detail}thread:{thread:x};");

    private static string WatchDetail(Watchpoint? hit)
    {
        var name = hit?.Kind switch
        {
            WatchKind.Read => "rwatch",
            WatchKind.Access => "awatch",
            _ => "watch",
        };
        return hit is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{name}:{hit.Address:x};");
    }

    private List<byte[]> Stopped(int signal, string detail = "", int? thread = null)
    {
        _isRunning = false;
        _target.StepInRun(null);
        _thread = thread ?? _target.CurrentThread;
        _lastStop = StopText(signal, detail, _thread);
        _control.Hold();
        return [Bytes(_lastStop)];
    }

    private bool IsWaiting(int thread) => _target.Processor(thread).State != VcpuState.Running;
}
