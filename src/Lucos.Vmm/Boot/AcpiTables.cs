using System.Buffers.Binary;
using System.Text;
using Lucos.Vmm.Devices.Apic;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Boot;

/// <summary>
/// The tables from which a kernel learns of the processors: RSDP, XSDT and MADT (ACPI specification 6.5 sections 5.2.5, 5.2.8, 5.2.12).
/// Other tables are not offered.
/// </summary>
internal static class AcpiTables
{
    private const int HeaderLength = 36;
    private const int ChecksumOffset = 9;

    /// <summary>Writes the tables below 1 MiB. Returns the address of the RSDP.</summary>
    internal static ulong Write(GuestMemory memory, int processors)
    {
        byte[] madt = Madt(processors);
        byte[] xsdt = Table("XSDT", 1, HeaderLength + 8);
        BinaryPrimitives.WriteUInt64LittleEndian(xsdt.AsSpan(HeaderLength), BootLayout.Madt);
        Seal(xsdt, xsdt.Length, ChecksumOffset);
        memory.Write(new GuestPhysicalAddress(BootLayout.Madt), madt);
        memory.Write(new GuestPhysicalAddress(BootLayout.Xsdt), xsdt);
        memory.Write(new GuestPhysicalAddress(BootLayout.Rsdp), RootPointer());
        return BootLayout.Rsdp;
    }

    private static byte[] RootPointer()
    {
        const int length = 36;
        const int firstLength = 20;
        const int firstChecksum = 8;
        const int extendedChecksum = 32;
        byte[] table = new byte[length];
        Encoding.ASCII.GetBytes("RSD PTR ", table);
        Encoding.ASCII.GetBytes("LUCOS ", table.AsSpan(9));
        table[15] = 2;
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(20), length);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(24), BootLayout.Xsdt);
        Seal(table, firstLength, firstChecksum);
        Seal(table, length, extendedChecksum);
        return table;
    }

    private static byte[] Madt(int processors)
    {
        const int fixedLength = HeaderLength + 8;
        const int entryLength = 8;
        const uint hasInterruptControllers = 1;
        byte[] table = Table("APIC", 5, fixedLength + (entryLength * processors));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(HeaderLength), (uint)LocalApic.BaseAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(HeaderLength + 4), hasInterruptControllers);
        for (int i = 0; i < processors; i++)
        {
            Span<byte> entry = table.AsSpan(fixedLength + (entryLength * i), entryLength);
            entry[1] = entryLength;
            entry[2] = (byte)i;
            entry[3] = (byte)i;
            entry[4] = 1;
        }

        Seal(table, table.Length, ChecksumOffset);
        return table;
    }

    private static byte[] Table(string signature, byte revision, int length)
    {
        byte[] table = new byte[length];
        Encoding.ASCII.GetBytes(signature, table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), length);
        table[8] = revision;
        Encoding.ASCII.GetBytes("LUCOS LUCOSVMM", table.AsSpan(10));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(24), 1);
        Encoding.ASCII.GetBytes("LUCO", table.AsSpan(28));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(32), 1);
        return table;
    }

    // All bytes must add up to 0.
    private static void Seal(byte[] table, int length, int checksum)
    {
        table[checksum] = 0;
        byte sum = 0;
        foreach (byte value in table.AsSpan(0, length))
        {
            sum += value;
        }

        table[checksum] = (byte)-sum;
    }
}
