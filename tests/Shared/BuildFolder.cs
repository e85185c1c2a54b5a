using System.Diagnostics;

namespace Lucos.Tests.Shared;

/// <summary>A temporary folder in which a test compiles and links with the machine's own tools.</summary>
internal sealed class BuildFolder : IDisposable
{
    /// <summary>Links a small kernel: higher half, text executable, data not, entry at the physical address of <c>_start64</c>.</summary>
    private const string KernelScript = """
        ENTRY(entry_physical)
        PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); }
        SECTIONS {
          . = 0xffffffff80100000;
          .text : AT(ADDR(.text) - 0xffffffff80000000) { *(.text .text.*) } :text
          .note : AT(ADDR(.note) - 0xffffffff80000000) { *(.note.gnu.build-id) } :text :note
          . = ALIGN(0x1000);
          .data : AT(ADDR(.data) - 0xffffffff80000000) { *(.data .data.* .rodata .rodata.*) } :data
          .bss : AT(ADDR(.bss) - 0xffffffff80000000) { *(.bss .bss.*) } :data
          /DISCARD/ : { *(.eh_frame .comment .note.GNU-stack) }
        }
        entry_physical = _start64 - 0xffffffff80000000;
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lucos-test");

    /// <summary>Compiles C and returns the object, which stays in the folder as <c>NAME.o</c> too.</summary>
    public byte[] Compile(string name, string source, params string[] flags)
    {
        File.WriteAllText(PathOf(name), source);
        Run("gcc", [.. flags, "-c", name, "-o", name + ".o"]);
        return File.ReadAllBytes(PathOf(name + ".o"));
    }

    /// <summary>Links objects of this folder into a kernel.</summary>
    public byte[] LinkKernel(params string[] objects)
    {
        File.WriteAllText(PathOf("kernel.ld"), KernelScript);
        Run("ld", ["--build-id=sha1", "-static", "-T", "kernel.ld", "-o", "kernel.elf", .. objects]);
        return File.ReadAllBytes(PathOf("kernel.elf"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
        }
    }
}
