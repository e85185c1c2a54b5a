using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>
/// The addresses in an array of a package. Each is filled by one relocation of type R_X86_64_64, and no relocation stands anywhere else in
/// the array: what the guest reads there is what has been checked here.
/// </summary>
internal sealed class AddressTable
{
    private readonly PackageFile _file;
    private readonly ulong _entrySize;
    private readonly Dictionary<ulong, ElfRelocation> _relocations = [];

    private AddressTable(PackageFile file, ulong entrySize) => (_file, _entrySize) = (file, entrySize);

    /// <summary>Reads the relocations of an array whose entries have their addresses side by side.</summary>
    /// <param name="file">The package.</param>
    /// <param name="section">Name of the array's section.</param>
    /// <param name="first">Offset of an entry's first address.</param>
    /// <param name="count">Addresses of an entry.</param>
    /// <param name="diagnostics">What is wrong.</param>
    public static AddressTable Read<T>(PackageFile file, string section, int first, int count, DiagnosticBag diagnostics)
        where T : unmanaged, IWireStruct
    {
        var table = new AddressTable(file, (ulong)WireCodec.SizeOf<T>());
        foreach (var relocation in file.RelocationsOf(section))
        {
            var at = relocation.Offset % table._entrySize;
            var isAddress = at >= (ulong)first && at < (ulong)(first + (count * sizeof(ulong))) && (at - (ulong)first) % sizeof(ulong) == 0;
            if (!isAddress || relocation.Type != RelocationType.Abs64 || !table._relocations.TryAdd(relocation.Offset, relocation))
            {
                diagnostics.Add(Refusal.BadPackage, $"{section}+0x{relocation.Offset:x}",
                    $"a relocation of type {relocation.Type}; each address of an entry takes one of type Abs64, nothing else does. Use the macros of lucos_update.h");
                break;
            }
        }

        return table;
    }

    /// <summary>Whether a relocation fills the address.</summary>
    public bool Has(int index, int member) => _relocations.ContainsKey(At(index, member));

    /// <summary>The code of the package that the address leads to; null when it leads elsewhere, or nothing fills it.</summary>
    public CodePlace? Code(int index, int member) =>
        _relocations.TryGetValue(At(index, member), out var relocation) ? _file.Code(relocation) : null;

    /// <summary>The data that the address leads to, in the package or in the kernel; null when it leads elsewhere, or nothing fills it.</summary>
    public DataPlace? Data(int index, int member) =>
        _relocations.TryGetValue(At(index, member), out var relocation) ? _file.Data(relocation) : null;

    private ulong At(int index, int member) => ((ulong)index * _entrySize) + (ulong)member;
}
