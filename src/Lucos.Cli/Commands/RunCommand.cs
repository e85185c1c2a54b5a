using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Cli.Consoles;
using Lucos.Cli.Hosting;
using Lucos.Cli.Output;
using Lucos.Control.Debugging;
using Lucos.Control.Guests;
using Lucos.Control.Recording;
using Lucos.Control.Results;
using Lucos.Control.Sockets;
using Lucos.UpdateServer.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos run</c>.</summary>
internal sealed class RunCommand : LucosCommand
{
    private readonly GuestOptions _guest = new();
    private readonly Option<string> _name = new("--name") { Description = "Name by which other commands find the guest", HelpName = "S", DefaultValueFactory = _ => "guest" };
    private readonly Option<int> _memory = GuestOptions.Memory();
    private readonly Option<string?> _append = new("--append") { Description = "Added to the kernel's command line", HelpName = "TEXT" };
    private readonly Option<string?> _record = new("--record") { Description = "Write all that enters the guest to this file, for lucos replay", HelpName = "F" };
    private readonly Option<bool> _exact = RecordOption.Exact();
    private readonly Option<string?> _restore = new("--restore") { Description = "Go on from a snapshot that lucos guest snapshot wrote, instead of booting", HelpName = "F" };
    private readonly Option<string?> _gdb = new("--gdb") { Description = "Let gdb attach at [HOST:]PORT; on this machine only unless a host is named, port 0 has one chosen", HelpName = "ADDR" };
    private readonly Option<bool> _gdbWait = new("--gdb-wait") { Description = "Don't start before gdb lets the guest run: it stands at the kernel's first instruction" };
    private readonly Terminal _terminal;

    /// <summary>Makes the command.</summary>
    public RunCommand(Terminal terminal)
        : base("run", "Boot a guest: its console is here (Ctrl-A x ends), its control socket serves the other commands", "lucos run", "lucos run --name first --memory 128M --cpus 4 --seed 7", "lucos run --record run.record", "lucos run --record run.record --record-exact", "lucos run --restore first.snapshot", "lucos run --gdb 1234 --gdb-wait", "echo poweroff | lucos run")
    {
        _terminal = terminal;
        _guest.AddTo(this);
        Add(_name);
        Add(_memory);
        Add(_append);
        Add(_record);
        Add(_exact);
        Add(_restore);
        Add(_gdb);
        Add(_gdbWait);
        Does(terminal, RunAsync);
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, ResultWriter writer, CancellationToken cancel)
    {
        var gdb = DebuggerAddress(parsed);
        var makeHost = parsed.GetValue(_restore) is { } snapshot ? Restoring(parsed, snapshot) : Booting(parsed);

        var socket = new ControlServerOptions(SocketPath.Of(parsed.GetValue(_name)!));
        using var host = LucosHost.Build(_terminal, parsed.GetValue(CommonOptions.Verbose), services => services
            .AddSingleton(socket)
            .AddSingleton<LogJournal>()
            .AddSingleton(p => makeHost(p.GetRequiredService<LogJournal>()))
            .AddSingleton<ControlServer>()
            .AddHostedService(p => p.GetRequiredService<ControlServer>())
            .AddDebugger(gdb));
        var guest = host.Services.GetRequiredService<GuestHost>();
        await host.StartAsync(cancel).ConfigureAwait(false);
        await host.Services.GetRequiredService<ControlServer>().Listening.ConfigureAwait(false);
        var debugger = gdb is null ? null : await host.Services.GetRequiredService<GdbServer>().Listening.ConfigureAwait(false);
        writer.Record("started", new JsonObject { ["socket"] = socket.Path, ["gdb"] = debugger?.ToString() });
        _terminal.Progress($"control socket {socket.Path}; Ctrl-A x ends");
        if (debugger is not null)
        {
            // Not progress: without it nobody could attach where the port was chosen.
            await _terminal.Error.WriteLineAsync($"gdb {_guest.Files(parsed).Kernel} -ex 'target remote {debugger}'").ConfigureAwait(false);
        }

        try
        {
            return await AttachAsync(guest, writer, parsed.GetValue(_restore) is not null, parsed.GetValue(_gdbWait), cancel).ConfigureAwait(false);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Func<IJournal, GuestHost> Booting(ParseResult parsed)
    {
        var starter = new VmmGuestStarter(_guest.Files(parsed));
        var settings = new GuestSettings
        {
            Seed = parsed.GetValue(_guest.Seed) ?? 1,
            MemoryMiB = parsed.GetValue(_memory),
            Cpus = parsed.GetValue(_guest.Cpus) ?? 1,
            Append = parsed.GetValue(_append) ?? "",
        };
        if (RecordOption.Read(parsed, _record, _exact) is not { } record)
        {
            return journal => new GuestHost(() => starter.Start(settings, journal));
        }

        OutputFile.RequireFolder(record);
        return journal => new GuestHost(starter.StartRecorded(settings, journal, OutputFile.Create(record), new RecordOptions(IsExact: parsed.GetValue(_exact))));
    }

    private GdbServerOptions? DebuggerAddress(ParseResult parsed)
    {
        if (parsed.GetValue(_gdb) is not { } address)
        {
            return parsed.GetValue(_gdbWait)
                ? throw new LucosException(ExitCode.Usage, "no-gdb-address", "--gdb-wait waits for a debugger: say by --gdb where it can attach")
                : null;
        }

        return parsed.GetValue(_record) is null
            ? new GdbServerOptions(GdbAddress.Parse(address))
            : throw new LucosException(ExitCode.Usage, "gdb-not-recorded", "--gdb and --record don't go together: what a debugger changes is no input that a record holds");
    }

    /// <summary>What a snapshot has settled can't be said differently.</summary>
    private Func<IJournal, GuestHost> Restoring(ParseResult parsed, string file)
    {
        foreach (var option in new Option[] { _guest.Initrd, _append, _record, _exact })
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw Conflict(option, "a snapshot has booted already; leave it out");
            }
        }

        InputFile.Open(file).Dispose();
        var restorer = new GuestRestorer(file, parsed.GetValue(_guest.Kernel));
        var options = restorer.Description.Options;
        RequireSame(parsed, _guest.Seed, options.Seed, "seed");
        RequireSame(parsed, _guest.Cpus, options.CpuCount, "processors");
        RequireSame(parsed, _memory, (int)(options.MemoryBytes >> 20), "MiB of memory");
        return journal => new GuestHost(() => restorer.Restore(journal));
    }

