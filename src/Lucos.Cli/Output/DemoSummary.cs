using System.Globalization;
using Lucos.Control.Demo;
using Spectre.Console;

namespace Lucos.Cli.Output;

/// <summary>The demo's report for people.</summary>
internal static class DemoSummary
{
    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, DemoReport report, TimeSpan took)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.OutIsTerminal && terminal.Colors ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.OutIsTerminal && terminal.Colors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(terminal.Out),
        });
        if (!terminal.OutIsTerminal)
        {
            console.Profile.Width = 120;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("step", "outcome", "what was seen");
        foreach (var step in report.Steps)
        {
            table.AddRow(step.Name, step.Outcome, Markup.Escape(Seen(step)));
        }

        console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"load: {report.Load.Requests} requests, {report.Load.Lost} lost, {report.Load.Corrupted} corrupted; {report.Load.PipeBytes} bytes through pipes, {report.Load.PipeErrors} wrong"));
        console.WriteLine($"kernel text and read-only data after the undo: {(report.MemoryIdenticalAfterUndo ? "every byte as before the update" : "NOT as before the update")}");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(report.Succeeded ? "the demo came out as it should" : "the demo did NOT come out as it should")}, in {took.TotalSeconds:f1} s"));
    }

    private static string Seen(DemoStep step) => step.PauseMicroseconds is { } pause
        ? string.Create(CultureInfo.InvariantCulture, $"{step.Detail}; the guest stood still for {pause:f0} us, {step.PauseGuestBlocks} blocks")
        : step.Detail;
}
