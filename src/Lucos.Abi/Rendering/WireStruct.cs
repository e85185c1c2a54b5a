using System.Reflection;
using System.Runtime.CompilerServices;

namespace Lucos.Abi.Rendering;

/// <summary>The layout of a shared struct, taken from its C# declaration.</summary>
public sealed class WireStruct
{
    private WireStruct(Type type, string cName, int size, IReadOnlyList<WireField> fields) =>
        (Type, CName, Size, Fields) = (type, cName, size, fields);

    /// <summary>The C# struct.</summary>
    public Type Type { get; }

    /// <summary>Name in C.</summary>
    public string CName { get; }

    /// <summary>Bytes of the struct.</summary>
    public int Size { get; }

    /// <summary>The fields in the order of their offsets.</summary>
    public IReadOnlyList<WireField> Fields { get; }

    /// <summary>All shared structs: first those of the hypercalls, then those of packages.</summary>
    public static IReadOnlyList<WireStruct> All { get; } =
    [
        Of<ManagerInfo>(), Of<UpdateDescriptor>(), Of<FunctionDescriptor>(), Of<ContextDescriptor>(), Of<ActivationReport>(),
        Of<UpdateStatus>(), Of<OperatorRequest>(), Of<OperatorResponse>(), Of<JournalEntry>(),
        Of<TypeDescriptor>(), Of<FieldDescriptor>(), Of<InstanceDescriptor>(), Of<InstanceChange>(), Of<UpdateEvent>(), Of<WritableRange>(),
        Of<PackageManifest>(), Of<PackageDependency>(), Of<PackageFunction>(), Of<PackageCallback>(), Of<PackageType>(), Of<PackageField>(), Of<PackageHandler>(), Of<PackageSignature>(),
    ];

    /// <summary>The layout of one struct.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <exception cref="InvalidOperationException">A field has a type that can't cross the border, or the compiler would pad the struct.</exception>
    public static WireStruct Of<T>()
        where T : unmanaged, IWireStruct
    {
        var fields = new List<WireField>();
        var offset = 0;
        foreach (var field in typeof(T).GetFields(BindingFlags.Public | BindingFlags.Instance).OrderBy(f => f.MetadataToken))
        {
            var (cType, unit, count) = Describe(field.FieldType);
            if (offset % unit != 0)
            {
                throw new InvalidOperationException($"{typeof(T).Name}.{field.Name} is not aligned: add explicit padding before it");
            }

            var size = unit * Math.Max(count, 1);
            fields.Add(new WireField(field.Name, CNames.Field(field.Name), cType, count, offset, size));
            offset += size;
        }

        return offset == Unsafe.SizeOf<T>()
            ? new WireStruct(typeof(T), T.CName, offset, fields)
            : throw new InvalidOperationException($"{typeof(T).Name} has hidden padding: fields end at {offset}, the struct at {Unsafe.SizeOf<T>()}");
    }

    private static (string CType, int Unit, int Count) Describe(Type type)
    {
        if (type == typeof(uint))
        {
            return ("lucos_u32", sizeof(uint), 0);
        }

        if (type == typeof(ulong))
        {
            return ("lucos_u64", sizeof(ulong), 0);
        }

        var length = type.GetCustomAttribute<InlineArrayAttribute>()?.Length
            ?? throw new InvalidOperationException($"{type.Name} can't be a field of a shared struct");
        return (type.Name.StartsWith("Text", StringComparison.Ordinal) ? "char" : "lucos_u8", 1, length);
    }
}
