using System.Text;

namespace Lucos.Bench.Machines;

/// <summary>
/// Reads a guest's console and notes when <c>kbench</c>'s two lines came, by the host's clock. The guest's own clocks say nothing about
/// the host: on Lucos time is virtual.
/// </summary>
/// <param name="clock">The clock: of the thread or the process that does the guest's work.</param>
public sealed class ConsoleScanner(Func<TimeSpan> clock)
{
    private const string BeginMark = "kbench-begin ";
    private const string EndMark = "kbench-end ";
    private const string Success = "status=0";
    private const string PromptStart = "lucos:/";
    private const int LinesKept = 40;
    private readonly StringBuilder _line = new();
    private readonly Queue<string> _lines = [];
    private TimeSpan? _begun;
    private TimeSpan? _ended;

    /// <summary>Whether the shell's prompt is the last thing on the console.</summary>
    public bool AtPrompt { get; private set; }

    /// <summary>Whether <c>kbench</c> has announced its work since <see cref="Forget"/>.</summary>
    public bool HasBegun => _begun is not null;

    /// <summary>Whether <c>kbench</c> has told that its work was done without a failure.</summary>
    public bool HasSucceeded { get; private set; }

    /// <summary>From the one line's arrival to the other's.</summary>
    public TimeSpan Between => (_ended - _begun) ?? TimeSpan.Zero;

    /// <summary>Raised at each of the two lines, with whether it is the first.</summary>
    public event Action<bool>? Marked;

    /// <summary>The last lines, for messages.</summary>
    public string Tail => string.Join('\n', _lines.Append(_line.ToString()));

    /// <summary>Before a command is typed.</summary>
    public void Forget()
    {
        (_begun, _ended, HasSucceeded, AtPrompt) = (null, null, false, false);
        _lines.Clear();
    }

    /// <summary>Takes what came now.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value == '\n')
            {
                EndLine();
            }
            else if (value != '\r')
            {
                _line.Append((char)value);
                AtPrompt = value == ' ' && IsPrompt();
            }
        }
    }

    private void EndLine()
    {
        string line = _line.ToString();
        _line.Clear();
        AtPrompt = false;
        Keep(line);
        if (line.StartsWith(BeginMark, StringComparison.Ordinal))
        {
            _begun = clock();
            Marked?.Invoke(true);
        }
        else if (line.StartsWith(EndMark, StringComparison.Ordinal))
        {
            _ended = clock();
            HasSucceeded = line.EndsWith(Success, StringComparison.Ordinal);
            Marked?.Invoke(false);
        }
    }

    private void Keep(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept)
        {
            _lines.Dequeue();
        }
    }

    private bool IsPrompt() => _line.Length < 80 && _line.ToString() is var line && line.StartsWith(PromptStart, StringComparison.Ordinal) && line.EndsWith("$ ", StringComparison.Ordinal);
}
