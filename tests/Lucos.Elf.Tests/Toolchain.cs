using Lucos.Tests.Shared;

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

    private static readonly string[] s_flags =
    [
        "-O2", "-ffreestanding", "-mcmodel=kernel", "-mno-red-zone", "-fno-pic", "-fcf-protection=none", "-fno-inline",
        "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections",
    ];

    private static readonly Lazy<byte[]> s_kernel = new(LinkKernel);

    public static byte[] Kernel => s_kernel.Value.ToArray();

    public static byte[] Compile(string source, params string[] more)
    {
        using var folder = new BuildFolder();
        return folder.Compile("unit.c", source, [.. s_flags, .. more]);
    }

    public static byte[] LinkKernel()
    {
        using var folder = new BuildFolder();
        folder.Compile("main.c", KernelSource, s_flags);
        folder.Compile("helper.c", HelperSource, s_flags);
        return folder.LinkKernel("main.c.o", "helper.c.o");
    }
}
