using System.Runtime.CompilerServices;

namespace Lucos.Abi.Fields;

/// <summary>20 bytes inside a shared struct.</summary>
[InlineArray(Length)]
public struct Bytes20
{
    /// <summary>Bytes of the field.</summary>
    public const int Length = 20;

    private byte _first;

    /// <summary>A field that holds the bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public static Bytes20 From(ReadOnlySpan<byte> bytes)
    {
        var field = default(Bytes20);
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"20 bytes expected, {bytes.Length} given", nameof(bytes));
        }

        bytes.CopyTo(field);
        return field;
    }

    /// <summary>A copy of the bytes.</summary>
    public readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();

    /// <summary>The bytes in lower-case hexadecimal.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
