using Lucos.Tests.Shared;

namespace Lucos.Guest.Tests;

/// <summary>The build products of the guest that the tests boot, found upward from the test's own folder.</summary>
internal static class GuestImages
{
    public static string Root { get; } = RepositoryRoot.Find();

    public static string Kernel => Require("guest-kernel/build/kernel.elf");

    public static string Initramfs => Require("guest-kernel/build/initramfs.cpio");

    public static string Update(string name) => Require($"guest-kernel/build/updates/{name}.lup");

    private static string Require(string relative)
    {
        string path = Path.Combine(Root, relative);
        Assert.That(path, Does.Exist, "the guest is not built: run tools/test, which builds it first");
        return path;
    }
}
