using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Lucos.Elf;
using Lucos.Unicorn;
using Lucos.Vmm.Cpu.Emulation;

namespace Lucos.Vmm.Snapshots;

/// <summary>
/// Reads a snapshot's file. Nothing in it is believed: no length is allocated that the file can't hold, no page lies outside of the RAM that
/// was described and checked, and every record's checksum and that of the whole must be right.
/// </summary>
internal sealed class SnapshotReader(Stream stream, string name) : IDisposable
{
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<StateSection> _sections = [];
    private long _at;
    private long _pages;
    private ulong _nextPage;

    public void Dispose() => _whole.Dispose();

    internal SnapshotDescription ReadDescription()
    {
        byte[] header = Take(SnapshotFormat.FileHeader, "the header");
        if (!header.AsSpan().StartsWith(SnapshotFormat.Magic))
        {
            throw Wrong("snapshot-foreign", "is no snapshot of a Lucos machine");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(SnapshotFormat.Magic.Length));
        if (version != SnapshotFormat.Version)
        {
            throw Wrong("snapshot-version", $"has format {version}, this program reads {SnapshotFormat.Version}; use the program that wrote it");
        }

        (RecordKind kind, byte[] content, _) = ReadRecord();
        return kind == RecordKind.Description
            ? SnapshotDescription.Load(new StateReader(new StateSection("description", 1, content)))
            : throw Damaged("the description does not come first");
    }

    /// <summary>Reads all of it.</summary>
    /// <param name="kernel">The kernel that the machine booted, if it booted one.</param>
    internal MachineSnapshot Read(KernelImage? kernel)
    {
        SnapshotDescription description = ReadDescription();
        RequireFit(description, kernel);
        using MemoryImageBuilder memory = new(description.Options.MemoryBytes);
        while (ReadNext(memory, description.Options.MemoryBytes))
        {
        }

        if (stream.Position != stream.Length)
        {
            throw Damaged($"{stream.Length - stream.Position} bytes follow its end");
        }

        return new MachineSnapshot(
            description.Options with { Kernel = kernel }, _sections, memory.Build(), description.Blocks, description.Nanoseconds);
    }

    private void RequireFit(SnapshotDescription description, KernelImage? kernel)
    {
        if (description.Emulator != EmulatorCheck.StateFormat)
        {
            throw Wrong("snapshot-emulator", $"was taken on {description.Emulator}; here is {EmulatorCheck.StateFormat}. Use the emulator it was taken on (LUCOS_UNICORN)");
        }

        string buildId = SnapshotDescription.BuildIdOf(kernel);
        if (description.KernelBuildId != buildId)
        {
            throw Wrong("snapshot-kernel", $"was taken of kernel {Name(description.KernelBuildId)}; the kernel given is {Name(buildId)}. Name the one it was taken of");
        }
    }

    private static string Name(string buildId) => buildId.Length == 0 ? "none" : buildId;

    private bool ReadNext(MemoryImageBuilder memory, ulong memoryBytes)
    {
        byte[] whole = _whole.GetCurrentHash();
        (RecordKind kind, byte[] content, long unpacked) = ReadRecord();
        switch (kind)
        {
            case RecordKind.Section when _pages == 0 && _sections.Count < SnapshotFormat.MaxSections:
                ReadSection(content);
                return true;
            case RecordKind.Pages:
                ReadPages(content, unpacked, memory, memoryBytes);
                return true;
            case RecordKind.End:
                ReadEnd(content, whole);
                return false;
            default:
                throw Damaged($"a record of kind {(int)kind} does not belong here");
        }
    }

    private void ReadSection(byte[] content)
    {
        StateReader reader = new(new StateSection($"record {_sections.Count}", 1, content));
        _sections.Add(new StateSection(reader.ReadText(64), reader.ReadInt32(), reader.ReadBytes()));
        reader.RequireEnd();
    }

    private void ReadPages(byte[] packed, long unpacked, MemoryImageBuilder memory, ulong memoryBytes)
    {
        StateReader reader = new(new StateSection("pages", 1, Unpack(packed, unpacked)));
        ulong[] offsets = new ulong[reader.ReadCount(SnapshotFormat.PagesPerRecord, SnapshotFormat.PageSize)];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = reader.ReadUInt64();
        }

        foreach (ulong offset in offsets)
        {
            if (offset < _nextPage || offset % SnapshotFormat.PageSize != 0 || offset >= memoryBytes)
            {
                throw Damaged($"a page at 0x{offset:x}, expected is a multiple of 4096 from 0x{_nextPage:x} to 0x{memoryBytes:x}");
            }

            memory.Write(offset, reader.ReadExactly(SnapshotFormat.PageSize));
            _nextPage = offset + SnapshotFormat.PageSize;
        }

        reader.RequireEnd();
        _pages += offsets.Length;
    }

    private byte[] Unpack(byte[] packed, long unpacked)
    {
        if (unpacked is < 0 or > SnapshotFormat.MaxPages)
        {
            throw Damaged($"a record of pages that has {unpacked} bytes unpacked, at most {SnapshotFormat.MaxPages} are allowed");
        }

        byte[] content = new byte[unpacked];
        try
        {
            using ZLibStream unpack = new(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
            unpack.ReadExactly(content);
            return unpack.ReadByte() < 0 ? content : throw Damaged($"a record of pages has more than {unpacked} bytes unpacked");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged($"a record of pages can't be unpacked: {e.Message}");
        }
    }

    private void ReadEnd(byte[] content, byte[] whole)
    {
        StateReader reader = new(new StateSection("end", 1, content));
        int sections = reader.ReadInt32();
        long pages = reader.ReadInt64();
        byte[] digest = reader.ReadBytes(SnapshotFormat.DigestLength);
        reader.RequireEnd();
        if (sections != _sections.Count || pages != _pages || !digest.AsSpan().SequenceEqual(whole))
        {
            throw Damaged($"its end says {sections} sections and {pages} pages, found are {_sections.Count} and {_pages}; or the checksum of the whole is wrong");
        }
    }

    private (RecordKind Kind, byte[] Content, long Unpacked) ReadRecord()
    {
        long start = _at;
        byte[] header = Take(SnapshotFormat.RecordHeader, "a record");
        int kind = BinaryPrimitives.ReadInt32LittleEndian(header);
        long length = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(SnapshotFormat.KindLength));
        long unpacked = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(SnapshotFormat.KindLength + SnapshotFormat.LengthLength));
        if (length is < 0 or > SnapshotFormat.MaxSection)
        {
            throw Damaged($"the record at byte {start} has {length} bytes, at most {SnapshotFormat.MaxSection} are allowed");
        }

        byte[] content = Take((int)length, $"the record at byte {start}");
        if (!RecordDigest.Compute(header, content).AsSpan().SequenceEqual(header.AsSpan(header.Length - SnapshotFormat.DigestLength)))
        {
            throw Damaged($"the checksum of the record at byte {start} is wrong");
        }

        return ((RecordKind)kind, content, unpacked);
    }

    // Asks the file how long it is before anything is allocated for what it claims to hold.
    private byte[] Take(int length, string what)
    {
        if (stream.Length - stream.Position < length)
        {
            throw Wrong("snapshot-truncated", $"ends at byte {stream.Length}, in {what}; {length - (stream.Length - stream.Position)} bytes are missing");
        }

        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        _whole.AppendData(bytes);
        _at += length;
        return bytes;
    }

    private SnapshotException Damaged(string problem) => Wrong("snapshot-damaged", $"before byte {_at}: {problem}");

    private SnapshotException Wrong(string reason, string problem) => new($"{reason}: {name} {problem}");
}
