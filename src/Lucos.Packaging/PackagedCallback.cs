using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>A function of a package that is called at a step of the update.</summary>
/// <param name="Kind">At which step.</param>
/// <param name="Function">Where the function lies.</param>
public sealed record PackagedCallback(CallbackKind Kind, CodePlace Function);
