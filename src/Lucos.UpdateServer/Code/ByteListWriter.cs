using Iced.Intel;

namespace Lucos.UpdateServer.Code;

/// <summary>Appends what an encoder emits to a list.</summary>
internal sealed class ByteListWriter(List<byte> bytes) : CodeWriter
{
    /// <inheritdoc/>
    public override void WriteByte(byte value) => bytes.Add(value);
}
