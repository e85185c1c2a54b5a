using System.Diagnostics;
using System.Globalization;
using Lucos.Cli.Hosting;
using Lucos.Cli.Output;
using Lucos.Control.Demo;
using Lucos.Control.Guests;
using Lucos.Control.Packages;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucos.Cli.Commands;

/// <summary><c>lucos demo</c>.</summary>
internal sealed class DemoCommand : LucosCommand
{
    /// <summary>Makes the command.</summary>
    public DemoCommand(Terminal terminal)
        : base("demo", "Exploit a flaw in a running guest kernel, fix it live, and roll the fix back", "lucos demo", "lucos demo -o json", "lucos demo --seed 7")
    {
        var guest = new GuestOptions();
        guest.AddTo(this);
        Does(terminal, async (parsed, writer, cancel) =>
        {
            var files = guest.Files(parsed);
            using var host = LucosHost.Build(terminal, parsed.GetValue(CommonOptions.Verbose), services => services
                .AddSingleton(files)
                .AddSingleton<IGuestStarter, VmmGuestStarter>()
                .AddSingleton<IPackageSource>(new PackageFolder(files.Updates))
                .AddSingleton<DemoRunner>());
            return await Task.Run(() => Run(host.Services, parsed.GetValue(guest.Seed) ?? 1, parsed.GetValue(guest.Cpus) ?? 1, terminal, writer, cancel), CancellationToken.None).ConfigureAwait(false);
        });
    }

    private static ExitCode Run(IServiceProvider services, ulong seed, int cpus, Terminal terminal, ResultWriter writer, CancellationToken cancel)
    {
        var log = services.GetRequiredService<ILogger<DemoRunner>>();
        var clock = Stopwatch.StartNew();
        void Progress(string what)
        {
            log.LogInformation("{What}", what);
            terminal.Progress(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,5:f1} s  {what}"));
        }

        var report = GuestFailures.Report(() => services.GetRequiredService<DemoRunner>().Run(seed, cpus, Progress, cancel), cancel);
        foreach (var step in report.Steps)
        {
            writer.Record("step", new System.Text.Json.Nodes.JsonObject { ["name"] = step.Name, ["outcome"] = step.Outcome, ["detail"] = step.Detail });
        }

        writer.Result("demo", report.ToJson(), _ => DemoSummary.Write(terminal, report, clock.Elapsed));
        return report.Succeeded ? ExitCode.Done : ExitCode.RolledBack;
    }
}
