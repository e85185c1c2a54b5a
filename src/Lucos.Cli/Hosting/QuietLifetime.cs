using Microsoft.Extensions.Hosting;

namespace Lucos.Cli.Hosting;

/// <summary>Leaves signals and console messages to the command line's own handling.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
