using System.Security.Cryptography;

namespace Lucos.Control.Recording;

/// <summary>Splits a record into lines of bounded length and hashes what went by.</summary>
internal sealed class RecordReader(Stream stream) : IDisposable
{
    private readonly BufferedStream _stream = new(stream, 1 << 16);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _line;

    /// <summary>SHA-256 of all lines before the one that was read last.</summary>
    internal string HashBefore { get; private set; } = "";

    /// <summary>Whether the line that was read last had its end.</summary>
    internal bool LineEnded { get; private set; }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    /// <summary>Reads the next line. Returns false at the end of the file.</summary>
    internal bool TryNext(out byte[] line)
    {
        _line++;
        HashBefore = Convert.ToHexStringLower(_hash.GetCurrentHash());
        using var bytes = new MemoryStream();
        int value;
        while ((value = _stream.ReadByte()) is not (-1 or '\n'))
        {
            bytes.WriteByte((byte)value);
            if (bytes.Length > RecordLines.Longest)
            {
                throw Wrong($"the line is longer than {RecordLines.Longest >> 20} MiB");
            }
        }

        line = bytes.ToArray();
        LineEnded = value == '\n';
        _hash.AppendData(line);
        _hash.AppendData("\n"u8);
        return LineEnded || line.Length > 0;
    }

    internal RecordException Wrong(string problem) => new($"record-damaged: line {_line}: {problem}");
}
