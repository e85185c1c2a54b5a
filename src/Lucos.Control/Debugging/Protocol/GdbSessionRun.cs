using System.Globalization;
using Lucos.Control.Guests;

namespace Lucos.Control.Debugging.Protocol;

/// <summary>Continuing, stepping, and the guest's end.</summary>
internal sealed partial class GdbSession
{
    private IReadOnlyList<byte[]> Resumption(PacketText text)
    {
        if (text.TrySkip("vCont?"u8))
        {
            return Answer("vCont;c;C;s;S");
        }

        if (text.TrySkip("vKill"u8))
        {
            Kill();
            return Answer("OK");
        }

        return text.TrySkip("vCont"u8) ? Continue(text) : Answer("");
    }

    /// <summary>
    /// A step of one thread is just that: the others stand still meanwhile, whatever is asked for them, which is one of the orders in which they
    /// may run.
    /// </summary>
    private IReadOnlyList<byte[]> Continue(PacketText text)
    {
        var isStep = false;
        var stepped = _thread;
        var isContinue = false;
        while (text.TrySkip(";"u8))
        {
            if (!TryReadAction(ref text, out var step, out var thread))
            {
                return Answer("E01");
            }

            if (step && !isStep)
            {
                isStep = true;
                stepped = thread ?? _thread;
            }

            isContinue |= !step;
        }

        return !text.IsAtEnd || (!isStep && !isContinue) ? Answer("E01")
            : isStep ? Step(stepped)
            : Go();
    }

    private bool TryReadAction(ref PacketText text, out bool isStep, out int? thread)
    {
        isStep = false;
        thread = null;
        if (text.TrySkip("s"u8))
        {
            isStep = true;
        }
        else if (text.TrySkip("S"u8))
        {
            isStep = true;
            if (!text.TryReadNumber(out _))
            {
                return false;
            }
        }
        else if (!text.TrySkip("c"u8) && !(text.TrySkip("C"u8) && text.TryReadNumber(out _)))
        {
            return false;
        }

        if (!text.TrySkip(":"u8) || text.TrySkip("-1"u8))
        {
            return true;
        }

        if (!TryReadThread(ref text, out var number))
        {
            return false;
        }

        thread = number;
        return true;
    }

    /// <summary><c>c</c>, <c>s</c>, and with a signal <c>C</c>, <c>S</c>; each may have an address to go on at.</summary>
    private string? OldResumption(byte command, PacketText text)
    {
        if (command is (byte)'C' or (byte)'S' && (!text.TryReadNumber(out _) || (!text.IsAtEnd && !text.TrySkip(";"u8))))
        {
            return "E01";
        }

        if (!text.IsAtEnd)
        {
            if (!text.TryReadNumber(out var address) || !text.IsAtEnd)
            {
                return "E01";
            }

            var registers = _target.Registers(_thread);
            registers.General.Rip = address;
            registers.Store();
        }

        var answer = command is (byte)'s' or (byte)'S' ? Step(_thread) : Go();
        return answer.Count == 0 ? null : System.Text.Encoding.ASCII.GetString(answer[0]);
    }

    private IReadOnlyList<byte[]> Go()
    {
        if (_end is { } end)
        {
            return Exit(end);
        }

        _isRunning = true;
        _control.Resume();
        return [];
    }

    private IReadOnlyList<byte[]> Step(int thread)
    {
        if (_end is not null)
        {
            return Go();
        }

        if (IsWaiting(thread))
        {
            // It has no next instruction before an interrupt wakes it; all run on until then, as processors do.
            _target.AwaitWake(thread);
            return Go();
        }

        var stop = _target.Step(thread);
        var watch = _target.TakeWatchHit();
        _isRunning = true;
        return VmmGuest.EndOf(stop) is { } end ? Ended(end) : Stopped(TrapSignal, WatchDetail(watch), thread);
    }

    /// <summary>A guest that powered itself off is gone; any other end is a stop at which it can still be looked at.</summary>
    private IReadOnlyList<byte[]> Ended(GuestStop stop)
    {
        _end = stop;
        if (stop.Kind == GuestStopKind.PoweredOff)
        {
            return Exit(stop);
        }

        var (signal, what) = stop.Kind == GuestStopKind.Reset
            ? (QuitSignal, "the guest asked for a reset: 'monitor reset' boots it again, 'continue' ends it")
            : (AbortSignal, $"the guest died: {stop.Report.TrimEnd()}");
        return [.. MonitorText($"lucos: {what}\n"), .. Stopped(signal)];
    }

    private IReadOnlyList<byte[]> Exit(GuestStop stop)
    {
        _isRunning = false;
        IsOver = true;
        _control.Resume();
        return Answer(stop.Kind switch
        {
            GuestStopKind.PoweredOff => string.Create(CultureInfo.InvariantCulture, $"W{(byte)stop.Value:x2}"),
            GuestStopKind.Reset => string.Create(CultureInfo.InvariantCulture, $"X{QuitSignal:x2}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"X{AbortSignal:x2}"),
        });
    }
}
