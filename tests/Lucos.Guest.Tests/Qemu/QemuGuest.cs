using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Lucos.Guest.Tests.Qemu;

/// <summary>
/// The guest kernel under <c>qemu-system-x86_64 -kernel</c>, its serial console on this object's pipes. It shows that
/// the kernel is an x86 kernel and nothing that only our own VMM could run.
/// </summary>
internal sealed class QemuGuest : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder console = new();
    private int waitedFor;

    private QemuGuest(Process process) => this.process = process;

    /// <summary>Everything the guest has written so far that was waited for.</summary>
    public string Console => console.ToString();

    public static QemuGuest Start(string kernel, string? initramfs, string commandLine, int cpus = 1)
    {
        var start = new ProcessStartInfo("qemu-system-x86_64")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        string[] arguments =
        [
            "-accel", "tcg", "-smp", cpus.ToString(CultureInfo.InvariantCulture), "-m", "64", "-nographic", "-no-reboot", "-net", "none",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", kernel, "-append", commandLine,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (initramfs is not null)
        {
            start.ArgumentList.Add("-initrd");
            start.ArgumentList.Add(initramfs);
        }

        return new QemuGuest(Process.Start(start) ?? throw new InvalidOperationException("qemu-system-x86_64 did not start"));
    }

    public void Send(string line)
    {
        process.StandardInput.Write(line + "\n");
        process.StandardInput.Flush();
    }

    /// <summary>
    /// Reads the console until <paramref name="text"/> has come; gives what came from the end of the last wait up to and with it,
    /// or fails with all that was read.
    /// </summary>
    public async Task<string> WaitForAsync(string text, CancellationToken cancel)
    {
        int from = waitedFor;
        var buffer = new char[1024];
        while (true)
        {
            string fresh = console.ToString(from, console.Length - from);
            int at = fresh.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                waitedFor = from + at + text.Length;
                return fresh[..(at + text.Length)];
            }

            int count;
            try
            {
                count = await process.StandardOutput.ReadAsync(buffer.AsMemory(), cancel);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited for '{text}'; the console so far:\n{console}");
            }

            if (count == 0)
            {
                throw new InvalidOperationException($"QEMU ended before '{text}' came; the console:\n{console}");
            }

            console.Append(buffer, 0, count);
        }
    }

    /// <summary>Reads to the end and returns the value that the guest wrote to the debug-exit port.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancel)
    {
        console.Append(await process.StandardOutput.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        // isa-debug-exit ends QEMU with (value << 1) | 1.
        return process.ExitCode >> 1;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }
}
