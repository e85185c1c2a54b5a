using Lucos.Control.Results;
using Lucos.Control.Scenarios.Running;
using Lucos.Elf;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm;
using Lucos.Vmm.Boot;

namespace Lucos.Control.Guests;

/// <summary>Makes guests on the virtual machine monitor from built files.</summary>
public sealed class VmmGuestStarter : IGuestStarter
{
    private readonly GuestFiles _files;

    /// <summary>Makes a starter.</summary>
    /// <param name="files">The built files; read when a guest is started.</param>
    public VmmGuestStarter(GuestFiles files) => _files = files;

    /// <inheritdoc/>
    public IGuest Start(ulong seed, int memoryMiB, IReadOnlyDictionary<string, byte[]> files) => Start(seed, memoryMiB, 1, files, null);

    /// <summary>Makes a guest that has not run yet.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="memoryMiB">Its memory in MiB.</param>
    /// <param name="cpus">Its processors.</param>
    /// <param name="files">Files added to its initramfs, by path without a leading slash.</param>
    /// <param name="journal">Takes its journal, or null.</param>
    /// <exception cref="LucosException">Kernel or initramfs can't be booted.</exception>
    public IGuest Start(ulong seed, int memoryMiB, int cpus, IReadOnlyDictionary<string, byte[]> files, IJournal? journal)
    {
        try
        {
            var initramfs = File.ReadAllBytes(_files.Initramfs);
            return new VmmGuest(
                new MachineOptions
                {
                    MemoryBytes = (ulong)memoryMiB << 20,
                    CpuCount = cpus,
                    Seed = seed,
                    Kernel = KernelImage.Load(_files.Kernel, (ulong)memoryMiB << 20),
                    Initramfs = Initramfs.WithFiles(initramfs, files),
                },
                journal);
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
