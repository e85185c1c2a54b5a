using System.Buffers.Binary;
using static Lucos.Vmm.Differential.Tests.Harness.HarnessLayout;

namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>Writes the image as an ELF file with the PVH note that <c>qemu-system-x86_64 -kernel</c> boots.</summary>
internal static class ElfImage
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int NoteAt = HeaderSize + (3 * ProgramHeaderSize);
    private const int NoteSize = 24;
    private const int DriverAt = 0x1000;

    internal static void Write(HarnessImage image, string path)
    {
        int programsAt = DriverAt + image.DriverImage.Length;
        byte[] file = new byte[programsAt + image.ProgramBytes.Length];
        WriteHeader(file);
        WriteSegment(file, 0, 4, NoteAt, 0, NoteSize);
        WriteSegment(file, 1, 1, DriverAt, Driver, image.DriverImage.Length);
        WriteSegment(file, 2, 1, programsAt, HarnessLayout.Programs, image.ProgramBytes.Length);
        WriteNote(file.AsSpan(NoteAt));
        image.DriverImage.CopyTo(file.AsSpan(DriverAt));
        image.ProgramBytes.CopyTo(file.AsSpan(programsAt));
        File.WriteAllBytes(path, file);
    }

    private static void WriteHeader(Span<byte> file)
    {
        ReadOnlySpan<byte> identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], 62);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], PvhEntry);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 3);
    }

    private static void WriteSegment(Span<byte> file, int index, uint type, int offset, ulong address, int length)
    {
        Span<byte> header = file[(HeaderSize + (index * ProgramHeaderSize))..];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 7);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 4);
    }

    // XEN_ELFNOTE_PHYS32_ENTRY.
    private static void WriteNote(Span<byte> note)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(note, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(note[4..], 8);
        BinaryPrimitives.WriteUInt32LittleEndian(note[8..], 18);
        "Xen\0"u8.CopyTo(note[12..]);
        BinaryPrimitives.WriteUInt64LittleEndian(note[16..], PvhEntry);
    }
}
