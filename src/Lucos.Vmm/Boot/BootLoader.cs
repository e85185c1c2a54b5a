using System.Buffers.Binary;
using System.Text;
using Lucos.Abi;
using Lucos.Elf;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Boot;

/// <summary>
/// Puts kernel, initramfs and boot information into RAM as a 64-bit boot loader would. The information is the <c>hvm_start_info</c> of
/// the PVH boot protocol, version 1, so that the kernel reads the same structure here and under other machine monitors.
/// </summary>
internal sealed class BootLoader(GuestMemory memory)
{
    private const ulong Present = 1;
    private const ulong Writable = 2;
    private const ulong Large = 0x80;
    private const uint TypeRam = 1;
    private const uint TypeReserved = 2;
    private const ulong CodeDescriptor = 0x00af_9a00_0000_ffff;
    private const ulong DataDescriptor = 0x00cf_9200_0000_ffff;

    internal BootState Load(MachineOptions options)
    {
        WriteGdt();
        WritePageTables();
        ulong top = memory.Size;
        ulong initramfs = PlaceInitramfs(options, top);
        ulong entry = GuestLayout.KernelPhysicalBase;
        if (options.Kernel is { } kernel)
        {
            LoadKernel(kernel, options.Initramfs.IsEmpty ? top : initramfs);
            entry = kernel.Entry;
        }

        WriteCommandLine(options.EffectiveCommandLine);
        WriteStartInfo(initramfs, (ulong)options.Initramfs.Length, AcpiTables.Write(memory, options.CpuCount));
        return new BootState(entry, BootLayout.Pml4, BootLayout.Gdt, 31, BootLayout.StartInfo);
    }

    private void WriteGdt()
    {
        Write64(BootLayout.Gdt + 0x10, CodeDescriptor);
        Write64(BootLayout.Gdt + 0x18, DataDescriptor);
    }

    private void WritePageTables()
    {
        Write64(BootLayout.Pml4, BootLayout.Pdpt | Present | Writable);
        for (ulong directory = 0; directory < BootLayout.DirectoryCount; directory++)
        {
            ulong table = BootLayout.Directories + (directory * GuestLayout.PageSize);
            Write64(BootLayout.Pdpt + (directory * 8), table | Present | Writable);
            for (ulong i = 0; i < 512; i++)
            {
                Write64(table + (i * 8), (((directory * 512) + i) * BootLayout.LargePage) | Present | Writable | Large);
            }
        }
    }

    private ulong PlaceInitramfs(MachineOptions options, ulong top)
    {
        if (options.Initramfs.IsEmpty)
        {
            return 0;
        }

        ulong length = (ulong)options.Initramfs.Length;
        if (length > top - GuestLayout.KernelPhysicalBase)
        {
            throw new BootException($"initramfs-too-large: {length} bytes do not fit {memory.Size} bytes of RAM; give the machine more memory");
        }

        ulong start = (top - length) & ~(GuestLayout.PageSize - 1);
        memory.Write(new GuestPhysicalAddress(start), options.Initramfs.Span);
        return start;
    }

    private void LoadKernel(KernelImage kernel, ulong limit)
    {
        foreach (ElfSegment segment in kernel.Segments)
        {
            if (segment.PhysicalAddress < GuestLayout.KernelPhysicalBase || segment.MemorySize > limit || segment.PhysicalAddress > limit - segment.MemorySize)
            {
                throw new BootException(
                    $"kernel-does-not-fit: a segment of {segment.MemorySize} bytes at physical 0x{segment.PhysicalAddress:x} is outside of "
                    + $"0x{GuestLayout.KernelPhysicalBase:x}..0x{limit:x}; give the machine more memory, or link the kernel lower");
            }

            memory.Write(new GuestPhysicalAddress(segment.PhysicalAddress), segment.Data.Span);
        }
    }

    private void WriteCommandLine(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length >= BootLayout.CommandLineLimit)
        {
            throw new BootException($"command-line-too-long: {bytes.Length} bytes, the limit is {BootLayout.CommandLineLimit - 1}");
        }

        memory.Write(new GuestPhysicalAddress(BootLayout.CommandLine), bytes);
    }

    private void WriteStartInfo(ulong initramfs, ulong initramfsLength, ulong rootPointer)
    {
        ulong at = BootLayout.StartInfo;
        bool hasModule = initramfsLength != 0;
        Write32(at, GuestLayout.PvhStartInfoMagic);
        Write32(at + 4, 1);
        Write32(at + 8, 0);
        Write32(at + 12, hasModule ? 1u : 0u);
        Write64(at + 16, hasModule ? BootLayout.ModuleList : 0);
        Write64(at + 24, BootLayout.CommandLine);
        Write64(at + 32, rootPointer);
        Write64(at + 40, BootLayout.MemoryMap);
        Write32(at + 48, 3);
        Write64(BootLayout.ModuleList, initramfs);
        Write64(BootLayout.ModuleList + 8, initramfsLength);
        WriteMapEntry(0, 0, BootLayout.LowMemoryEnd, TypeRam);
        WriteMapEntry(1, BootLayout.LowMemoryEnd, GuestLayout.KernelPhysicalBase - BootLayout.LowMemoryEnd, TypeReserved);
        WriteMapEntry(2, GuestLayout.KernelPhysicalBase, memory.Size - GuestLayout.KernelPhysicalBase, TypeRam);
    }

    private void WriteMapEntry(ulong index, ulong address, ulong length, uint type)
    {
        ulong at = BootLayout.MemoryMap + (index * 24);
        Write64(at, address);
        Write64(at + 8, length);
        Write32(at + 16, type);
        Write32(at + 20, 0);
    }

    private void Write64(ulong address, ulong value) => memory.WriteUInt64(new GuestPhysicalAddress(address), value);

    private void Write32(ulong address, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        memory.Write(new GuestPhysicalAddress(address), bytes);
    }
}
