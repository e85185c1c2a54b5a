using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Lucos.Abi.Rendering;

/// <summary>The XML documentation of this assembly, so that C header and documents carry the same words as the C# source.</summary>
public sealed partial class DocComments
{
    private readonly Dictionary<string, string> _summaries;

    private DocComments(Dictionary<string, string> summaries) => _summaries = summaries;

    /// <summary>Loads the documentation file that the compiler wrote beside the assembly.</summary>
    /// <param name="path">Path of <c>Lucos.Abi.xml</c>.</param>
    public static DocComments Load(string path) => new(XDocument.Load(path).Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => (string)member.Attribute("name")!, member => Flatten(member.Element("summary")!)));

    /// <summary>The summary of a type, or empty.</summary>
    /// <param name="type">The type.</param>
    public string OfType(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return _summaries.GetValueOrDefault($"T:{type.FullName}", "");
    }

    /// <summary>The summary of a field or an enum's member, or empty.</summary>
    /// <param name="field">The field.</param>
    public string OfField(FieldInfo field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return _summaries.GetValueOrDefault($"F:{field.DeclaringType!.FullName}.{field.Name}", "");
    }

    private static string Flatten(XElement summary)
    {
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" } link => CReference((string)link.Attribute("cref")!),
            XElement { Name.LocalName: "c" } code => code.Value,
            _ => "",
        }));
        return ArticleBeforeStruct().Replace(Whitespace().Replace(text, " ").Trim(), "$1 struct");
    }

    private static string CReference(string cref)
    {
        if (cref.StartsWith("F:", StringComparison.Ordinal))
        {
            var dot = cref.LastIndexOf('.');
            return CNames.Constant(cref[2..dot].Split('.')[^1], cref[(dot + 1)..]);
        }

        var type = typeof(DocComments).Assembly.GetType(cref[2..]);
        return type switch
        {
            { IsEnum: true } => "enum " + CNames.Enumeration(type.Name),
            { IsValueType: true } => "struct " + type.GetProperty(nameof(IWireStruct.CName))!.GetValue(null),
            _ => cref[(cref.LastIndexOf('.') + 1)..],
        };
    }

    [GeneratedRegex(@"\b([Aa])n struct\b")]
    private static partial Regex ArticleBeforeStruct();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
