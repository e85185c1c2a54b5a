using Lucos.Control.Results;

namespace Lucos.Control.Guests;

/// <summary>The built files of the guest.</summary>
/// <param name="Kernel">The kernel's image.</param>
/// <param name="Initramfs">The initramfs.</param>
/// <param name="Updates">Folder of the built packages.</param>
public sealed record GuestFiles(string Kernel, string Initramfs, string Updates)
{
    private static readonly string s_build = Path.Combine("guest-kernel", "build");

    /// <summary>Finds the files: those given, the others in the nearest <c>guest-kernel/build</c> upward from the program, else from the current folder.</summary>
    /// <param name="kernel">The kernel's image, or null.</param>
    /// <param name="initramfs">The initramfs, or null.</param>
    /// <exception cref="LucosException">One of them is not there.</exception>
    public static GuestFiles Find(string? kernel = null, string? initramfs = null)
    {
        var build = FindBuild();
        return new GuestFiles(
            FindKernel(kernel),
            Existing(initramfs ?? Path.Combine(build, "initramfs.cpio"), "initramfs-not-found", "--initrd"),
            Path.Combine(build, "updates"));
    }

    /// <summary>Finds the kernel: the one given, or the built one.</summary>
    /// <param name="kernel">The kernel's image, or null.</param>
    /// <exception cref="LucosException">It is not there.</exception>
    public static string FindKernel(string? kernel) =>
        Existing(kernel ?? Path.Combine(FindBuild(), "kernel.elf"), "kernel-not-found", "--kernel");

    /// <summary>The nearest folder <c>guest-kernel/build</c> with a kernel, or where it would be.</summary>
    public static string FindBuild() =>
        Upward(AppContext.BaseDirectory).Concat(Upward(Environment.CurrentDirectory))
            .Select(folder => Path.Combine(folder, s_build))
            .FirstOrDefault(build => File.Exists(Path.Combine(build, "kernel.elf")))
        ?? Path.Combine(Environment.CurrentDirectory, s_build);

    private static string Existing(string file, string reason, string option) => File.Exists(file)
        ? file
        : throw new LucosException(ExitCode.Usage, reason, $"{file} is not there; build it with 'make -C guest-kernel', or name another by {option}");

    private static IEnumerable<string> Upward(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
