using System.Text;
using Lucos.Elf;
using Lucos.Vmm;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>The kernel on a machine of its own, driven by its console on the machine's thread, so that every run is the same.</summary>
internal sealed class BootedGuest : IDisposable
{
    private const ulong Patience = 60_000_000_000;
    private const string Prompt = "$ ";
    private readonly StringBuilder _console = new();
    private bool _prompted;

    internal BootedGuest(string commandLine = "console=ttyS0", ulong seed = 1, byte[]? initramfs = null, int cpus = 1)
    {
        Machine = new Machine(new MachineOptions
        {
            Kernel = KernelImage.Load(GuestImages.Kernel),
            Initramfs = initramfs ?? File.ReadAllBytes(GuestImages.Initramfs),
            CommandLine = commandLine,
            Seed = seed,
            CpuCount = cpus,
        });
        Machine.Console.Output += Listen;
    }

    internal Machine Machine { get; }

    /// <summary>Decides after how many blocks all translated code is dropped, again and again; null for never.</summary>
    internal Random? Dropping { get; init; }

    internal string Console => _console.ToString();

    public void Dispose() => Machine.Dispose();

    internal MachineStop Run()
    {
        if (Dropping is null)
        {
            return Machine.Run(RunLimits.ForNanoseconds(Patience));
        }

        for (ulong end = Machine.Clock.Now + Patience; ;)
        {
            RunLimits limits = new((ulong)Dropping.Next(1, 100_000), end - Machine.Clock.Now);
            MachineStop stop = Machine.Run(limits);
            if (stop is not MachineStop.Limit || Machine.Clock.Now >= end)
            {
                return stop;
            }

            Machine.Memory.CodeFrames.DropAll();
        }
    }

    /// <summary>Runs until the shell asks for a command, and returns what was printed meanwhile.</summary>
    internal string RunToPrompt()
    {
        int start = _console.Length;
        _prompted = false;
        MachineStop stop = Run();
        Assert.That(_prompted, Is.True, $"no prompt, but {stop}; the console said: {_console}");
        return _console.ToString(start, _console.Length - start);
    }

    internal string Command(string text)
    {
        Machine.Console.Enqueue(Encoding.UTF8.GetBytes(text + "\n"));
        return RunToPrompt();
    }

    private void Listen(ReadOnlySpan<byte> bytes)
    {
        _console.Append(Encoding.UTF8.GetString(bytes));
        if (bytes[^1] == ' ' && _console.Length >= Prompt.Length && _console.ToString(_console.Length - Prompt.Length, Prompt.Length) == Prompt)
        {
            _prompted = true;
            Machine.RequestStop();
        }
    }
}
