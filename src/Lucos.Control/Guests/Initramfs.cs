using System.Globalization;
using System.Text;

namespace Lucos.Control.Guests;

/// <summary>Adds files to an initramfs (cpio archive of the "newc" form, cpio(5)).</summary>
public static class Initramfs
{
    private const int HeaderLength = 110;
    private const string Trailer = "TRAILER!!!";

    /// <summary>A copy of an archive with more files, placed in front of its end mark.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="files">Paths without a leading slash, and contents.</param>
    /// <exception cref="InvalidDataException">It is not such an archive.</exception>
    public static byte[] WithFiles(ReadOnlySpan<byte> archive, IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var end = FindTrailer(archive);
        using var result = new MemoryStream();
        result.Write(archive[..end]);
        var inode = 900_000;
        foreach (var (path, content) in files)
        {
            WriteEntry(result, path, content, inode++, 0x81A4);
        }

        WriteEntry(result, Trailer, [], 0, 0);
        while (result.Length % 512 != 0)
        {
            result.WriteByte(0);
        }

        return result.ToArray();
    }

    private static int FindTrailer(ReadOnlySpan<byte> archive)
    {
        long at = 0;
        while (at + HeaderLength <= archive.Length)
        {
            var header = archive.Slice((int)at, HeaderLength);
            if (!header.StartsWith("07070"u8))
            {
                break;
            }

            var size = Field(header, 6);
            var nameLength = Field(header, 11);
            var name = at + HeaderLength;
            if (nameLength < 1 || name + nameLength > archive.Length)
            {
                break;
            }

            if (archive.Slice((int)name, (int)nameLength - 1).SequenceEqual(Encoding.ASCII.GetBytes(Trailer)))
            {
                return (int)at;
            }

            at = Align(Align(name + nameLength) + size);
        }

        throw new InvalidDataException($"bad-initramfs: no cpio entry and no end mark at offset {at} of {archive.Length}");
    }

    private static long Align(long offset) => (offset + 3) & ~3L;

    /// <summary>The numbered field of a header: eight hexadecimal digits each behind the six of the magic.</summary>
    private static long Field(ReadOnlySpan<byte> header, int number) =>
        uint.TryParse(header.Slice(6 + (number * 8), 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new InvalidDataException("bad-initramfs: a header field is no hexadecimal number");

    private static void WriteEntry(MemoryStream to, string name, byte[] content, int inode, int mode)
    {
        int[] fields = [inode, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, name.Length + 1, 0];
        to.Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(f => f.ToString("X8", CultureInfo.InvariantCulture))) + name + "\0"));
        Pad(to);
        to.Write(content);
        Pad(to);
    }

    private static void Pad(MemoryStream to)
    {
        while (to.Length % 4 != 0)
        {
            to.WriteByte(0);
        }
    }
}
