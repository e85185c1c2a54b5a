using System.Text.RegularExpressions;

namespace Lucos.Abi.Rendering;

/// <summary>How names of this assembly are spelled in C.</summary>
public static partial class CNames
{
    private static readonly Dictionary<string, (string Name, string Prefix)> s_enumerations = new()
    {
        [nameof(Hypercall)] = ("lucos_hypercall_number", "LUCOS_HC_"),
        [nameof(Refusal)] = ("lucos_refusal", "LUCOS_REFUSAL_"),
        [nameof(UpdateState)] = ("lucos_update_state", "LUCOS_UPDATE_"),
        [nameof(ContextKind)] = ("lucos_context_kind", "LUCOS_CONTEXT_"),
        [nameof(RequestKind)] = ("lucos_request_kind", "LUCOS_REQUEST_"),
        [nameof(JournalKind)] = ("lucos_journal_kind", "LUCOS_JOURNAL_"),
        [nameof(DependencyKind)] = ("lucos_dependency_kind", "LUCOS_DEPENDENCY_"),
        [nameof(CallbackKind)] = ("lucos_callback_kind", "LUCOS_CALLBACK_"),
        [nameof(InstanceSource)] = ("lucos_instance_source", "LUCOS_SOURCE_"),
        [nameof(Placement)] = ("lucos_placement", "LUCOS_PLACEMENT_"),
        [nameof(Interception)] = ("lucos_interception", "LUCOS_INTERCEPTION_"),
        [nameof(TransferPoint)] = ("lucos_transfer_point", "LUCOS_TRANSFER_"),
        [nameof(UpdateEventKind)] = ("lucos_event_kind", "LUCOS_EVENT_"),
    };

    /// <summary>The enums that are rendered, in order.</summary>
    public static IReadOnlyList<Type> Enumerations { get; } =
    [
        typeof(Hypercall), typeof(Refusal), typeof(UpdateState), typeof(ContextKind), typeof(RequestKind), typeof(JournalKind),
        typeof(DependencyKind), typeof(CallbackKind), typeof(InstanceSource), typeof(Placement), typeof(Interception),
        typeof(TransferPoint), typeof(UpdateEventKind),
    ];

    /// <summary>The C name of an enum.</summary>
    /// <param name="type">Its name in C#.</param>
    public static string Enumeration(string type) => s_enumerations[type].Name;

    /// <summary>The C name of a constant or an enum's member.</summary>
    /// <param name="type">Name in C# of the type that declares it.</param>
    /// <param name="name">Its name in C#.</param>
    public static string Constant(string type, string name) =>
        type == nameof(AbiVersion) ? "LUCOS_ABI_VERSION" : Prefix(type) + Snake(name).ToUpperInvariant();

    /// <summary>The C name of a struct's field.</summary>
    /// <param name="name">Its name in C#.</param>
    public static string Field(string name) => Snake(name).ToLowerInvariant();

    private static string Prefix(string type) => s_enumerations.TryGetValue(type, out var known) ? known.Prefix : "LUCOS_";

    private static string Snake(string name) => WordStart().Replace(name, "_");

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
