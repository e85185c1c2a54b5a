using System.Globalization;
using System.Runtime.InteropServices;
using Lucos.Control.Guests;
using Lucos.Control.Results;
using Lucos.Control.Sockets;
using Lucos.Elf;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Health;

/// <summary>Checks what Lucos needs of the machine it runs on.</summary>
public static class Doctor
{
    private const ulong ProbeBytes = 64 << 20;

    /// <summary>Makes all checks.</summary>
    public static IReadOnlyList<Finding> Examine() =>
    [
        Architecture(),
        Emulator(),
        Kernel(),
        Packages(),
        Memory(),
        Sockets(),
    ];

    private static Finding Architecture() => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64
        ? new Finding("architecture", true, "x86-64")
        : new Finding("architecture", false, RuntimeInformation.OSArchitecture.ToString(), "use an x86-64 machine");

    private static Finding Emulator()
    {
        try
        {
            return new Finding("emulator", true, EmulatorCheck.Require());
        }
        catch (BootException e)
        {
            return new Finding("emulator", false, e.Message, "run tools/lucos, which sets it up");
        }
    }

    private static Finding Kernel()
    {
        const string advice = "run tools/lucos, or make -C guest-kernel";
        try
        {
            var files = GuestFiles.Find();
            var kernel = KernelImage.Load(files.Kernel);
            return new Finding("guest kernel", true, $"{files.Kernel}, build-id {Convert.ToHexStringLower(kernel.BuildId.Span)}");
        }
        catch (Exception e) when (e is LucosException or ElfFormatException or IOException)
        {
            return new Finding("guest kernel", false, e.Message, advice);
        }
    }

    private static Finding Packages()
    {
        var folder = Path.Combine(GuestFiles.FindBuild(), "updates");
        var count = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.lup").Count() : 0;
        return new Finding("packages", count > 0, string.Create(CultureInfo.InvariantCulture, $"{count} in {folder}"), count > 0 ? "" : "run tools/lucos, or make -C guest-kernel updates");
    }

    /// <summary>A guest's memory is a memfd: making one of the usual size shows that it can be had.</summary>
    private static Finding Memory()
    {
        try
        {
            using var memory = new GuestMemory(ProbeBytes);
            memory.Write(new GuestPhysicalAddress(ProbeBytes - 1), [1]);
            return new Finding("guest memory", true, "a memfd of 64 MiB can be made");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new Finding("guest memory", false, e.Message, "allow memfd_create and free 64 MiB (see ulimit -v and the container's limits)");
        }
    }

    private static Finding Sockets()
    {
        var path = SocketPath.Of($"doctor-{Environment.ProcessId}");
        try
        {
            SocketPath.Prepare(path);
            var guests = SocketPath.Guests();
            var stale = guests.Where(g => !SocketPath.IsAlive(SocketPath.Of(g))).ToList();
            var found = $"{SocketPath.Folder}: running guests: {guests.Count - stale.Count}";
            return new Finding("control sockets", true, stale.Count == 0 ? found : $"{found}; left over, cleared by the next run of that name: {string.Join(", ", stale)}");
        }
        catch (Exception e) when (e is LucosException or IOException or UnauthorizedAccessException)
        {
            return new Finding("control sockets", false, e.Message, "set XDG_RUNTIME_DIR to a folder of your own");
        }
    }
}
