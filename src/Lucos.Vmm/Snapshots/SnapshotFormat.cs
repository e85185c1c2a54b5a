namespace Lucos.Vmm.Snapshots;

/// <summary>
/// Numbers of the file format. A file is the magic, the version, and records; a record is its kind, the length of what is stored, the length of
/// that when unpacked, a SHA-256 of all this and what is stored, and what is stored. Numbers are little-endian.
/// </summary>
internal static class SnapshotFormat
{
    internal const uint Version = 1;
    internal const int KindLength = 4;
    internal const int LengthLength = 8;
    internal const int DigestLength = 32;
    internal const int RecordHeader = KindLength + (2 * LengthLength) + DigestLength;
    internal const int FileHeader = 8 + sizeof(uint);

    /// <summary>Pages in one record: what is unpacked at once stays small.</summary>
    internal const int PagesPerRecord = 512;
    internal const int PageSize = 4096;
    internal const int MaxPages = sizeof(int) + (PagesPerRecord * (sizeof(ulong) + PageSize));
    internal const int MaxSections = 1024;
    internal const int MaxSection = 256 << 20;

    internal static ReadOnlySpan<byte> Magic => "LUCOSNAP"u8;
}
