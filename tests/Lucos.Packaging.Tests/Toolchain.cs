using Lucos.Elf;
using Lucos.Tests.Shared;

namespace Lucos.Packaging.Tests;

/// <summary>A kernel of a few functions, and updates of it, made with the compiler and the header that authors use.</summary>
internal static class Toolchain
{
    public const string MainSource = """
        extern int shared(int);
        int counter = 3;
        static int twin(int x) { return x * 3 + counter; }
        int sys_read(int x) { return twin(x) + shared(x); }
        int sys_write(int x) { return twin(x + 1) * 5 + shared(x); }
        int _start64(int x) { return sys_read(x) + sys_write(x); }
        __asm__(".section .text.short, \"ax\", @progbits\n.globl tiny\n.type tiny, @function\ntiny: ret\n.size tiny, 1\n"
                ".type after, @function\n.globl after\nafter: xor %eax, %eax\nret\n.size after, 3\n"
                ".type padded, @function\n.globl padded\npadded: ret\n.size padded, 1\n.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n.text\n");
        """;

    public const string OtherSource = """
        static int __attribute__((noinline)) twin(int x) { return x * 7 - 1; }
        int shared(int x) { return twin(x) ^ 0x55; }
        """;

    public const string UpdateSource = """
        #include <lucos_update.h>
        extern int counter;
        LUCOS_STATIC_REF(int(int), twin, "other.c");
        LUCOS_UPDATE("fix-read", "1.2", "Checks what sys_read is given");
        static int new_read(int x) { return x < 0 ? -1 : twin(x) + counter; }
        static int begin(void) { return counter < 0; }
        static void end(void) { counter = 0; }
        LUCOS_REPLACE(sys_read, new_read);
        LUCOS_DEPENDS("base-fix", "1.0");
        LUCOS_CONFLICTS("other-fix");
        LUCOS_STARTUP(begin);
        LUCOS_CLEANUP(end);
        """;

    private static readonly string[] s_flags =
    [
        "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-mcmodel=kernel", "-mno-red-zone", "-mgeneral-regs-only", "-fno-pic",
        "-fcf-protection=none", "-fno-inline", "-fno-ipa-cp", "-fno-ipa-ra", "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-fno-common",
    ];

    private static readonly string s_include = Path.Combine(RepositoryRoot.Find(), "guest-kernel", "include");
    private static readonly Lazy<KernelImage> s_kernel = new(() => KernelImage.Parse(Link(MainSource)));
    private static readonly Lazy<KernelImage> s_otherKernel = new(() => KernelImage.Parse(Link(MainSource.Replace("x * 3", "x * 9", StringComparison.Ordinal))));
    private static readonly Lazy<byte[]> s_object = new(() => Compile(UpdateSource));

    /// <summary>The kernel that the updates are for.</summary>
    public static KernelImage Kernel => s_kernel.Value;

    /// <summary>The same kernel with another body of one function, and so with another build-id.</summary>
    public static KernelImage OtherKernel => s_otherKernel.Value;

    /// <summary>The update's object file.</summary>
    public static byte[] UpdateObject => [.. s_object.Value];

    public static byte[] Compile(string source, params string[] more)
    {
        using var folder = new BuildFolder();
        return folder.Compile("update.c", source, [.. s_flags, .. more, "-I", s_include]);
    }

    /// <summary>An update that replaces one function of the kernel by a new one, in one line of the author's.</summary>
    public static byte[] CompileReplacing(string macro, string code = "int fresh(int x) { return x + 1; }") => Compile($"""
        #include <lucos_update.h>
        LUCOS_UPDATE("fix", "1", "test");
        {code}
        {macro};
        """);

    private static byte[] Link(string main)
    {
        using var folder = new BuildFolder();
        folder.Compile("main.c", main, s_flags);
        folder.Compile("other.c", OtherSource, s_flags);
        return folder.LinkKernel("main.c.o", "other.c.o");
    }
}
