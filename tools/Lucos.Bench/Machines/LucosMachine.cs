using System.Text;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Elf;
using Lucos.UpdateServer;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm;
using Lucos.Vmm.Boot;

namespace Lucos.Bench.Machines;

/// <summary>The guest on our monitor, on the calling thread.</summary>
public sealed class LucosMachine : BenchMachine
{
    private readonly Machine _machine;

    /// <summary>Makes a machine that has not run yet.</summary>
    /// <param name="files">Kernel and initramfs.</param>
    /// <param name="settings">What it is like.</param>
    /// <exception cref="BootException">The monitor can't make such a machine; the message says why.</exception>
    public LucosMachine(GuestFiles files, MachineSettings settings)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(settings);
        ulong memory = (ulong)settings.MemoryMiB << 20;
        KernelImage kernel = KernelImage.Load(files.Kernel, memory);
        _machine = new Machine(new MachineOptions
        {
            MemoryBytes = memory,
            CpuCount = settings.Cpus,
            CommandLine = MachineSettings.CommandLine,
            Kernel = kernel,
            Initramfs = File.ReadAllBytes(files.Initramfs),
        });
        _machine.Console.Output += OnOutput;
        if (settings.UpdateServer)
        {
            LiveUpdateServer.Attach(_machine, kernel, "benchmark", NullJournal.Instance);
        }
    }

    /// <inheritdoc/>
    public override string Name => "lucos";

    /// <inheritdoc/>
    protected override TimeSpan Now => HostClock.OfThread();

    /// <inheritdoc/>
    protected override void Pump()
    {
        MachineStop stop = _machine.Run(RunLimits.None);
        if (!stop.CanContinue)
        {
            throw Ended($"{stop}");
        }
    }

    /// <inheritdoc/>
    protected override void Type(string text) => _machine.Console.Enqueue(Encoding.ASCII.GetBytes(text));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _machine.Dispose();

    private void OnOutput(ReadOnlySpan<byte> bytes)
    {
        Scanner.Take(bytes);
        if (Scanner.AtPrompt)
        {
            _machine.RequestStop();
        }
    }
}
