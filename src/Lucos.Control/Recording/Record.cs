using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Lucos.Control.Recording;

/// <summary>A record that was read and checked.</summary>
/// <param name="Head">What was recorded.</param>
/// <param name="Entries">What happened, in order.</param>
/// <param name="IsComplete">Whether it has its end; without it, the recording program died and the rest may still be replayed.</param>
public sealed record Record(RecordHead Head, IReadOnlyList<RecordEntry> Entries, bool IsComplete)
{
    /// <summary>Largest kernel or initramfs in bytes.</summary>
    public const int LargestImage = 512 << 20;

    /// <summary>Reads a record.</summary>
    /// <param name="stream">The file.</param>
    /// <exception cref="RecordException">It is no record, of another version, damaged or altered; the message names the line.</exception>
    public static Record Read(Stream stream)
    {
        using var lines = new RecordReader(stream);
        var head = ReadHead(lines);
        var entries = new List<RecordEntry>();
        var complete = false;
        var trailed = 0UL;
        for (var last = default(RecordPosition); lines.TryNext(out var line);)
        {
            if (complete)
            {
                throw lines.Wrong("something follows the end");
            }

            if (!TryParse(line, lines, out var entry))
            {
                break;
            }

            RequireOrder(last, entry, lines);
            RequireSense(head, entry, ref trailed, lines);
            if (entry is RecordEntry.Ended end)
            {
                complete = end == end.Sealed(lines.HashBefore) ? true : throw lines.Wrong("the digest does not fit: the file was altered");
            }

            last = entry.At;
            entries.Add(entry);
        }

        return new Record(head, entries, complete);
    }

    /// <summary>Compresses an image for the head.</summary>
    /// <param name="image">Kernel or initramfs.</param>
    public static byte[] Pack(ReadOnlySpan<byte> image)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            brotli.Write(image);
        }

        return packed.ToArray();
    }

    /// <summary>The other way.</summary>
    /// <param name="packed">What <see cref="Pack"/> made.</param>
    /// <param name="what">Which image, for the message.</param>
    /// <param name="most">Most bytes; a small file could unpack to any number.</param>
    /// <exception cref="RecordException">It is damaged, or larger than that.</exception>
    public static byte[] Unpack(byte[] packed, string what, int most = LargestImage)
    {
        try
        {
            using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
            using var image = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int read; (read = brotli.Read(buffer)) > 0;)
            {
                image.Write(buffer, 0, read);
                if (image.Length > most)
                {
                    throw new RecordException($"record-damaged: line 1: the {what} is larger than {most} bytes");
                }
            }

            return image.ToArray();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new RecordException($"record-damaged: line 1: the {what} can't be unpacked: {e.Message}", e);
        }
    }

    private static RecordHead ReadHead(RecordReader lines)
    {
        if (!lines.TryNext(out var line))
        {
            throw lines.Wrong("the file is empty");
        }

        var (type, version) = Kind(line);
        if (type != RecordHead.Kind)
        {
            throw new RecordException($"not-a-record: line 1 does not begin a record of a guest (\"type\":\"{RecordHead.Kind}\")");
        }

        if (version is < RecordHead.OldestVersion or > RecordHead.CurrentVersion)
        {
            throw new RecordException(
                $"record-version: the record has version {version}, this program reads {RecordHead.OldestVersion} to {RecordHead.CurrentVersion}");
        }

        return Parse<RecordHead>(line, lines);
    }

    private static (string? Type, int Version) Kind(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
                && root.TryGetProperty("version", out var version) && version.TryGetInt32(out var number)
                ? (type.GetString(), number)
                : (null, 0);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, 0);
        }
    }

    // The program that wrote it may have died in the middle of the last line: what was whole before it counts.
    private static bool TryParse(byte[] line, RecordReader lines, out RecordEntry entry)
    {
        entry = null!;
        if (!lines.LineEnded)
        {
            return false;
        }

        entry = Parse<RecordEntry>(line, lines);
        return true;
    }

    private static T Parse<T>(byte[] line, RecordReader lines)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, RecordLines.Options) ?? throw lines.Wrong("null is no entry");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw lines.Wrong(e.Message);
        }
    }

    private static void RequireOrder(RecordPosition last, RecordEntry entry, RecordReader lines)
    {
        if (entry.At.Blocks < last.Blocks || entry.At.Time < last.Time || entry.At.Stops < last.Stops)
        {
            throw lines.Wrong($"{entry.At} comes after {last}");
        }
    }

    private static void RequireSense(RecordHead head, RecordEntry entry, ref ulong trailed, RecordReader lines)
    {
        switch (entry)
        {
            case RecordEntry.Memory memory:
                RequireSense(head, memory, lines);
                break;
            case RecordEntry.Trail trail:
                if (!head.IsExact)
                {
                    throw lines.Wrong("digests of blocks in a record that is not exact");
                }

                RequireSense(trail, trailed, lines);
                trailed = trail.At.Blocks;
                break;
        }
    }

    private static void RequireSense(RecordHead head, RecordEntry.Memory memory, RecordReader lines)
    {
        if (memory.Pages.Count != memory.Hashes.Count)
        {
            throw lines.Wrong($"{memory.Pages.Count} pages with {memory.Hashes.Count} hashes");
        }

        if (memory.Pages.Any(page => page >= (ulong)head.MemoryMiB << 8))
        {
            throw lines.Wrong($"a page outside of {head.MemoryMiB} MiB");
        }

        var granules = head.IsExact ? memory.Pages.Count * PageGranules.Bytes : 0;
        if ((memory.Granules?.Length ?? 0) != granules)
        {
            throw lines.Wrong($"{memory.Granules?.Length ?? 0} bytes of granules where there should be {granules}");
        }
    }

    private static void RequireSense(RecordEntry.Trail trail, ulong before, RecordReader lines)
    {
        if (trail.First != before + 1 || trail.Digests.Length % sizeof(ushort) != 0 || trail.Count is 0 or > RecordEntry.Trail.MostBlocks
            || trail.First + (ulong)trail.Count - 1 != trail.At.Blocks)
        {
            throw lines.Wrong($"{trail.Digests.Length} bytes of digests from block {trail.First} to {trail.At.Blocks}, behind block {before}");
        }

        if (trail.Turns.Count != trail.Cpus.Count || trail.Cpus.Any(cpu => cpu < 0))
        {
            throw lines.Wrong($"{trail.Turns.Count} turns of {trail.Cpus.Count} processors");
        }
    }
}
