using System.Globalization;
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
        var head = UpdatableGuest.Symbol("cache_list");
        for (var link = guest.Word(head); link != head; link = guest.Word(link))
        {
            var name = new byte[NameSize];
            Assert.That(guest.Guest.TryRead(link - Link + Name, name), Is.True);
            lines.Add($"{Encoding.ASCII.GetString(name).TrimEnd('\0')}: {guest.Word(link - Link + Live)}");
        }

        Assert.That(lines, Has.Some.StartsWith("kmem_cache: "), "the layout of struct kmem_cache is another one");
        return string.Join('\n', lines.Prepend($"free pages: {guest.Word(UpdatableGuest.Symbol("page_free_count"))}"));
    }

    /// <summary>How many objects of a slab cache are in use.</summary>
    internal static int Objects(UpdatableGuest guest, string cache) =>
        int.Parse(Of(guest).Split('\n').Single(line => line.StartsWith($"{cache}: ", StringComparison.Ordinal)).Split(' ')[^1], CultureInfo.InvariantCulture);
}
