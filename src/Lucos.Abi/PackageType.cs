using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One data structure that a package changes. Each address is a relocation of type R_X86_64_64, or zero where there is none.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PackageType : IWireStruct
{
    /// <summary>Name of the type.</summary>
    public Text32 Name;

    /// <summary>An <see cref="InstanceSource"/>.</summary>
    public uint Source;

    /// <summary>A <see cref="Abi.Placement"/>.</summary>
    public uint Placement;

    /// <summary>An <see cref="Abi.Interception"/>.</summary>
    public uint Interception;

    /// <summary>A <see cref="TransferPoint"/>.</summary>
    public uint Transfer;

    /// <summary>Bytes of the old version.</summary>
    public uint OldSize;

    /// <summary>Bytes of the new version.</summary>
    public uint NewSize;

    /// <summary>Bytes behind the new version that belong to it.</summary>
    public uint ExtraSize;

    /// <summary>Bytes at the start of the old version that both versions share there.</summary>
    public uint SharedHead;

    /// <summary>Offset of the lock word in the old version; <see cref="UpdateFlags.NoLock"/> if there is none.</summary>
    public uint LockOffset;

    /// <summary>Bytes of the lock word: 4 or 8; 0 if there is none.</summary>
    public uint LockSize;

    /// <summary>Name of the slab cache, for <see cref="InstanceSource.Cache"/>; else empty.</summary>
    public Text32 Cache;

    /// <summary>Name of a slab cache to whose objects the transfers may write too; else empty.</summary>
    public Text32 ScratchCache;

    /// <summary>The kernel's variable, for <see cref="InstanceSource.Variable"/>.</summary>
    public ulong OldVariable;

    /// <summary>The update's variable, for <see cref="InstanceSource.Variable"/>.</summary>
    public ulong NewVariable;

    /// <summary>The lock word when it is not in the instance.</summary>
    public ulong Lock;

    /// <summary><c>void f(const void *old, void *new)</c>.</summary>
    public ulong ToNew;

    /// <summary><c>void f(const void *new, void *old)</c>; none for a shadow.</summary>
    public ulong ToOld;

    /// <summary><c>int f(const void *new)</c>: whether the old version can say what the new one says; none: always.</summary>
    public ulong Representable;

    /// <summary><c>void f(void *new)</c>: gives back what a new version holds, before its memory is freed.</summary>
    public ulong Release;

    /// <summary><c>void f(void *old, void *new)</c>: moves the references; none: the old version stays as the handle of the new one.</summary>
    public ulong Moved;

    /// <summary>The update's <c>unsigned int</c> that tells its code how the type stands.</summary>
    public ulong State;

    /// <inheritdoc/>
    public static string CName => "lucos_package_type";
}
