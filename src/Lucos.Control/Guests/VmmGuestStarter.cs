using Lucos.Control.Recording;
using Lucos.Control.Results;
using Lucos.Control.Scenarios.Running;
using Lucos.Elf;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu.Emulation;

namespace Lucos.Control.Guests;

/// <summary>Makes guests on the virtual machine monitor from built files.</summary>
public sealed class VmmGuestStarter : IGuestStarter
{
    private readonly GuestFiles _files;

    /// <summary>Makes a starter.</summary>
    /// <param name="files">The built files; read when a guest is started.</param>
    public VmmGuestStarter(GuestFiles files) => _files = files;

    /// <inheritdoc/>
    public IGuest Start(GuestSettings settings) => Start(settings, null);

    /// <summary>Makes a guest that has not run yet.</summary>
    /// <param name="settings">What it is like.</param>
    /// <param name="journal">Takes its journal, or null.</param>
    /// <exception cref="LucosException">Kernel or initramfs can't be booted, or the emulator is missing.</exception>
    public IGuest Start(GuestSettings settings, IJournal? journal) => Checked(() => Make(settings, ReadKernel(), journal, out _));

    /// <summary>Makes a guest that has not run yet and whose inputs are recorded.</summary>
    /// <param name="settings">What it is like.</param>
    /// <param name="journal">Takes its journal, or null.</param>
    /// <param name="record">Takes the record; disposed with the guest.</param>
    /// <param name="options">How often hashes are taken.</param>
    /// <exception cref="LucosException">Kernel or initramfs can't be booted, or the emulator is missing.</exception>
    public IGuest StartRecorded(GuestSettings settings, IJournal? journal, Stream record, RecordOptions options) => Checked(() =>
    {
        var kernel = ReadKernel();
        var guest = Make(settings, kernel, journal, out var made, options.IsExact);
        return new RecordingGuest(guest, new RecordWriter(record, Head(made, kernel)), options);
    });

    /// <summary>What a record of a machine begins with.</summary>
    /// <param name="options">The machine.</param>
    /// <param name="kernel">The kernel's file.</param>
    public static RecordHead Head(MachineOptions options, ReadOnlySpan<byte> kernel) => new()
    {
        Type = RecordHead.Kind,
        Version = RecordHead.CurrentVersion,
        Emulator = EmulatorCheck.Require(),
        Seed = options.Seed,
        MemoryMiB = (int)(options.MemoryBytes >> 20),
        Cpus = options.CpuCount,
        CommandLine = options.CommandLine,
        IsExact = options.KeepsTrail,
        Kernel = Record.Pack(kernel),
        Initramfs = Record.Pack(options.Initramfs.Span),
    };

    private byte[] ReadKernel() => File.ReadAllBytes(_files.Kernel);

    private VmmGuest Make(GuestSettings settings, byte[] kernel, IJournal? journal, out MachineOptions options, bool keepsTrail = false)
    {
        var memory = (ulong)settings.MemoryMiB << 20;
        options = new MachineOptions
        {
            MemoryBytes = memory,
            CpuCount = settings.Cpus,
            Seed = settings.Seed,
            KeepsTrail = keepsTrail,
            CommandLine = $"console=ttyS0 {settings.Append}".TrimEnd(),
            Kernel = KernelImage.Parse(kernel, memory),
            Initramfs = Initramfs.WithFiles(File.ReadAllBytes(_files.Initramfs), settings.Files),
        };
        EmulatorCheck.Require();
        return new VmmGuest(options, journal);
    }

    private T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ElfFormatException e)
        {
            throw new LucosException(ExitCode.Usage, "bad-kernel", $"{_files.Kernel}: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            const string reason = "bad-initramfs";
            throw new LucosException(ExitCode.Usage, reason, $"{_files.Initramfs}: {e.Message.Replace($"{reason}: ", "", StringComparison.Ordinal)}");
        }
        catch (BootException e)
        {
            throw new LucosException(ExitCode.Usage, "cannot-boot", e.Message);
        }
    }
}
