using System.Diagnostics;

namespace Lucos.Elf.Tests;

/// <summary>Makes small objects and kernels with the compiler that the guest is built with.</summary>
internal static class Toolchain
{
    public const string KernelSource = """
        extern int helper(void);
        int counter = 3;
        int table[4];
        static int twin(void) { return counter; }
        int _start64(void) { return twin() + helper() + table[1]; }
        """;

    public const string HelperSource = """
        static int __attribute__((noinline)) twin(void) { return 7; }
        int helper(void) { return twin(); }
        """;

    private const string Script = """
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

    private static readonly string[] s_flags =
    [
        "-O2", "-ffreestanding", "-mcmodel=kernel", "-mno-red-zone", "-fno-pic", "-fcf-protection=none", "-fno-inline",
        "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections",
    ];

    private static readonly Lazy<byte[]> s_kernel = new(LinkKernel);

    public static byte[] Kernel => s_kernel.Value.ToArray();

    public static byte[] Compile(string source, params string[] more) => InFolder(folder => CompileIn(folder, "unit.c", source, more));

    public static byte[] LinkKernel() => InFolder(folder =>
    {
        CompileIn(folder, "main.c", KernelSource);
        CompileIn(folder, "helper.c", HelperSource);
        File.WriteAllText(Path.Combine(folder, "kernel.ld"), Script);
        Run(folder, "ld", "--build-id=sha1", "-static", "-T", "kernel.ld", "-o", "kernel.elf", "main.c.o", "helper.c.o");
        return File.ReadAllBytes(Path.Combine(folder, "kernel.elf"));
    });

    private static byte[] CompileIn(string folder, string name, string source, params string[] more)
    {
        File.WriteAllText(Path.Combine(folder, name), source);
        Run(folder, "gcc", [.. s_flags, .. more, "-c", name, "-o", name + ".o"]);
        return File.ReadAllBytes(Path.Combine(folder, name + ".o"));
    }

    private static T InFolder<T>(Func<string, T> action)
    {
        var folder = Directory.CreateTempSubdirectory("lucos-elf");
        try
        {
            return action(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
        }
    }
}
