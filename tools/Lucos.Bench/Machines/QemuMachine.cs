using System.Diagnostics;
using System.Text;
using Lucos.Control.Guests;

namespace Lucos.Bench.Machines;

/// <summary>The same kernel image and initramfs under QEMU's emulator (TCG), its serial console on this object's pipes.</summary>
public sealed class QemuMachine : BenchMachine
{
    /// <summary>The <see cref="Name"/> of QEMU as it comes, with a thread for each processor.</summary>
    public const string Usual = "qemu";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[4096];

    // A guest that says nothing for so long hangs: the process is ended, and the read returns.
    private readonly Timer _watchdog;

    /// <summary>Starts it.</summary>
    /// <param name="files">Kernel and initramfs.</param>
    /// <param name="settings">What it is like.</param>
    /// <param name="singleThreaded">Whether all processors run on one thread, as ours do; QEMU's default is a thread each.</param>
    public QemuMachine(GuestFiles files, MachineSettings settings, bool singleThreaded)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(settings);
        Name = singleThreaded ? "qemu-single" : Usual;
        var start = new ProcessStartInfo(QemuProgram.Command) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "-accel", singleThreaded ? "tcg,thread=single" : "tcg", "-m", $"{settings.MemoryMiB}", "-smp", $"{settings.Cpus}",
            "-nographic", "-no-reboot", "-net", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-kernel", files.Kernel, "-initrd", files.Initramfs, "-append", MachineSettings.CommandLine,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw Ended($"{QemuProgram.Command} did not start");
        _output = _process.StandardOutput.BaseStream;
        _watchdog = new Timer(_ => End());
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>What RAM of the host it holds now, in MiB.</summary>
    public double ResidentMiB => ProcessFacts.ResidentMiB(_process.Id);

    /// <summary>Like <see cref="BenchMachine.Time"/>, but gives the processor time that the whole process used: for work that waits.</summary>
    public TimeSpan TimeOfProcessor(string arguments)
    {
        TimeSpan begun = default, ended = default;
        void Note(bool first)
        {
            TimeSpan now = ProcessFacts.ProcessorTime(_process.Id);
            (begun, ended) = first ? (now, ended) : (begun, now);
        }

        Scanner.Marked += Note;
        try
        {
            _ = Time(arguments);
            return ended - begun;
        }
        finally
        {
            Scanner.Marked -= Note;
        }
    }

    /// <inheritdoc/>
    protected override TimeSpan Now => HostClock.OfProcess(_process.Id);

    /// <inheritdoc/>
    protected override void Pump()
    {
        _watchdog.Change(s_patience, Timeout.InfiniteTimeSpan);
        int count = _output.Read(_buffer);
        _watchdog.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (count == 0)
        {
            throw Ended($"no more output ({s_patience.TotalMinutes} minutes of silence count as the end)");
        }

        Scanner.Take(_buffer.AsSpan(0, count));
    }

    /// <inheritdoc/>
    protected override void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _watchdog.Dispose();
        End();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void End()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }
}
