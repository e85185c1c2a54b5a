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
    /// <c>s:N</c> with a <c>c</c> for the others steps within the run, which goes on exactly as without a debugger. Without one the others must
    /// stand still, as when gdb steps over a breakpoint that it took away meanwhile.
    /// </summary>
    private IReadOnlyList<byte[]> Continue(PacketText text)
    {
        int? stepped = null;
        var othersRun = false;
        while (text.TrySkip(";"u8))
        {
            if (!TryReadAction(ref text, out var step, out var thread))
            {
                return Answer(BadArgument);
            }

            stepped = step ? stepped ?? thread ?? _thread : stepped;
            othersRun |= !step;
        }

        return !text.IsAtEnd || (stepped is null && !othersRun) ? Answer(BadArgument)
            : stepped is { } number && !othersRun && !IsWaiting(number) ? StepAlone(number)
            : Go(stepped);
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
    private IReadOnlyList<byte[]> OldResumption(byte command, PacketText text)
    {
        if (command is (byte)'C' or (byte)'S' && (!text.TryReadNumber(out _) || (!text.IsAtEnd && !text.TrySkip(";"u8))))
        {
            return Answer(BadArgument);
        }

        if (!text.IsAtEnd)
        {
            if (!text.TryReadNumber(out var address) || !text.IsAtEnd)
            {
                return Answer(BadArgument);
            }

            var registers = _target.Registers(_thread);
            registers.General.Rip = address;
            registers.Store();
        }

        return Go(command is (byte)'s' or (byte)'S' ? _thread : null);
    }

    private IReadOnlyList<byte[]> Go(int? stepped)
    {
        if (_end is { } end)
        {
            return Exit(end);
        }

        _target.StepInRun(stepped);
        _isRunning = true;
        _control.Resume();
        return [];
    }

    private IReadOnlyList<byte[]> StepAlone(int thread)
    {
        if (_end is { } end)
        {
            return Exit(end);
        }

        var stop = _target.StepAlone(thread);
        var watch = _target.TakeWatchHit();
        return VmmGuest.EndOf(stop) is { } ended ? Ended(ended) : Stopped(TrapSignal, WatchDetail(watch), thread);
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
