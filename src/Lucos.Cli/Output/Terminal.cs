namespace Lucos.Cli.Output;

/// <summary>Where a command reads and writes, and what it may assume about it.</summary>
/// <param name="Out">Standard output: results only.</param>
/// <param name="Error">Standard error: progress, logs, complaints.</param>
/// <param name="OutIsTerminal">Whether a person looks at standard output.</param>
/// <param name="ErrorIsTerminal">Whether a person looks at standard error.</param>
/// <param name="Colors">Whether colours are welcome (<c>NO_COLOR</c> is not set).</param>
public sealed record Terminal(TextWriter Out, TextWriter Error, bool OutIsTerminal, bool ErrorIsTerminal, bool Colors)
{
    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(
        Console.Out,
        Console.Error,
        !Console.IsOutputRedirected,
        !Console.IsErrorRedirected,
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    /// <summary>Whether what was written can be drawn over: a person looks, at a terminal that moves its cursor.</summary>
    public bool CanRedraw => OutIsTerminal && MovesCursor;

    /// <summary>The same of standard error.</summary>
    public bool CanRedrawError => ErrorIsTerminal && MovesCursor;

    private static bool MovesCursor => Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Columns and lines of the terminal now; a usual size where it doesn't tell.</summary>
    public static (int Width, int Height) Size()
    {
        try
        {
            return (Console.WindowWidth > 0 ? Console.WindowWidth : 80, Console.WindowHeight > 1 ? Console.WindowHeight : 24);
        }
        catch (IOException)
        {
            return (80, 24);
        }
    }

    /// <summary>
    /// Has the terminal's keys send what they sent before: the runtime has cursor keys and keypad send other codes as soon as a program uses a
    /// console that is a terminal, and leaves them so.
    /// </summary>
    public void Leave()
    {
        if (CanRedraw && !Console.IsInputRedirected)
        {
            Out.Write("\u001b[?1l\u001b>");
            Out.Flush();
        }
    }

    /// <summary>Tells a person at the terminal what is being done; says nothing to a file or a pipe.</summary>
    /// <param name="what">What is being done.</param>
    public void Progress(string what)
    {
        if (ErrorIsTerminal)
        {
            Error.WriteLine(Colors ? $"\u001b[2m{what}\u001b[0m" : what);
        }
    }
}
