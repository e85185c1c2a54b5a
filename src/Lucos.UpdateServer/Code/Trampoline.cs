using System.Buffers.Binary;
using Lucos.Abi;

namespace Lucos.UpdateServer.Code;

/// <summary>The five-byte jump <c>E9 rel32</c> (Intel SDM vol. 2, JMP).</summary>
public static class Trampoline
{
    /// <summary>Bytes of the jump.</summary>
    public const int Length = (int)UpdateLimits.JumpSize;

    private const byte JmpRel32 = 0xe9;

    /// <summary>Encodes a jump from <paramref name="place"/> to <paramref name="target"/>.</summary>
    /// <returns>False if the distance does not fit 32 bits signed.</returns>
    public static bool TryEncode(ulong place, ulong target, out byte[] code)
    {
        code = new byte[Length];
        long distance = unchecked((long)(target - (place + Length)));
        if (distance is < int.MinValue or > int.MaxValue)
        {
            return false;
        }

        code[0] = JmpRel32;
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(1), (int)distance);
        return true;
    }
}
