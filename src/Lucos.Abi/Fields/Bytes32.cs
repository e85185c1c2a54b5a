using System.Runtime.CompilerServices;

namespace Lucos.Abi.Fields;

/// <summary>32 bytes inside a shared struct.</summary>
[InlineArray(Length)]
public struct Bytes32
{
    /// <summary>Bytes of the field.</summary>
    public const int Length = 32;

    private byte _first;

    /// <summary>A field that holds the bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public static Bytes32 From(ReadOnlySpan<byte> bytes)
    {
        var field = default(Bytes32);
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"32 bytes expected, {bytes.Length} given", nameof(bytes));
        }

        bytes.CopyTo(field);
        return field;
    }

    /// <summary>A copy of the bytes.</summary>
    public readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();

    /// <summary>The bytes in lower-case hexadecimal.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
