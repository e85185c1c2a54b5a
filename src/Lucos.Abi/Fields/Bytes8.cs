using System.Runtime.CompilerServices;

namespace Lucos.Abi.Fields;

/// <summary>8 bytes inside a shared struct.</summary>
[InlineArray(Length)]
public struct Bytes8
{
    /// <summary>Bytes of the field.</summary>
    public const int Length = 8;

    private byte _first;

    /// <summary>A field that holds the bytes.</summary>
    /// <param name="bytes">Exactly 8 bytes.</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public static Bytes8 From(ReadOnlySpan<byte> bytes)
    {
        var field = default(Bytes8);
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"8 bytes expected, {bytes.Length} given", nameof(bytes));
        }

        bytes.CopyTo(field);
        return field;
    }

    /// <summary>A copy of the bytes.</summary>
    public readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();

    /// <summary>The bytes in lower-case hexadecimal.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
