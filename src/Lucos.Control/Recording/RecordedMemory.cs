using System.Runtime.InteropServices;
using Lucos.Control.Guests;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>What a record says of RAM, as of the check that was read last.</summary>
internal sealed class RecordedMemory
{
    private const int PageSize = 4096;
    private readonly Dictionary<uint, ulong> _pages = [];
    private readonly Dictionary<uint, ReadOnlyMemory<byte>> _granules = [];

    internal void Learn(RecordEntry.Memory check)
    {
        for (var i = 0; i < check.Pages.Count; i++)
        {
            _pages[check.Pages[i]] = check.Hashes[i];
            if (check.Granules is not null)
            {
                _granules[check.Pages[i]] = check.Granules.AsMemory(i * PageGranules.Bytes, PageGranules.Bytes);
            }
        }
    }

    /// <summary>The pages of a guest that are not as recorded.</summary>
    /// <param name="guest">The guest, which stands where the check was.</param>
    /// <param name="fingerprint">Hashes its pages.</param>
    /// <param name="isExact">Whether the record has granules.</param>
    internal List<PageDifference> Compare(VmmGuest guest, GuestFingerprint fingerprint, bool isExact)
    {
        fingerprint.ReadMemory();
        var different = new List<PageDifference>();
        for (var page = 0; page < fingerprint.Pages.Count; page++)
        {
            if (fingerprint.Pages[page] != _pages.GetValueOrDefault((uint)page))
            {
                different.Add(Describe(guest, (uint)page, isExact ? PartsOf(guest, (uint)page) : []));
            }
        }

        return different;
    }

    /// <summary>The pages in which two guests differ.</summary>
    internal static List<PageDifference> Compare(VmmGuest guest, VmmGuest other)
    {
        var different = new List<PageDifference>();
        for (uint page = 0; page < guest.MemoryBytes / PageSize; page++)
        {
            var mine = BytesOf(guest, page);
            var others = BytesOf(other, page);
            if (!mine.SequenceEqual(others))
            {
                different.Add(Describe(guest, page, PartsOf(MemoryMarshal.Cast<byte, UInt128>(mine), MemoryMarshal.Cast<byte, UInt128>(others))));
            }
        }

        return different;
    }

    private static PageDifference Describe(VmmGuest guest, uint page, List<PagePart> parts)
    {
        var address = (ulong)page * PageSize;
        return new PageDifference(address, parts, guest.DescribeMemory(address + (ulong)(parts.Count > 0 ? parts[0].Start : 0)));
    }

    private List<PagePart> PartsOf(VmmGuest guest, uint page)
    {
        var own = new byte[PageGranules.Bytes];
        PageGranules.Hash(BytesOf(guest, page), own);
        var recorded = _granules.TryGetValue(page, out var known) ? known.Span : stackalloc byte[PageGranules.Bytes];
        return PartsOf(MemoryMarshal.Cast<byte, ushort>(own), MemoryMarshal.Cast<byte, ushort>(recorded));
    }

    private static List<PagePart> PartsOf<T>(ReadOnlySpan<T> own, ReadOnlySpan<T> others)
        where T : IEquatable<T>
    {
        var parts = new List<PagePart>();
        for (var i = 0; i < own.Length; i++)
        {
            if (own[i].Equals(others[i]))
            {
                continue;
            }

            var start = i * PageGranules.Size;
            if (parts.Count > 0 && parts[^1].End == start)
            {
                parts[^1] = parts[^1] with { End = start + PageGranules.Size };
            }
            else
            {
                parts.Add(new PagePart(start, start + PageGranules.Size));
            }
        }

        return parts;
    }

    private static ReadOnlySpan<byte> BytesOf(VmmGuest guest, uint page) =>
        guest.Machine.Memory.Span(new GuestPhysicalAddress((ulong)page * PageSize), PageSize);
}
