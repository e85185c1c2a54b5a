using Lucos.Abi;

namespace Lucos.Packaging.Reading;

/// <summary>One entry of the types with its addresses, before it is known to be right.</summary>
internal sealed class TypeEntry(AddressTable addresses, int index, PackageType raw)
{
    /// <summary>Addresses of an entry.</summary>
    public const int AddressCount = (int)TypeAddress.State + 1;

    /// <summary>Offset of the first one.</summary>
    public static readonly int FirstAddress = WireCodec.SizeOf<PackageType>() - (AddressCount * sizeof(ulong));

    private static readonly TypeAddress[] s_functions =
        [TypeAddress.ToNew, TypeAddress.ToOld, TypeAddress.Representable, TypeAddress.Release, TypeAddress.Moved];

    public PackageType Raw { get; } = raw;

    /// <summary>Bytes of a new version with what belongs to it.</summary>
    public ulong NewExtent => (ulong)Raw.NewSize + Raw.ExtraSize;

    public bool HasLock => HasLockField || Has(TypeAddress.Lock);

    public bool HasLockField => Raw.LockOffset != UpdateFlags.NoLock;

    public bool Has(TypeAddress address) => addresses.Has(index, Offset(address));

    public CodePlace? Code(TypeAddress address) => addresses.Code(index, Offset(address));

    public DataPlace? Data(TypeAddress address) => addresses.Data(index, Offset(address));

    /// <summary>A function that is named and is no code of the package.</summary>
    public TypeAddress? StrayFunction() => s_functions.Where(a => Has(a) && Code(a) is null).Cast<TypeAddress?>().FirstOrDefault();

    /// <summary>An address with a value that no relocation made.</summary>
    public TypeAddress? FixedAddress() => Enum.GetValues<TypeAddress>().Where(a => !Has(a) && Value(a) != 0).Cast<TypeAddress?>().FirstOrDefault();

    private static int Offset(TypeAddress address) => FirstAddress + ((int)address * sizeof(ulong));

    private ulong Value(TypeAddress address) => address switch
    {
        TypeAddress.OldVariable => Raw.OldVariable,
        TypeAddress.NewVariable => Raw.NewVariable,
        TypeAddress.Lock => Raw.Lock,
        TypeAddress.ToNew => Raw.ToNew,
        TypeAddress.ToOld => Raw.ToOld,
        TypeAddress.Representable => Raw.Representable,
        TypeAddress.Release => Raw.Release,
        TypeAddress.Moved => Raw.Moved,
        _ => Raw.State,
    };
}
