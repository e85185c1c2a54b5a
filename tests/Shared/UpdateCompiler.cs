namespace Lucos.Tests.Shared;

/// <summary>Compiles updates with the header that authors use, and code that they are for, with flags like the guest kernel's.</summary>
internal static class UpdateCompiler
{
    private static readonly string[] s_flags =
    [
        "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-mcmodel=kernel", "-mno-red-zone", "-mgeneral-regs-only", "-fno-pic",
        "-fcf-protection=none", "-fno-inline", "-fno-ipa-cp", "-fno-ipa-ra", "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-fno-common",
    ];

    private static readonly string s_include = Path.Combine(RepositoryRoot.Find(), "guest-kernel", "include");

    /// <summary>The object file of an update.</summary>
    public static byte[] Compile(string source, params string[] more)
    {
        using var folder = new BuildFolder();
        return folder.Compile("update.c", source, [.. s_flags, "-I", s_include, .. more]);
    }

    /// <summary>Links a small kernel of two files.</summary>
    public static byte[] LinkKernel(string main, string other)
    {
        using var folder = new BuildFolder();
        folder.Compile("main.c", main, s_flags);
        folder.Compile("other.c", other, s_flags);
        return folder.LinkKernel("main.c.o", "other.c.o");
    }
}
