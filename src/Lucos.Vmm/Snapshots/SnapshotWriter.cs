using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Lucos.Vmm.Snapshots;

/// <summary>Writes a snapshot as a file's content; see <see cref="SnapshotFormat"/>.</summary>
internal sealed class SnapshotWriter(Stream stream) : IDisposable
{
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<ulong> _offsets = [];
    private readonly MemoryStream _contents = new();
    private long _pages;

    public void Dispose()
    {
        _whole.Dispose();
        _contents.Dispose();
    }

    internal void Write(MachineSnapshot snapshot)
    {
        Span<byte> header = stackalloc byte[SnapshotFormat.FileHeader];
        SnapshotFormat.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[SnapshotFormat.Magic.Length..], SnapshotFormat.Version);
        Put(header);
        WriteRecord(RecordKind.Description, SnapshotDescription.Of(snapshot).Save);
        foreach (StateSection section in snapshot.Sections)
        {
            WriteRecord(RecordKind.Section, writer =>
            {
                writer.WriteText(section.Name);
                writer.WriteInt32(section.Version);
                writer.WriteBytes(section.Content.Span);
            });
        }

        snapshot.Image.ForEachUsedPage(AddPage);
        FlushPages();
        WriteEnd(snapshot.Sections.Count);
    }

    private void AddPage(ulong offset, ReadOnlySpan<byte> content)
    {
        _offsets.Add(offset);
        _contents.Write(content);
        if (_offsets.Count == SnapshotFormat.PagesPerRecord)
        {
            FlushPages();
        }
    }

    private void FlushPages()
    {
        if (_offsets.Count == 0)
        {
            return;
        }

        using MemoryStream packed = new();
        StateWriter index = new();
        index.WriteCount(_offsets.Count);
        _offsets.ForEach(index.WriteUInt64);
        using (ZLibStream pack = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            pack.Write(index.Written.Span);
            pack.Write(_contents.GetBuffer().AsSpan(0, (int)_contents.Length));
        }

        WriteRecord(RecordKind.Pages, packed.GetBuffer().AsSpan(0, (int)packed.Length), index.Written.Length + _contents.Length);
        _pages += _offsets.Count;
        _offsets.Clear();
        _contents.SetLength(0);
    }

    private void WriteEnd(int sections)
    {
        byte[] digest = _whole.GetCurrentHash();
        WriteRecord(RecordKind.End, writer =>
        {
            writer.WriteInt32(sections);
            writer.WriteInt64(_pages);
            writer.WriteBytes(digest);
        });
    }

    private void WriteRecord(RecordKind kind, Action<StateWriter> write)
    {
        StateWriter content = new();
        write(content);
        WriteRecord(kind, content.Written.Span, content.Written.Length);
    }

    private void WriteRecord(RecordKind kind, ReadOnlySpan<byte> stored, long unpacked)
    {
        Span<byte> header = stackalloc byte[SnapshotFormat.RecordHeader];
        BinaryPrimitives.WriteInt32LittleEndian(header, (int)kind);
        BinaryPrimitives.WriteInt64LittleEndian(header[SnapshotFormat.KindLength..], stored.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[(SnapshotFormat.KindLength + SnapshotFormat.LengthLength)..], unpacked);
        RecordDigest.Compute(header, stored).CopyTo(header[^SnapshotFormat.DigestLength..]);
        Put(header);
        Put(stored);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _whole.AppendData(bytes);
        stream.Write(bytes);
    }
}
