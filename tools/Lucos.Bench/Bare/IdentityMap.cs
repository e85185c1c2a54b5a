using Lucos.Elf;
using Lucos.Unicorn;

namespace Lucos.Bench.Bare;

/// <summary>Page tables that map memory onto itself in pages of 4 KiB, only code executable (Intel SDM vol. 3 section 4.5).</summary>
internal static class IdentityMap
{
    private const ulong PageSize = 0x1000;
    private const ulong TableSpan = 0x20_0000;
    private const ulong PresentWritable = 3;
    private const ulong NoExecute = 1ul << 63;

    /// <summary>Writes the tables: PML4, PDPT, PD, then one table per 2 MiB.</summary>
    /// <param name="memory">At most 1 GiB; all of it is mapped.</param>
    /// <param name="pml4">Where the tables begin.</param>
    /// <param name="code">Segments whose pages are executable.</param>
    /// <param name="returnAddress">Its page is executable too: the run ends when it is fetched from.</param>
    public static void Write(SharedMemory memory, ulong pml4, IEnumerable<ElfSegment> code, ulong returnAddress)
    {
        ElfSegment[] segments = [.. code];
        ulong pdpt = pml4 + PageSize, pd = pdpt + PageSize, tables = pd + PageSize;
        SetEntry(memory, pml4, 0, pdpt | PresentWritable);
        SetEntry(memory, pdpt, 0, pd | PresentWritable);
        for (ulong at = 0; at < memory.Length; at += PageSize)
        {
            SetEntry(memory, pd, at / TableSpan, (tables + (at / TableSpan * PageSize)) | PresentWritable);
            bool executable = returnAddress / PageSize == at / PageSize || segments.Any(s => at + PageSize > s.VirtualAddress && at < s.VirtualEnd);
            SetEntry(memory, tables, at / PageSize, at | PresentWritable | (executable ? 0 : NoExecute));
        }
    }

    private static void SetEntry(SharedMemory memory, ulong table, ulong index, ulong entry) =>
        BitConverter.TryWriteBytes(memory.Slice(table + (index * sizeof(ulong)), sizeof(ulong)), entry);
}
