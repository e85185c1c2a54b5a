using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>A function of a package that is called at a step of the update.</summary>
/// <param name="Kind">At which step.</param>
/// <param name="Function">Where the function lies.</param>
/// <param name="NewFunction">The replacement of the function that is left, for <see cref="CallbackKind.FunctionLeft"/> and <see cref="CallbackKind.ThreadsLeft"/>; else null.</param>
/// <param name="Type">The type whose old versions are left, for <see cref="CallbackKind.DataLeft"/>; else null.</param>
public sealed record PackagedCallback(CallbackKind Kind, CodePlace Function, CodePlace? NewFunction = null, PackagedType? Type = null)
{
    /// <summary>What the callback is about: the name of the new function or of the type; null when it is about the update.</summary>
    public string? Subject => NewFunction?.Name ?? Type?.Name;
}
