using System.Globalization;
using System.Text;

namespace Lucos.Abi.Rendering;

/// <summary>Renders the tables of this project's document: everything from its heading "Numbers and structs" on.</summary>
public static class MarkdownTables
{
    /// <summary>The heading at which the rendered part starts.</summary>
    public const string Heading = "## Numbers and structs\n";

    /// <summary>The rendered part, its heading first.</summary>
    /// <param name="comments">Where the descriptions come from.</param>
    public static string Render(DocComments comments)
    {
        ArgumentNullException.ThrowIfNull(comments);
        var text = new StringBuilder(Heading)
            .Append("\nRendered from the C# declarations, like `lucos_abi.h`; a test proves that neither has drifted.\n")
            .Append("\n### Refusals\n\n| code | identifier | meaning | what to do |\n|---|---|---|---|\n");
        foreach (var refusal in Refusals.All)
        {
            Row(text, ((uint)refusal.Code).ToString(CultureInfo.InvariantCulture), $"`{refusal.Id}`", refusal.Meaning, refusal.WhatToDo);
        }

        foreach (var type in CNames.Enumerations.Where(t => t != typeof(Refusal)))
        {
            Enumeration(text, type, comments);
        }

        Structs(text, "Structs of hypercalls", s => !IsPackage(s), comments);
        Structs(text, "Structs of packages", IsPackage, comments);
        return text.ToString();
    }

    private static bool IsPackage(WireStruct layout) => layout.CName.StartsWith("lucos_package_", StringComparison.Ordinal);

    private static void Enumeration(StringBuilder text, Type type, DocComments comments)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n### `enum {CNames.Enumeration(type.Name)}`\n\n{comments.OfType(type)}\n\n| value | name | meaning |\n|---|---|---|\n");
        foreach (var name in Enum.GetNames(type))
        {
            var field = type.GetField(name)!;
            Row(text, Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)!, $"`{CNames.Constant(type.Name, name)}`", comments.OfField(field));
        }
    }

    private static void Structs(StringBuilder text, string heading, Func<WireStruct, bool> which, DocComments comments)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n### {heading}\n");
        foreach (var layout in WireStruct.All.Where(which))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n#### `struct {layout.CName}`, {layout.Size} bytes\n\n{comments.OfType(layout.Type)}\n\n| offset | bytes | field | meaning |\n|---|---|---|---|\n");
            foreach (var field in layout.Fields)
            {
                Row(text, $"0x{field.Offset:x}", field.Size.ToString(CultureInfo.InvariantCulture), $"`{field.CName}`", comments.OfField(layout.Type.GetField(field.Name)!));
            }
        }
    }

    private static void Row(StringBuilder text, params string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
