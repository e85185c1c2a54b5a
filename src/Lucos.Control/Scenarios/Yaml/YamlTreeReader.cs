using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lucos.Control.Scenarios.Yaml;

/// <summary>
/// Reads the strict part of YAML that scenarios use: one document of mappings, lists and scalars. Anchors, aliases, tags,
/// a key given twice and nesting deeper than <see cref="MaximumDepth"/> are errors, so a hostile file can't blow up.
/// </summary>
public sealed class YamlTreeReader
{
    /// <summary>Deepest nesting accepted.</summary>
    public const int MaximumDepth = 32;

    /// <summary>Longest file accepted, in characters.</summary>
    public const int MaximumLength = 1 << 20;

    private readonly IParser _parser;
    private readonly DiagnosticBag _bag;

    private YamlTreeReader(IParser parser, DiagnosticBag bag)
    {
        _parser = parser;
        _bag = bag;
    }

    /// <summary>Reads a document.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="bag">Takes what is wrong.</param>
    /// <returns>The root node, or null if the text can't be read as a whole.</returns>
    public static YamlNode? Read(string text, DiagnosticBag bag)
    {
        if (text.Length > MaximumLength)
        {
            bag.Add(new SourcePosition(1, 1), "too-large", $"the file has {text.Length} characters; at most {MaximumLength} are read");
            return null;
        }

        try
        {
            return new YamlTreeReader(new Parser(new StringReader(text)), bag).ReadDocument();
        }
        catch (YamlException e)
        {
            bag.Add(At(e.Start), "bad-yaml", e.InnerException?.Message ?? e.Message);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The YAML scanner gives up on some malformed texts in these ways instead.
            bag.Add(new SourcePosition(1, 1), "bad-yaml", $"the file is no YAML: {e.Message}");
            return null;
        }
    }

    private static SourcePosition At(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private YamlNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            _bag.Add(new SourcePosition(1, 1), "empty", "the file holds no document");
            return null;
        }

        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second))
        {
            _bag.Add(At(second.Start), "second-document", "a scenario file holds one document");
        }

        return root;
    }

    private YamlNode ReadNode(int depth)
    {
        var current = _parser.Current ?? throw new YamlException("the file ends in the middle of a node");
        if (depth > MaximumDepth)
        {
            throw new YamlException(current.Start, current.End, $"nested deeper than {MaximumDepth}");
        }

        RefuseDecorations(current);
        return current switch
        {
            Scalar => ReadText(),
            SequenceStart => ReadList(depth),
            MappingStart => ReadMap(depth),
            _ => throw new YamlException(current.Start, current.End, "aliases are not part of the scenario language"),
        };
    }

    private void RefuseDecorations(ParsingEvent current)
    {
        if (current is NodeEvent node && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
        {
            _bag.Add(At(node.Start), "decorated-node", "anchors and tags are not part of the scenario language");
        }
    }

    private YamlText ReadText()
    {
        var scalar = _parser.Consume<Scalar>();
        return new YamlText(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private YamlList ReadList(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<YamlNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new YamlList(At(start.Start), items);
    }

    private YamlMap ReadMap(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (key is not YamlText name)
            {
                _bag.Add(key.Position, "bad-key", $"a key must be a text, not {key.Kind}");
            }
            else if (!seen.TryAdd(name.Value, name.Position))
            {
                _bag.Add(name.Position, "duplicate-key", $"'{name.Value}' was given already at {seen[name.Value]}");
            }
            else
            {
                entries.Add(new YamlEntry(name, value));
            }
        }

        return new YamlMap(At(start.Start), entries);
    }
}
