using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Lucos.Control.Guests;

/// <summary>
/// Drives a guest through its console: waits are bounded in guest blocks, never in host time, so the same scenario runs the
/// same way on any host.
/// </summary>
public sealed partial class GuestSession : IDisposable
{
    /// <summary>Blocks between two looks at conditions that don't announce themselves.</summary>
    public const ulong Slice = 100_000;

    private readonly IGuest _guest;
    private Func<bool>? _awaited;
    private byte? _awaitedByte;

    /// <summary>Takes a guest over.</summary>
    /// <param name="guest">The guest; the caller disposes of it.</param>
    public GuestSession(IGuest guest)
    {
        _guest = guest;
        _guest.ConsoleOutput += OnOutput;
    }

    /// <summary>The guest.</summary>
    public IGuest Guest => _guest;

    /// <summary>Everything on the console since this session began.</summary>
    public ConsoleLog Console { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => _guest.ConsoleOutput -= OnOutput;

    /// <summary>Lets the guest run until the shell prompts.</summary>
    /// <param name="budget">Blocks allowed.</param>
    public void AwaitPrompt(ulong budget) => AwaitPromptBehind(0, null, budget);

    /// <summary>Lets the guest run until a condition holds, which is looked at after console output and every <see cref="Slice"/>.</summary>
    /// <param name="what">What is awaited, for the message if it doesn't happen.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="budget">Blocks allowed.</param>
    /// <param name="lastByte">If given, output is looked at only when it ends in this byte: a condition on long output stays cheap.</param>
    public void Await(string what, Func<bool> condition, ulong budget, byte? lastByte = null)
    {
        var deadline = _guest.Blocks + budget;
        _awaited = condition;
        _awaitedByte = lastByte;
        try
        {
            while (!condition())
            {
                var left = deadline > _guest.Blocks ? deadline - _guest.Blocks : throw new BudgetExceededException(what, budget);
                RunOn(Math.Min(left, Slice));
            }
        }
        finally
        {
            _awaited = null;
        }
    }

    /// <summary>Runs the guest for some blocks; a guest that ends throws <see cref="GuestEndedException"/>.</summary>
    /// <param name="blocks">At most so many.</param>
    public GuestStop RunOn(ulong blocks)
    {
        var stop = _guest.Run(blocks);
        return stop.CanRunOn ? stop : throw new GuestEndedException(stop);
    }

    /// <summary>Lets the guest run for exactly so many blocks.</summary>
    /// <param name="blocks">How many.</param>
    public void RunBlocks(ulong blocks)
    {
        var end = _guest.Blocks + blocks;
        while (_guest.Blocks < end)
        {
            RunOn(end - _guest.Blocks);
        }
    }

    /// <summary>Types text.</summary>
    /// <param name="text">The text.</param>
    public void Type(string text) => _guest.Type(Encoding.UTF8.GetBytes(text));

    /// <summary>Runs a command in the shell, which must be at its prompt.</summary>
    /// <param name="command">The command.</param>
    /// <param name="budget">Blocks allowed.</param>
    public CommandResult Run(string command, ulong budget)
    {
        var pending = Begin(command);
        return Finish(pending, budget);
    }

    /// <summary>Types a command without waiting for it.</summary>
    /// <param name="command">The command.</param>
    public PendingCommand Begin(string command)
    {
        var pending = new PendingCommand(command, Console.End);
        Type(command + "\n");
        return pending;
    }

    /// <summary>Waits for a command's prompt and asks the shell for its exit status.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="budget">Blocks allowed.</param>
    public CommandResult Finish(PendingCommand pending, ulong budget)
    {
        var output = AwaitPromptBehind(pending.Mark, pending.Command, budget);
        var ask = Begin("echo status=$?");
        var answer = AwaitPromptBehind(ask.Mark, ask.Command, budget);
        var status = StatusLine().Match(answer);
        return status.Success
            ? new CommandResult(int.Parse(status.Groups[1].Value, CultureInfo.InvariantCulture), output)
            : throw new InvalidDataException($"the guest's shell didn't tell the exit status of '{pending.Command}': '{answer}'");
    }

    [GeneratedRegex(@"lucos:/[^\n$]*\$ ")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"\bstatus=([0-9]{1,3})\b")]
    private static partial Regex StatusLine();

    /// <summary>Waits for a prompt behind the echo of a command, if there is one; returns what stands between them.</summary>
    private string AwaitPromptBehind(long mark, string? command, ulong budget)
    {
        var result = "";
        Await("the shell's prompt", () => TryFindPrompt(mark, command, out result), budget, (byte)' ');
        return result;
    }

    private bool TryFindPrompt(long mark, string? command, out string before)
    {
        before = "";
        var text = Console.Since(mark);
        var begin = command is null ? 0 : EndOfEcho(text, command);
        if (begin < 0)
        {
            return false;
        }

        text = text[begin..];
        foreach (var prompt in Prompt().EnumerateMatches(text))
        {
            before = text[..prompt.Index].ToString();
            return true;
        }

        return false;
    }

    /// <summary>
    /// Where the output begins: behind the first line that is the command, since a background job's lines may come before the echo. Where such a
    /// job's half line made another one of it, behind the first line.
    /// </summary>
    private static int EndOfEcho(ReadOnlySpan<char> text, string command)
    {
        if (text.StartsWith($"{command}\n", StringComparison.Ordinal))
        {
            return command.Length + 1;
        }

        var echo = text.IndexOf($"\n{command}\n", StringComparison.Ordinal);
        var line = text.IndexOf('\n');
        return echo >= 0 ? echo + command.Length + 2 : line >= 0 ? line + 1 : -1;
    }

    private void OnOutput(ReadOnlyMemory<byte> bytes)
    {
        Console.Append(bytes.Span);
        if (_awaited is not null && (_awaitedByte is null || bytes.Span[^1] == _awaitedByte) && _awaited())
        {
            _guest.RequestStop();
        }
    }
}
