using Lucos.Control.Results;

namespace Lucos.Bench.Machines;

/// <summary>A machine that runs the guest kernel with its initramfs, driven through its serial console.</summary>
public abstract class BenchMachine : IDisposable
{
    /// <summary>The name under which it is compared.</summary>
    public abstract string Name { get; }

    /// <summary>Makes a machine without a guest.</summary>
    protected BenchMachine() => Scanner = new ConsoleScanner(() => Now);

    /// <summary>Reads the console.</summary>
    protected ConsoleScanner Scanner { get; }

    /// <summary>The clock that the guest's work is measured by.</summary>
    protected abstract TimeSpan Now { get; }

    /// <summary>Runs until the shell prompts.</summary>
    public void AwaitPrompt()
    {
        while (!Scanner.AtPrompt)
        {
            Pump();
        }
    }

    /// <summary>Runs a command in the shell.</summary>
    public void Run(string command)
    {
        Scanner.Forget();
        Type(command + "\n");
        AwaitPrompt();
    }

    /// <summary>Runs <c>kbench</c> and gives what its work took, by the host's clock.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="LucosException">It failed in the guest.</exception>
    public virtual TimeSpan Time(string arguments)
    {
        Run("kbench " + arguments);
        return Scanner.HasBegun && Scanner.HasSucceeded
            ? Scanner.Between
            : throw new LucosException(ExitCode.Internal, "benchmark-failed", $"'kbench {arguments}' failed on {Name}; its console:\n{Scanner.Tail}");
    }

    /// <summary>Loads the module that some of <c>kbench</c> needs.</summary>
    public void LoadModule() => Run("insmod /lib/modules/bench.ko");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets the guest run on until there is something new on the console.</summary>
    protected abstract void Pump();

    /// <summary>Types on its console.</summary>
    protected abstract void Type(string text);

    /// <summary>Ends the machine.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>The failure of a machine that ended too early.</summary>
    protected LucosException Ended(string how) =>
        new(ExitCode.Unreachable, "guest-ended", $"the guest on {Name} ended: {how}; its console:\n{Scanner.Tail}");
}
