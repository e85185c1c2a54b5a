using Lucos.Control.Debugging;
using Microsoft.Extensions.DependencyInjection;

namespace Lucos.Cli.Hosting;

/// <summary>Adds the debugger's server to a command's services.</summary>
internal static class DebuggerServices
{
    /// <summary>Adds it, if there is to be one.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">Where it listens, or null.</param>
    public static IServiceCollection AddDebugger(this IServiceCollection services, GdbServerOptions? options) => options is null
        ? services
        : services.AddSingleton(options).AddSingleton<GdbServer>().AddHostedService(p => p.GetRequiredService<GdbServer>());
}
