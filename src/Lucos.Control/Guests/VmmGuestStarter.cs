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
    public IGuest Start(ulong seed, int memoryMiB, IReadOnlyDictionary<string, byte[]> files) =>
        Start(new GuestSettings { Seed = seed, MemoryMiB = memoryMiB, Files = files }, null);

    /// <summary>Makes a guest that has not run yet.</summary>
    /// <param name="settings">What it is like.</param>
    /// <param name="journal">Takes its journal, or null.</param>
    /// <exception cref="LucosException">Kernel or initramfs can't be booted, or the emulator is missing.</exception>
    public IGuest Start(GuestSettings settings, IJournal? journal)
    {
        try
        {
            var memory = (ulong)settings.MemoryMiB << 20;
            var options = new MachineOptions
            {
                MemoryBytes = memory,
                CpuCount = settings.Cpus,
                Seed = settings.Seed,
                CommandLine = $"console=ttyS0 {settings.Append}".TrimEnd(),
                Kernel = KernelImage.Load(_files.Kernel, memory),
                Initramfs = Initramfs.WithFiles(File.ReadAllBytes(_files.Initramfs), settings.Files),
            };
            EmulatorCheck.Require();
            return new VmmGuest(options, journal);
        }
        catch (ElfFormatException e)
        {
            throw new LucosException(ExitCode.Usage, "bad-kernel", $"{_files.Kernel}: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            throw new LucosException(ExitCode.Usage, "bad-initramfs", $"{_files.Initramfs}: {e.Message}");
        }
        catch (BootException e)
        {
            throw new LucosException(ExitCode.Usage, "cannot-boot", e.Message);
        }
    }
}
