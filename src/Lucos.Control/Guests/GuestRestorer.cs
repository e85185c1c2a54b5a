using Lucos.Control.Results;
using Lucos.Elf;
using Lucos.UpdateServer.Journal;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Snapshots;

namespace Lucos.Control.Guests;

/// <summary>Makes a guest of a snapshot's file: it goes on where it stood, with its Update Server and the updates under way.</summary>
public sealed class GuestRestorer
{
    private readonly string _file;
    private readonly string? _kernel;

    /// <summary>Reads what the file says about its machine.</summary>
    /// <param name="file">The snapshot.</param>
    /// <param name="kernel">The kernel that it booted; the built one when null.</param>
    /// <exception cref="LucosException">It is no snapshot, or damaged.</exception>
    public GuestRestorer(string file, string? kernel)
    {
        _file = file;
        _kernel = kernel;
        Description = Checked(() => SnapshotFile.Describe(file));
    }

    /// <summary>What the file says about its machine.</summary>
    public SnapshotDescription Description { get; }

    /// <summary>Makes the guest.</summary>
    /// <param name="journal">Takes its journal from now on.</param>
    /// <exception cref="LucosException">The file is damaged, or does not fit this program, its emulator or the kernel.</exception>
    public IGuest Restore(IJournal journal) => Checked(() =>
    {
        EmulatorCheck.Require();
        using var snapshot = SnapshotFile.Load(_file, ReadKernel(GuestFiles.FindKernel(_kernel)));
        return new VmmGuest(snapshot, journal);
    });

    private KernelImage ReadKernel(string kernel)
    {
        try
        {
            return KernelImage.Parse(File.ReadAllBytes(kernel), Description.Options.MemoryBytes);
        }
        catch (ElfFormatException e)
        {
            throw new LucosException(ExitCode.Usage, "bad-kernel", $"{kernel}: {e.Message}");
        }
    }

    private static T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (SnapshotException e)
        {
            throw new LucosException(ExitCode.Refused, e.Reason, e.Message[(e.Message.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimStart());
        }
        catch (BootException e)
        {
            throw new LucosException(ExitCode.Usage, "cannot-boot", e.Message);
        }
    }
}
