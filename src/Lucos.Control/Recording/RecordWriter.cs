using System.Security.Cryptography;
using System.Text.Json;

namespace Lucos.Control.Recording;

/// <summary>
/// Writes a record as it happens, a line of JSON for each entry, and flushes inputs at once: what a program that dies has written up to
/// then can be replayed. Not thread-safe.
/// </summary>
public sealed class RecordWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Begins a record.</summary>
    /// <param name="stream">Where to; disposed with the writer.</param>
    /// <param name="head">What is recorded.</param>
    public RecordWriter(Stream stream, RecordHead head)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        WriteLine(JsonSerializer.SerializeToUtf8Bytes(head, RecordLines.Options));
        _stream.Flush();
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry; the end is written by <see cref="End"/>.</param>
    public void Add(RecordEntry entry)
    {
        WriteLine(JsonSerializer.SerializeToUtf8Bytes(entry, RecordLines.Options));
        if (entry is not (RecordEntry.Mark or RecordEntry.Memory or RecordEntry.Trail))
        {
            _stream.Flush();
        }
    }

    /// <summary>Ends the record.</summary>
    /// <param name="at">Where in the run.</param>
    /// <param name="reason">How the guest stood.</param>
    public void End(RecordPosition at, string reason) =>
        Add(new RecordEntry.Ended { At = at, Reason = reason, Sha256 = "" }.Sealed(Convert.ToHexStringLower(_hash.GetCurrentHash())));

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private void WriteLine(byte[] line)
    {
        _stream.Write(line);
        _stream.Write("\n"u8);
        _hash.AppendData(line);
        _hash.AppendData("\n"u8);
    }
}
