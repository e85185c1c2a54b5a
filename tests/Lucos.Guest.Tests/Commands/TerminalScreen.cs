using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Lucos.Guest.Tests.Commands;

/// <summary>What a person sees on a terminal of a size: as much of an xterm as is needed. A sequence that it does not know fails the test.</summary>
internal sealed partial class TerminalScreen(int columns, int rows)
{
    private readonly List<StringBuilder> _lines = [new()];
    private readonly SortedSet<string> _modes = new(StringComparer.Ordinal);
    private readonly StringBuilder _written = new();
    private string _rest = "";
    private int _row;
    private int _column;

    /// <summary>All lines, also those that have left the screen at its top.</summary>
    internal string Text => string.Join('\n', _lines.Select(line => line.ToString().TrimEnd()));

    /// <summary>All that was written, as it came.</summary>
    internal string Written => _written.ToString();

    /// <summary>How often something was drawn over.</summary>
    internal int Redrawn { get; private set; }

    /// <summary>Whether the cursor stands at the beginning of a line below all that is written.</summary>
    internal bool IsAtLineStart => _column == 0 && _row == _lines.Count - 1 && _lines[_row].Length == 0;

    /// <summary>Modes that were set and not reset: attributes of characters, a hidden cursor, keys that send other codes.</summary>
    internal IReadOnlySet<string> Modes => _modes;

    /// <summary>Takes what a program writes.</summary>
    internal void Write(string text)
    {
        _written.Append(text);
        text = _rest + text;
        _rest = "";
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\u001b')
            {
                Put(text[at]);
                continue;
            }

            var sequence = Sequence().Match(text, at);
            if (!sequence.Success)
            {
                _rest = text[at..];
                Assert.That(_rest, Has.Length.LessThan(16), "an escape sequence that is unknown");
                return;
            }

            Do(sequence.Groups[1].Value, sequence.Value);
            at += sequence.Length - 1;
        }
    }

    private void Put(char c)
    {
        switch (c)
        {
            case '\r':
                _column = 0;
                break;
            case '\n':
                _row++;
                break;
            default:
                Assert.That(char.IsControl(c), Is.False, $"control character {(int)c}");
                Draw(c);
                break;
        }

        AddLine();
    }

    // One that is wider than the terminal goes on in the next line: then the program must count it as two.
    private void Draw(char c)
    {
        if (_column == columns)
        {
            _row++;
            _column = 0;
            AddLine();
        }

        var line = _lines[_row];
        line.Append(' ', Math.Max(0, _column - line.Length));
        line.Length = Math.Max(line.Length, _column + 1);
        line[_column++] = c;
    }

    private void AddLine()
    {
        if (_row == _lines.Count)
        {
            _lines.Add(new StringBuilder());
        }
    }

    private void Do(string parameter, string sequence)
    {
        switch (sequence[^1])
        {
            case 'A':
                var up = int.Parse(parameter, CultureInfo.InvariantCulture);
                Assert.That(up, Is.LessThan(rows).And.LessThanOrEqualTo(_row), "the cursor would stop at the top of the screen, below what was to be drawn over");
                _row -= up;
                Redrawn++;
                break;
            case 'J':
                _lines[_row].Length = Math.Min(_lines[_row].Length, _column);
                _lines.RemoveRange(_row + 1, _lines.Count - _row - 1);
                break;
            case 'm':
                Set("attributes", parameter is not ("" or "0"));
                break;
            case 'h' or 'l':
                // What is hidden by ?25l is shown by ?25h; all other modes are set by h.
                Set(parameter, sequence[^1] == 'h' != (parameter == "?25"));
                break;
            case '=' or '>':
                Set("keypad", sequence[^1] == '=');
                break;
            default:
                Assert.Fail($"an escape sequence that is unknown: {sequence[1..]}");
                break;
        }
    }

    private void Set(string mode, bool isSet)
    {
        if (isSet)
        {
            _modes.Add(mode);
        }
        else
        {
            _modes.Remove(mode);
        }
    }

    [GeneratedRegex(@"\G\u001b(?:\[([?0-9;]*)[A-Za-z]|[=>])")]
    private static partial Regex Sequence();
}
