using System.Globalization;
using System.Reflection;
using System.Text;

namespace Lucos.Abi.Rendering;

/// <summary>
/// Renders the guest's <c>lucos_abi.h</c>. It stands alone, so that the kernel, its modules and user programs can all include it.
/// </summary>
public sealed class CHeader
{
    private static readonly Type[] s_constants =
        [typeof(AbiVersion), typeof(GuestPorts), typeof(GuestLayout), typeof(UpdateLimits), typeof(UpdateFlags), typeof(PackageFormat)];

    private readonly StringBuilder _text = new();
    private readonly DocComments _comments;

    private CHeader(DocComments comments) => _comments = comments;

    /// <summary>The whole header.</summary>
    /// <param name="comments">Where the comments come from.</param>
    public static string Render(DocComments comments) => new CHeader(comments).RenderAll();

    private string RenderAll()
    {
        Preamble();
        foreach (var type in s_constants)
        {
            Constants(type);
        }

        foreach (var type in CNames.Enumerations)
        {
            Enumeration(type);
        }

        foreach (var layout in WireStruct.All)
        {
            Struct(layout);
        }

        Names("lucos_refusal_name", Refusals.All.Select(r => (CNames.Constant(nameof(Refusal), r.Code.ToString()), r.Id)), "none");
        Names("lucos_refusal_advice", Refusals.All.Select(r => (CNames.Constant(nameof(Refusal), r.Code.ToString()), r.WhatToDo)), "");
        Names("lucos_update_state_name", States(), "none");
        Line("#endif");
        return _text.ToString();
    }

    private void Preamble()
    {
        Line("/*");
        Line(" * lucos_abi.h: what the guest and the host agree on. Rendered from src/Lucos.Abi: do not edit;");
        Line(" * LUCOS_RENDER=1 dotnet test tests/Lucos.Abi.Tests writes it anew.");
        Line(" * All integers are little-endian, all structs have natural alignment and explicit padding,");
        Line(" * all text is UTF-8 ended by NUL.");
        Line(" */");
        Line("#ifndef LUCOS_ABI_H");
        Line("#define LUCOS_ABI_H");
        Line();
        Line("typedef __UINT8_TYPE__ lucos_u8;");
        Line("typedef __UINT32_TYPE__ lucos_u32;");
        Line("typedef __UINT64_TYPE__ lucos_u64;");
        Line();
    }

    private void Constants(Type type)
    {
        Comment(_comments.OfType(type).Split("  ")[0], "");
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static).OrderBy(f => f.MetadataToken))
        {
            Comment(_comments.OfField(field), "");
            Line($"#define {CNames.Constant(type.Name, field.Name)} {Literal(field.GetRawConstantValue())}");
        }

        Line();
    }

    private void Enumeration(Type type)
    {
        Comment(_comments.OfType(type), "");
        Line($"enum {CNames.Enumeration(type.Name)} {{");
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static).OrderBy(f => f.MetadataToken))
        {
            Comment(_comments.OfField(field), "\t");
            Line(string.Create(CultureInfo.InvariantCulture, $"\t{CNames.Constant(type.Name, field.Name)} = {field.GetRawConstantValue()},"));
        }

        Line("};");
        Line();
    }

    private void Struct(WireStruct layout)
    {
        Comment(_comments.OfType(layout.Type), "");
        Line($"struct {layout.CName} {{");
        foreach (var field in layout.Fields)
        {
            var array = field.Count > 0 ? $"[{field.Count}]" : "";
            var comment = _comments.OfField(layout.Type.GetField(field.Name)!);
            Line($"\t{field.CType} {field.CName}{array}; /* {comment} */");
        }

        Line("};");
        Line($"_Static_assert(sizeof(struct {layout.CName}) == {layout.Size}, \"size of {layout.CName}\");");
        foreach (var field in layout.Fields)
        {
            Line($"_Static_assert(__builtin_offsetof(struct {layout.CName}, {field.CName}) == {field.Offset}, \"{layout.CName}.{field.CName}\");");
        }

        Line();
    }

    private void Names(string function, IEnumerable<(string Constant, string Text)> names, string otherwise)
    {
        Line($"static inline const char *{function}(lucos_u32 code)");
        Line("{");
        Line("\tswitch (code) {");
        foreach (var (constant, text) in names)
        {
            Line($"\tcase {constant}: return \"{text}\";");
        }

        Line($"\tdefault: return \"{otherwise}\";");
        Line("\t}");
        Line("}");
        Line();
    }

    private static IEnumerable<(string Constant, string Text)> States() => Enum.GetValues<UpdateState>()
        .Where(state => state != UpdateState.None)
        .Select(state => (CNames.Constant(nameof(UpdateState), state.ToString()), state.Id()));

    private void Comment(string text, string indent)
    {
        if (text.Length > 0)
        {
            Line($"{indent}/* {text} */");
        }
    }

    private void Line(string text = "") => _text.Append(text).Append('\n');

    private static string Literal(object? value) => value switch
    {
        string text => $"\"{text}\"",
        ulong number => $"0x{number:x}ul",
        ushort number => $"0x{number:x}",
        byte number => $"0x{number:x}",
        uint number => number > 0xffffff ? $"0x{number:x}u" : $"{number}u",
        _ => throw new InvalidOperationException($"no C literal for {value}"),
    };
}
