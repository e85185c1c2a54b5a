using Lucos.Abi;
using Lucos.Elf;

namespace Lucos.Packaging.Reading;

/// <summary>What must hold of a changed data structure, in the order in which the guest's Update Manager asks for it.</summary>
internal static class TypeRules
{
    /// <summary>The first rule that the entry breaks; null when it keeps all.</summary>
    public static TypeFault? Check(TypeEntry type) => Kinds(type) ?? Sizes(type) ?? Source(type) ?? Scratch(type) ?? PlacementOf(type) ?? Lock(type) ?? Functions(type) ?? Variables(type);

    private static TypeFault? Kinds(TypeEntry type)
    {
        var raw = type.Raw;
        return type.FixedAddress() is { } address ? Bad($"{address} is a fixed number; name a function or variable of the package")
            : !Enum.IsDefined((InstanceSource)raw.Source) ? Bad($"source {raw.Source} is not known")
            : !Enum.IsDefined((Placement)raw.Placement) ? Bad($"placement {raw.Placement} is not known")
            : !Enum.IsDefined((Interception)raw.Interception) ? Bad($"interception {raw.Interception} is not known")
            : !Enum.IsDefined((TransferPoint)raw.Transfer) ? Bad($"transfer {raw.Transfer} is not known")
            : (TransferPoint)raw.Transfer == TransferPoint.Lazy && (Interception)raw.Interception != Interception.Service
                ? Bad("it is transferred lazily, inside the instruction that reads; make its interception LUCOS_INTERCEPTION_SERVICE")
            : null;
    }

    private static TypeFault? Sizes(TypeEntry type)
    {
        var raw = type.Raw;
        return raw.OldSize == 0 || raw.NewSize == 0 ? Bad($"{raw.OldSize} bytes become {raw.NewSize}; neither version may be empty")
            : raw.OldSize > UpdateLimits.MaxInstanceBytes || type.NewExtent > UpdateLimits.MaxInstanceBytes
                ? new TypeFault(Refusal.TooLarge, $"{raw.OldSize} bytes become {type.NewExtent}; a version has at most {UpdateLimits.MaxInstanceBytes}")
            : raw.SharedHead > raw.OldSize ? Bad($"a shared head of {raw.SharedHead} bytes leaves the old version of {raw.OldSize}")
            : null;
    }

    private static TypeFault? Source(TypeEntry type)
    {
        var raw = type.Raw;
        var isText = PackageText.TryReadWord(raw.Cache, out var cache);
        if ((InstanceSource)raw.Source == InstanceSource.Cache)
        {
            return !isText || cache.Length == 0 ? Bad("the name of its cache is empty or too long")
                : type.Has(TypeAddress.OldVariable) || type.Has(TypeAddress.NewVariable) ? Bad("it names a variable, and its source is a cache; leave one of the two")
                : null;
        }

        return !isText || cache.Length > 0 ? Bad("it names a cache, and its source is a variable; leave one of the two")
            : (Placement)raw.Placement != Placement.Twin ? Bad($"its placement is {(Placement)raw.Placement}; the new version of a variable is a twin")
            : null;
    }

    private static TypeFault? Scratch(TypeEntry type)
    {
        var raw = type.Raw;
        var isText = PackageText.TryReadWord(raw.ScratchCache, out var scratch);
        return !isText ? Bad("the name of its scratch cache is too long, or no word")
            : scratch.Length > 0 && (TransferPoint)raw.Transfer != TransferPoint.Once ? Bad("it has a scratch cache, whose objects come and go; only what is transferred once may have one")
            : null;
    }

    private static TypeFault? PlacementOf(TypeEntry type)
    {
        var placement = (Placement)type.Raw.Placement;
        if (placement == Placement.InPlace && type.NewExtent > type.Raw.OldSize)
        {
            return Bad($"{type.NewExtent} bytes do not fit the old version of {type.Raw.OldSize} in place; make it a twin");
        }

        if (type.Has(TypeAddress.Moved) && (placement != Placement.Twin || (InstanceSource)type.Raw.Source != InstanceSource.Cache))
        {
            return Bad("it moves references; only those to twins of a cache's objects can be moved");
        }

        return placement != Placement.Shadow ? null
            : type.Has(TypeAddress.ToOld) ? Bad("it has a transfer to the old version; a shadow's old version stays as it is, so leave ToOld out")
            : type.HasLock ? Bad("it has a lock; a shadow is transferred once, so leave the lock out")
            : null;
    }

    private static TypeFault? Lock(TypeEntry type)
    {
        var raw = type.Raw;
        if (!type.HasLock)
        {
            return raw.LockSize != 0 ? Bad($"its lock word has {raw.LockSize} bytes and no place; write LUCOS_LOCK_FIELD or LUCOS_LOCK_WORD")
                : (TransferPoint)raw.Transfer == TransferPoint.OnUnlock ? Bad("it is transferred on unlock and has no lock; write LUCOS_LOCK_FIELD or LUCOS_LOCK_WORD")
                : null;
        }

        if (raw.LockSize is not (sizeof(uint) or sizeof(ulong)))
        {
            return Bad($"its lock word has {raw.LockSize} bytes; a lock word has 4 or 8");
        }

        if (type.HasLockField)
        {
            return type.Has(TypeAddress.Lock) ? Bad("its lock is both in the instance and elsewhere; leave one of the two")
                : raw.LockOffset % raw.LockSize != 0 || !Fits(raw.LockOffset, raw.LockSize, raw.OldSize)
                    ? Bad($"its lock word at {raw.LockOffset} is not aligned or leaves the old version of {raw.OldSize} bytes")
                : null;
        }

        return type.Data(TypeAddress.Lock) is { } place && place.Offset % raw.LockSize == 0 && (place.IsOfKernel || IsVariable(place, raw.LockSize))
            ? null
            : Bad($"its lock is no aligned variable of {raw.LockSize} bytes, in the kernel or in a writable section of the package");
    }

    private static TypeFault? Functions(TypeEntry type) =>
        !type.Has(TypeAddress.ToNew) ? Bad("it has no transfer to the new version; name one as ToNew")
        : !type.Has(TypeAddress.ToOld) && (Placement)type.Raw.Placement != Placement.Shadow ? Bad("it has no transfer to the old version; name one as ToOld, or make it a shadow")
        : type.StrayFunction() is { } address ? Bad($"{address} is not code in an executable section of the package")
        : null;

    private static TypeFault? Variables(TypeEntry type)
    {
        if ((InstanceSource)type.Raw.Source == InstanceSource.Variable)
        {
            if (type.Data(TypeAddress.OldVariable) is not { IsOfKernel: true })
            {
                return Bad("its old version is no variable of the kernel; declare it extern, or by LUCOS_STATIC_REF");
            }

            if (type.Data(TypeAddress.NewVariable) is not { } place || !IsVariable(place, type.NewExtent))
            {
                return Bad($"its new version is no variable of {type.NewExtent} bytes in a writable section of the package");
            }
        }

        return type.Data(TypeAddress.State) is { } state && IsVariable(state, sizeof(uint))
            ? null
            : Bad($"its state is no variable of {sizeof(uint)} bytes in a writable section of the package; use the macros of lucos_update.h");
    }

    private static bool IsVariable(DataPlace place, ulong size) =>
        place.Section is { IsAllocated: true, IsCode: false } section && section.Flags.HasFlag(SectionAttributes.Write) && Fits(place.Offset, size, section.Size);

    private static bool Fits(ulong offset, ulong size, ulong whole) => offset <= whole && size <= whole - offset;

    private static TypeFault Bad(string detail) => new(Refusal.BadPackage, detail);
}
