namespace Lucos.Packaging.Reading;

/// <summary>The addresses at the end of a <see cref="Abi.PackageType"/>, in their order.</summary>
internal enum TypeAddress
{
    OldVariable,
    NewVariable,
    Lock,
    ToNew,
    ToOld,
    Representable,
    Release,
    Moved,
    State,
}
