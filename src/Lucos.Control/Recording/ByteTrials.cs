using Lucos.Control.Guests;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>
/// Looks for the one byte that was another one when the guest was recorded: changes it in forks in front of the block that loads it, and sees
/// whether they go on as recorded. Single bits first; other values only where few bytes were loaded.
/// </summary>
/// <param name="course">Where the points belong.</param>
/// <param name="point">In front of the block.</param>
/// <param name="until">A number of blocks behind which the digests have told.</param>
/// <param name="cancel">Ends the search.</param>
internal sealed class ByteTrials(ReplayCourse course, ReplayCourse.Point point, ulong until, CancellationToken cancel)
{
    private const int MostBytesForBits = 128;
    private const int MostBytesForValues = 16;

    internal RecordedByte? Find(IReadOnlyList<BlockAccess> loads)
    {
        var places = loads.SelectMany(load => Enumerable.Range(0, load.Length).Select(i => load.Address + (ulong)i)).Distinct().ToList();
        return Find(places.Take(MostBytesForBits), Enumerable.Range(0, 8).Select(bit => (byte)(1 << bit)))
            ?? (places.Count > MostBytesForValues ? null : Find(places, Enumerable.Range(1, 255).Select(x => (byte)x).Where(x => !byte.IsPow2(x))));
    }

    private RecordedByte? Find(IEnumerable<ulong> places, IEnumerable<byte> differences) => places
        .SelectMany(place => differences.Select(difference => Try(new GuestPhysicalAddress(place), difference)))
        .FirstOrDefault(found => found is not null);

    private RecordedByte? Try(GuestPhysicalAddress place, byte difference)
    {
        using var trial = course.From(point);
        var memory = trial.Guest.Machine.Memory;
        Span<byte> value = stackalloc byte[1];
        memory.Read(place, value);
        var replayed = value[0];
        value[0] ^= difference;
        memory.Write(place, value);
        return trial.TryRunTo(until, cancel) ? new RecordedByte(place.Value, value[0], replayed) : null;
    }
}
