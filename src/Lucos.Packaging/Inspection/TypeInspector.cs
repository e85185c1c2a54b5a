using System.Globalization;
using System.Text.Json;

namespace Lucos.Packaging.Inspection;

/// <summary>Describes what a package says about data.</summary>
internal static class TypeInspector
{
    public static TypeDescription Describe(UpdatePackage package, PackagedType type) => new()
    {
        Name = type.Name,
        Source = Word(type.Source),
        Of = type.OldVariable?.Name ?? type.Cache,
        NewVariable = type.NewVariable?.Name,
        Placement = Word(type.Placement),
        Interception = Word(type.Interception),
        Transfer = Word(type.Transfer),
        OldSize = type.OldSize,
        NewSize = type.NewSize,
        ExtraSize = type.ExtraSize,
        SharedHead = type.SharedHead,
        Lock = type.LockOffset is { } offset ? string.Create(CultureInfo.InvariantCulture, $"+0x{offset:x}") : type.Lock?.Name,
        LockSize = type.LockSize,
        ToNew = type.ToNew.Name,
        ToOld = type.ToOld?.Name,
        Representable = type.Representable?.Name,
        Release = type.Release?.Name,
        Moved = type.Moved?.Name,
        State = type.State.Name,
        Preserves = [.. package.Fields.Where(f => f.Type.Name == type.Name).Select(f => new FieldDescription(f.Offset, f.Size))],
        HandledBy = package.Handlers.Count == 0 ? [] : [.. package.Functions.Where(f => package.TypesOf(f).Contains(type)).Select(f => f.QualifiedName)],
    };

    /// <summary>The callbacks that are about a function or a type.</summary>
    public static IEnumerable<CallbackDescription> Callbacks(UpdatePackage package) =>
        from callback in package.Callbacks
        let subject = callback.Subject
        where subject is not null
        select new CallbackDescription(Word(callback.Kind), subject, callback.Function.Name);

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
