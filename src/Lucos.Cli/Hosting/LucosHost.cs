using System.Globalization;
using Lucos.Cli.Output;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog;
using Serilog.Events;

namespace Lucos.Cli.Hosting;

/// <summary>Composes the services of a command: logging to standard error and to a file, and what the command adds.</summary>
internal static class LucosHost
{
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Makes a host.</summary>
    /// <param name="terminal">Whose standard error takes the log.</param>
    /// <param name="verbose">Whether standard error takes more than warnings.</param>
    /// <param name="configure">Adds services.</param>
    public static IHost Build(Terminal terminal, bool verbose, Action<IServiceCollection> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "lucos" });
        builder.Services.AddSerilog(MakeLogger(terminal, verbose), dispose: true);
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        configure(builder.Services);
        return builder.Build();
    }

    private static Serilog.Core.Logger MakeLogger(Terminal terminal, bool verbose)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Debug()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .WriteTo.Sink(new ErrorWriterSink(terminal.Error, Template), verbose ? LogEventLevel.Debug : LogEventLevel.Warning);
        if (LogFolder() is { } folder)
        {
            configuration.WriteTo.File(
                Path.Combine(folder, "lucos-.log"),
                LogEventLevel.Information,
                Template,
                CultureInfo.InvariantCulture,
                rollingInterval: RollingInterval.Day,
                retainedFileCountLimit: 7,
                fileSizeLimitBytes: 16 << 20,
                shared: true);
        }

        return configuration.CreateLogger();
    }

    /// <summary><c>$XDG_STATE_HOME/lucos</c>, or under the home; null where no folder can be made: then the log goes to standard error only.</summary>
    private static string? LogFolder()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state))
        {
            state = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        }

        try
        {
            return Directory.CreateDirectory(Path.Combine(state, "lucos")).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
