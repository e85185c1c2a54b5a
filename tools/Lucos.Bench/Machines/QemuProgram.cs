using System.ComponentModel;
using System.Diagnostics;

namespace Lucos.Bench.Machines;

/// <summary>QEMU as it is installed here.</summary>
public static class QemuProgram
{
    /// <summary>Its command.</summary>
    public const string Command = "qemu-system-x86_64";

    /// <summary>How to get it.</summary>
    public const string Advice = $"{Command} is not installed, so nothing is compared with it; 'apt-get install qemu-system-x86' (tools/test does it too)";

    private static readonly Lazy<string?> s_version = new(Ask);

    /// <summary>The first line of what it says about its version; null if it is not there.</summary>
    public static string? Version => s_version.Value;

    private static string? Ask()
    {
        try
        {
            using Process? process = Process.Start(new ProcessStartInfo(Command, "--version") { RedirectStandardOutput = true });
            string? line = process?.StandardOutput.ReadLine();
            process?.WaitForExit();
            return line;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
