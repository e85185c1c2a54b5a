namespace Lucos.Abi;

/// <summary>
/// Where things lie in the guest's memory, derived from each other where they depend.
/// <code>
/// physical                              virtual
/// 0x0000000  reserved, boot structures  0x0000_0000_0000_0000..0x0000_7fff_ffff_ffff  user
/// 0x0100000  kernel image               0xffff_8000_0000_0000  direct map of all RAM (never executable)
/// ...        free pages                 0xffff_c900_0000_0000  kernel stacks and vmalloc
/// top        initramfs                  0xffff_ffff_8010_0000  kernel image (base + physical address)
///                                       0xffff_ffff_a000_0000  modules, 64 MiB
/// </code>
/// </summary>
public static class GuestLayout
{
    /// <summary>Bytes of a page.</summary>
    public const ulong PageSize = 0x1000;

    /// <summary>Where the VMM starts to place page tables, GDT, start_info, memory map and command line (physical).</summary>
    public const ulong BootAreaStart = 0x1000;

    /// <summary>First physical address behind the boot structures.</summary>
    public const ulong BootAreaEnd = 0xa0000;

    /// <summary>Physical address of the kernel image; everything below is reserved.</summary>
    public const ulong KernelPhysicalBase = 0x100000;

    /// <summary>Smallest RAM that the kernel boots with, in bytes.</summary>
    public const ulong MinMemoryBytes = 32UL << 20;

    /// <summary>RAM when none is asked for, in bytes.</summary>
    public const ulong DefaultMemoryBytes = 64UL << 20;

    /// <summary>Largest RAM, in bytes: it ends below the PCI hole of a PC.</summary>
    public const ulong MaxMemoryBytes = 3UL << 30;

    /// <summary>First virtual address that is no user address: the end of the lower canonical half.</summary>
    public const ulong UserEnd = 0x0000_8000_0000_0000;

    /// <summary>The direct map: virtual = base + physical. All of RAM, never executable.</summary>
    public const ulong DirectMapBase = 0xffff_8000_0000_0000;

    /// <summary>Kernel stacks and vmalloc, with guard pages.</summary>
    public const ulong VmallocBase = 0xffff_c900_0000_0000;

    /// <summary>Virtual base of the kernel image: virtual = base + physical.</summary>
    public const ulong KernelVirtualBase = 0xffff_ffff_8000_0000;

    /// <summary>Virtual address of the first byte of the kernel image.</summary>
    public const ulong KernelImageStart = KernelVirtualBase + KernelPhysicalBase;

    /// <summary>Where modules are loaded: within the reach of a 32-bit jump from the kernel's text.</summary>
    public const ulong ModuleBase = 0xffff_ffff_a000_0000;

    /// <summary>Bytes of the module area.</summary>
    public const ulong ModuleAreaSize = 64UL << 20;

    /// <summary>The magic number of the PVH boot structure, <c>hvm_start_info</c>.</summary>
    public const uint PvhStartInfoMagic = 0x336e_c578;
}
