using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Lucos.Guest.Tests.Commands;

/// <summary>A terminal of the kernel's: what a program writes to it is read here, and what is typed here is its input, or a signal to it.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int LongestName = 64;

    private readonly FileStream _master;
    private readonly FileStream _slave;

    /// <summary>Makes one of a size.</summary>
    internal PseudoTerminal(int columns, int rows)
    {
        var master = posix_openpt(ReadWrite | NoControllingTerminal);
        var name = new byte[LongestName];
        if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, LongestName) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        Path = Encoding.ASCII.GetString(name).TrimEnd('\0');
        _master = new FileStream(new SafeFileHandle(master, ownsHandle: true), FileAccess.ReadWrite, 0);

        // Held open: its settings are those of a new terminal again when nobody has it open.
        _slave = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        Stty("cols", $"{columns}", "rows", $"{rows}");
    }

    /// <summary>What a program opens.</summary>
    internal string Path { get; }

    /// <summary>All of its settings, as one word.</summary>
    internal string Settings => Stty("-g");

    /// <summary>Reads what programs write, until none is left that could and <see cref="Close"/> was called.</summary>
    /// <returns>How many bytes; 0 at the end.</returns>
    internal int Read(Span<byte> buffer)
    {
        try
        {
            return _master.Read(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Types.</summary>
    internal void Type(string text)
    {
        _master.Write(Encoding.ASCII.GetBytes(text));
        _master.Flush();
    }

    /// <summary>Nobody opens it any more.</summary>
    internal void Close() => _slave.Dispose();

    public void Dispose()
    {
        Close();
        _master.Dispose();
    }

    private string Stty(params IReadOnlyList<string> settings)
    {
        using var stty = Process.Start(new ProcessStartInfo("stty", ["-F", Path, .. settings]) { RedirectStandardOutput = true })!;
        var said = stty.StandardOutput.ReadToEnd();
        stty.WaitForExit();
        Assert.That(stty.ExitCode, Is.Zero);
        return said;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(int terminal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(int terminal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(int terminal, byte[] name, nuint size);
}
