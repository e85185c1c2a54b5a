using Lucos.Abi;

namespace Lucos.Packaging;

/// <summary>One thing that is wrong with a package or an object that was to become one.</summary>
/// <param name="Refusal">Why it is refused.</param>
/// <param name="Where">What it concerns: a function, symbol or section; <c>package</c> for the whole.</param>
/// <param name="Detail">What was expected and what was found.</param>
public sealed record PackageDiagnostic(Refusal Refusal, string Where, string Detail)
{
    /// <summary>The stable identifier of the refusal.</summary>
    public string Id => Refusal.Id();

    /// <summary>What the reader can do about it.</summary>
    public string WhatToDo => Refusal.WhatToDo();

    /// <summary>The form that people read: <c>missing-symbol sys_raed: the kernel has no such symbol</c>.</summary>
    public override string ToString() => $"{Id} {Where}: {Detail}";
}
