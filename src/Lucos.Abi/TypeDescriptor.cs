using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>One changed data structure of an update.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TypeDescriptor : IWireStruct
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

    /// <summary>Bytes directly behind the new version that belong to it and that transfers may write.</summary>
    public uint ExtraSize;

    /// <summary>Bytes at the start of the old version that both versions share there (locks, wait queues): never transferred.</summary>
    public uint SharedHead;

    /// <summary>Offset in the old version of the lock word, which is 0 when the lock is free; <see cref="UpdateFlags.NoLock"/> if there is none.</summary>
    public uint LockOffset;

    /// <summary>Bytes of the lock word: 4 or 8; 0 if there is none.</summary>
    public uint LockSize;

    /// <summary>Address of the lock word when it is not in the instance; else zero.</summary>
    public ulong Lock;

    /// <summary><c>void f(const void *old, void *new)</c>: makes the new version what the old one says.</summary>
    public ulong ToNew;

    /// <summary><c>void f(const void *new, void *old)</c>: the other direction.</summary>
    public ulong ToOld;

    /// <summary>Address of an array of <see cref="FieldDescriptor"/>: what no transfer may lose.</summary>
    public ulong Fields;

    /// <summary>Entries there.</summary>
    public uint FieldCount;

    /// <summary>Zero.</summary>
    public uint Pad;

    /// <inheritdoc/>
    public static string CName => "lucos_type_desc";
}
