namespace Lucos.Packaging.Inspection;

/// <summary>One relocation of code or data that is loaded.</summary>
/// <param name="Place">Section and offset.</param>
/// <param name="Type">Name of the type.</param>
/// <param name="Target">Symbol and addend.</param>
public sealed record RelocationDescription(string Place, string Type, string Target);
