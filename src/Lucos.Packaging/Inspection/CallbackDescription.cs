namespace Lucos.Packaging.Inspection;

/// <summary>A function that is called when something has been left.</summary>
/// <param name="Kind">When, such as <c>threads-left</c>.</param>
/// <param name="Subject">The new function or the type that it is about.</param>
/// <param name="Function">Name of the function that is called.</param>
public sealed record CallbackDescription(string Kind, string Subject, string Function);
