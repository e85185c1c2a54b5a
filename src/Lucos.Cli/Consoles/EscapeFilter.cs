namespace Lucos.Cli.Consoles;

/// <summary>Looks for the escape in what a person types to the guest: Ctrl-A x ends, Ctrl-A Ctrl-A is one Ctrl-A.</summary>
internal sealed class EscapeFilter
{
    private const byte Escape = 1;

    private bool _escaped;

    /// <summary>Whether the end was asked for.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>What of some input is meant for the guest.</summary>
    /// <param name="typed">The input.</param>
    public byte[] Filter(ReadOnlySpan<byte> typed)
    {
        var passed = new List<byte>(typed.Length);
        foreach (var key in typed)
        {
            if (_escaped)
            {
                _escaped = false;
                IsEnd |= key is (byte)'x' or (byte)'X';
                if (key == Escape)
                {
                    passed.Add(key);
                }
            }
            else if (key == Escape)
            {
                _escaped = true;
            }
            else
            {
                passed.Add(key);
            }
        }

        return [.. passed];
    }
}
