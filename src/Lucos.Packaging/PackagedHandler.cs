namespace Lucos.Packaging;

/// <summary>A statement that a function handles a type. Functions of which there is none handle all types.</summary>
/// <param name="Function">Where the new function lies.</param>
/// <param name="Type">The type; null: it handles none.</param>
public sealed record PackagedHandler(CodePlace Function, PackagedType? Type)
{
    internal (int Section, ulong Offset) Place => (Function.Section.Index, Function.Offset);

    internal bool IsAbout(CodePlace place) => Place == (place.Section.Index, place.Offset);
}
