using System.Diagnostics;
using Lucos.Vmm.Differential.Tests.Harness;
using Lucos.Vmm.Differential.Tests.Results;

namespace Lucos.Vmm.Differential.Tests.Runners;

/// <summary>
/// Runs an image under QEMU's own emulator. The guest's RAM is a file that this program reads when QEMU has ended. A processor that shuts
/// down is reset, the records survive, and the driver goes on with the next program.
/// </summary>
internal static class QemuRunner
{
    internal static async Task<MemoryImage> RunAsync(HarnessImage image, CancellationToken cancel)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lucos-differential-");
        try
        {
            string kernel = Path.Combine(folder.FullName, "harness.elf");
            string memory = Path.Combine(folder.FullName, "ram");
            ElfImage.Write(image, kernel);
            try
            {
                await RunQemuAsync(kernel, memory, cancel);
            }
            catch (OperationCanceledException)
            {
                ulong program = new MemoryImage(await File.ReadAllBytesAsync(memory, CancellationToken.None)).Word(HarnessLayout.Cursor);
                throw new TimeoutException($"QEMU did not end; it was in {image.Programs[(int)program].Name}");
            }

            return new MemoryImage(await File.ReadAllBytesAsync(memory, cancel));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunQemuAsync(string kernel, string memory, CancellationToken cancel)
    {
        ProcessStartInfo start = new("qemu-system-x86_64") { RedirectStandardError = true };

        // Twice the memory that the harness knows of: after a reset the firmware moves to its upper end.
        string size = $"{HarnessLayout.MemoryBytes >> 19}M";
        string[] arguments =
        [
            "-accel", "tcg", "-machine", "pc,memory-backend=ram", "-m", size, "-cpu", "qemu64,vendor=GenuineIntel,svm=off",
            "-object", $"memory-backend-file,id=ram,size={size},mem-path={memory},share=on",
            "-nodefaults", "-display", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", kernel,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("qemu-system-x86_64 did not start");
        try
        {
            string errors = await process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            Assert.That(process.ExitCode, Is.EqualTo((0x31 << 1) | 1), $"QEMU's exit code; it wrote: {errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }
}
