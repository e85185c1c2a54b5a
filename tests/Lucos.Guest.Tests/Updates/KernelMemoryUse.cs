using System.Buffers.Binary;
using System.Text;
using Lucos.Guest.Tests.Vmm;

namespace Lucos.Guest.Tests.Updates;

/// <summary>How much memory the guest's kernel uses, and for what: its free pages, and the live objects of each slab cache.</summary>
internal static class KernelMemoryUse
{
    // Offsets in struct kmem_cache, see include/kernel/slab.h.
    private const int Name = 16;
    private const int NameSize = 32;
    private const int Live = 80;
    private const int Link = 144;

    /// <summary>One line for the pages, one for each cache.</summary>
    internal static string Of(UpdatableGuest guest)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        var head = Symbol("cache_list");
        for (var link = Word(guest, head); link != head; link = Word(guest, link))
        {
            var name = new byte[NameSize];
            Assert.That(guest.Guest.TryRead(link - Link + Name, name), Is.True);
            lines.Add($"{Encoding.ASCII.GetString(name).TrimEnd('\0')}: {Word(guest, link - Link + Live)}");
        }

        Assert.That(lines, Has.Some.StartsWith("kmem_cache: "), "the layout of struct kmem_cache is another one");
        return string.Join('\n', lines.Prepend($"free pages: {Word(guest, Symbol("page_free_count"))}"));
    }

    private static ulong Symbol(string name) => UpdatableGuest.Kernel.Symbols.FindOnly(name)!.Value;

    private static ulong Word(UpdatableGuest guest, ulong address)
    {
        var word = new byte[sizeof(ulong)];
        Assert.That(guest.Guest.TryRead(address, word), Is.True, $"0x{address:x} is not mapped");
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }
}
