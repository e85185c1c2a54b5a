using Lucos.Abi;

namespace Lucos.Vmm.Boot;

/// <summary>
/// Where the boot structures lie, all below 1 MiB:
/// <code>
/// 0x1000  GDT
/// 0x2000  hvm_start_info, module list, memory map
/// 0x3000  command line (4 KiB at most)
/// 0x4000  PML4
/// 0x5000  PDPT
/// 0x6000  four page directories: 4 GiB in pages of 2 MiB
/// 0xa000  end
/// 0xe0000 ACPI tables
/// </code>
/// </summary>
internal static class BootLayout
{
    internal const ulong Gdt = GuestLayout.BootAreaStart;
    internal const ulong StartInfo = Gdt + GuestLayout.PageSize;
    internal const ulong ModuleList = StartInfo + 0x80;
    internal const ulong MemoryMap = StartInfo + 0x100;
    internal const ulong CommandLine = StartInfo + GuestLayout.PageSize;
    internal const int CommandLineLimit = (int)GuestLayout.PageSize;
    internal const ulong Pml4 = CommandLine + GuestLayout.PageSize;
    internal const ulong Pdpt = Pml4 + GuestLayout.PageSize;
    internal const ulong Directories = Pdpt + GuestLayout.PageSize;
    internal const int DirectoryCount = 4;
    internal const ulong LargePage = 2UL << 20;
    internal const ulong Rsdp = 0xe_0000;
    internal const ulong Xsdt = Rsdp + 0x40;
    internal const ulong Madt = Rsdp + 0x80;
    internal const ulong LowMemoryEnd = GuestLayout.BootAreaEnd;
}
