using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Lucos.Vmm.Tests.Snapshots;

/// <summary>A snapshot's file taken apart into records and put together again with right checksums: what somebody hostile can make.</summary>
internal sealed class ForgedSnapshot
{
    private const int FileHeader = 12;
    private const int RecordHeader = 52;
    private const int End = 4;
    private readonly byte[] _header;

    internal ForgedSnapshot(byte[] file)
    {
        _header = file[..FileHeader];
        HeaderBytes.AddRange(Enumerable.Range(0, FileHeader));
        for (int at = FileHeader; at < file.Length;)
        {
            HeaderBytes.AddRange(Enumerable.Range(at, RecordHeader));
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + 4));
            Records.Add(new Record(
                BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)),
                file[(at + RecordHeader)..(at + RecordHeader + length)],
                BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + 12))));
            at += RecordHeader + length;
        }
    }

    internal List<Record> Records { get; } = [];

    internal List<int> HeaderBytes { get; } = [];

    internal static byte[] RecordOf(int kind, byte[] content, long unpacked, long? length = null)
    {
        byte[] record = new byte[RecordHeader + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, kind);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(4), length ?? content.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(12), unpacked);
        content.CopyTo(record.AsSpan(RecordHeader));
        SHA256.HashData([.. record[..20], .. content]).CopyTo(record.AsSpan(20));
        return record;
    }

    /// <summary>The file, with the checksums of all records and of the whole made anew.</summary>
    internal byte[] ToFile()
    {
        List<byte> file = [.. _header];
        foreach (Record record in Records)
        {
            byte[] content = record.Content;
            if (record.Kind == End && content.Length >= 32)
            {
                content = [.. content[..^32], .. SHA256.HashData([.. file])];
            }

            file.AddRange(RecordOf(record.Kind, content, record.Unpacked));
        }

        return [.. file];
    }

    internal sealed record Record(int Kind, byte[] Content, long Unpacked);
}