    private static void RequireSame<T>(ParseResult parsed, Option<T> option, object snapshot, string what)
    {
        if (parsed.GetResult(option) is { Implicit: false } && !Equals(parsed.GetValue(option), snapshot))
        {
            throw Conflict(option, string.Create(CultureInfo.InvariantCulture, $"the snapshot has {snapshot} {what}; leave it out"));
        }
    }

    private static LucosException Conflict(Option option, string why) =>
        new(ExitCode.Usage, "restore-conflict", $"{option.Name} can't be combined with --restore: {why}");

    /// <summary>The console is standard output's in text form; where a program reads there, it goes to standard error.</summary>
    private static async Task<ExitCode> AttachAsync(GuestHost guest, ResultWriter writer, bool isBooted, bool waits, CancellationToken cancel)
    {
        using var raw = RawTerminal.Enter();
        using var input = StandardInput.Open();
        using var output = writer.Format == OutputFormat.Text ? Console.OpenStandardOutput() : Console.OpenStandardError();
        var pump = new ConsolePump(guest, input, output, raw is not null, isBooted);
        var writing = pump.WriteAsync();
        if (waits)
        {
            _ = GdbServer.HoldForDebugger(guest);
        }

        guest.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);

        // A read from a terminal or a pipe can't be called off: it is left behind when the command is.
        var typed = pump.ReadAsync(stop.Token).WaitAsync(stop.Token);
        var first = await Task.WhenAny(guest.Ended, typed).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        if (first != guest.Ended)
        {
            guest.RequestEnd();
        }

        var ended = await guest.Ended.ConfigureAwait(false);
        await pump.FinishAsync(writing, cancel).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        return Report(ended, writer);
    }

    private static ExitCode Report(GuestStop stop, ResultWriter writer)
    {
        switch (stop.Kind)
        {
            case GuestStopKind.PoweredOff when stop.Value != 0:
                throw new LucosException(ExitCode.Internal, "guest-failed", string.Create(CultureInfo.InvariantCulture, $"the guest powered itself off with value {stop.Value}"));
            case GuestStopKind.Died:
                throw new LucosException(ExitCode.Unreachable, "guest-died", stop.Report);
            default:
                writer.Result("ended", new JsonObject { ["reason"] = stop.Kind.ToString() }, _ => { });
                return ExitCode.Done;
        }
    }
}
