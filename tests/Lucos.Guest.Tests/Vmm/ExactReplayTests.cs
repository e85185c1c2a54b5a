using System.Runtime.InteropServices;
using Lucos.Control.Guests;
using Lucos.Control.Recording;
using Lucos.Elf;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// Exact records: whatever changes a guest from outside, while it is recorded or while it is replayed, is reported with the first block that differs
/// and the page that the difference came from. What is right is known from a second recording of the same guest: its digests are compared.
/// </summary>
public sealed class ExactReplayTests
{
    private static readonly RecordOptions s_options = new(MarkEvery: 20_000, MemoryEvery: 300_000, IsExact: true);
    private static readonly Dictionary<(int Cpus, ulong Seed), Record> s_records = [];

    private static readonly Dictionary<(int Cpus, ulong Seed, int Moment), (ulong At, ulong Place, ulong First)> s_flips = [];
    private static readonly ulong[] s_seeds = [3, 11, 5, 7, 13, 17];

    /// <summary>Blocks between the prompt and the moment.</summary>
    private static readonly ulong[] s_moments = [12_345, 77_777, 150_003];

    [TestCase(1, 3UL)]
    [TestCase(4, 3UL)]
    [TestCase(4, 11UL)]
    public void AnUnalteredRecordReplaysToTheEnd(int cpus, ulong seed)
    {
        using var replayer = Make(Base(cpus, seed));
        var result = replayer.Run();
        Assert.That((result.Reason, result.Detail), Is.EqualTo(("end", "PoweredOff 0")), result.Divergence?.ToString());
    }

    [Test]
    public void AByteThatIsFlippedInTheReplayIsFoundByBlockAndPage([Values(1, 4)] int cpus, [Values(3UL, 11UL)] ulong seed, [Values(0, 1, 2)] int moment)
    {
        var (at, place, first) = Flip(cpus, seed, moment);
        using var replayer = Make(Base(cpus, seed));
        Assert.That(replayer.Run(at).Reason, Is.EqualTo("until"));
        FlipByte(replayer.Guest, place);

        var divergence = replayer.Run(null).Divergence!;

        AssertFound(divergence, first, place);
        Assert.That(divergence.Block!.Before!.ComesAgain, Is.False, "the flip is not part of what is run again");
    }

    [Test]
    public void AByteThatWasFlippedInTheRecordingIsFoundByBlockAndPage([Values(1, 4)] int cpus, [Values(3UL, 11UL)] ulong seed, [Values(0, 1, 2)] int moment)
    {
        var (at, place, first) = Flip(cpus, seed, moment);
        using var replayer = Make(Recorded(cpus, seed, at, guest => FlipByte(guest, place)));

        var divergence = replayer.Run().Divergence!;

        AssertFound(divergence, first, place);
        Assert.That(divergence.Block!.Before!.ComesAgain, Is.True);
    }

    [Test]
    public void AFlippedRegisterIsFoundAtTheNextBlockAndBlamesNoPage([Values(1, 4)] int cpus, [Values(0, 1, 2)] int moment)
    {
        var at = Prompt(cpus, 3) + s_moments[moment];
        var altered = Recorded(cpus, 3, at, FlipRegister);
        using var replayer = Make(Base(cpus, 3));
        replayer.Run(at);
        FlipRegister(replayer.Guest);

        var divergence = replayer.Run(null).Divergence!;

        Assert.That(divergence.Block!.Number, Is.EqualTo(FirstDifference(Base(cpus, 3), altered)).And.EqualTo(at + 1), divergence.ToString());
        Assert.That(divergence.Sources, Is.Empty, divergence.ToString());
    }

    [Test]
    public void AnInputThatComesABlockLateIsFoundAtTheBlockThatItInterrupts([Values(1, 4)] int cpus)
    {
        // The interrupt goes to the first processor: on another one's turn a block sooner or later makes no difference.
        var record = s_seeds.Select(seed => Base(cpus, seed)).First(r => CpuOf(r, r.Entries.OfType<RecordEntry.Typed>().Last().At.Blocks) == 0);
        var index = record.Entries.ToList().FindIndex(e => e == record.Entries.OfType<RecordEntry.Typed>().Last());
        var input = record.Entries[index];
        using var probe = Make(record);
        var later = probe.Run(input.At.Blocks + 1).At;
        var entries = record.Entries.ToList();
        entries[index] = input with { At = later };

        using var replayer = Make(record with { Entries = entries });
        var divergence = replayer.Run().Divergence!;

        Assert.That(divergence.Block?.Number, Is.EqualTo(input.At.Blocks + 1), divergence.ToString());
    }

    [Test]
    public void WhatReachesNoRegisterIsFoundAtTheNextCheckOfMemory()
    {
        var record = Base(1, 3);
        var at = Prompt(1, 3) + s_moments[0];
        using var replayer = Make(record);
        replayer.Run(at);
        var page = UnusedPage(replayer.Guest);
        FlipByte(replayer.Guest, page + 0x123);

        var divergence = replayer.Run(null).Divergence!;

        Assert.That(divergence.Found.Blocks, Is.EqualTo(record.Entries.OfType<RecordEntry.Memory>().First(m => m.At.Blocks >= at).At.Blocks));
        Assert.That(divergence.Block, Is.Null);
        Assert.That(divergence.Pages.Select(p => p.Address), Is.EqualTo(new[] { page }));
        Assert.That(divergence.Pages[0].Places, Is.EqualTo(new[] { new PagePart(0x120, 0x130) }));
        Assert.That(divergence.Pages[0].FirstStore, Is.Null, "nobody stored to it");
    }

    [TestCase(1)]
    [TestCase(4)]
    public void AByteThatIsLoadedOnlyBehindACheckOfMemoryIsFoundThereAndItsLoadToo(int cpus)
    {
        var record = Base(cpus, 3);
        var check = record.Entries.OfType<RecordEntry.Memory>().First(m => m.At.Blocks > Prompt(cpus, 3) + s_moments[1]).At.Blocks;
        using var replayer = Make(record);
        replayer.Run(check - 3_000);
        var before = LoadsBehind(replayer.Guest, 3_100).Select(Granule).ToHashSet();
        var candidates = LoadsBehind(replayer.Guest, 40_000).Where(place => !before.Contains(Granule(place))).DistinctBy(Granule);
        // A recording boots a guest, a fork is made at once: what shows too early or never is left out first.
        using var atCheck = Forward(replayer.Guest, check);
        using var later = Forward(replayer.Guest, check + 40_000);
        var (place, first) = candidates
            .Where(place => ShowsBetween(atCheck, later, replayer.Guest, place))
            .Select(place => (place, FirstDifference(record, Recorded(cpus, 3, check - 3_000, guest => FlipByte(guest, place)))))
            .First(found => found.Item2 is { } first && first > check && IsAlone(replayer.Guest, found.place, first));
        FlipByte(replayer.Guest, place);

        var divergence = replayer.Run(null).Divergence!;

        Assert.That((divergence.Found.Blocks, divergence.PagesAt.Blocks), Is.EqualTo((check, check)), divergence.ToString());
        Assert.That(divergence.Pages.Select(p => p.Address), Is.EqualTo(new[] { place & ~0xfffUL }), divergence.ToString());
        Assert.That(divergence.Pages[0].Places, Is.EqualTo(new[] { new PagePart((int)(Granule(place) & 0xfff), (int)(Granule(place) & 0xfff) + 16) }));
        AssertFound(divergence, first!.Value, place);
    }

    [Test]
    public void APageThatAProgramOverwritesIsNamedWithTheStoringBlock()
    {
        var record = Base(1, 3);
        var at = Prompt(1, 3) + s_moments[0];
        var ticks = UpdatableGuest.Kernel.Symbols.FindOnly("ticks")!.Value;
        using var replayer = Make(record);
        replayer.Run(at);
        var page = PhysicalOf(replayer.Guest, ticks) & ~0xfffUL;
        var place = Enumerable.Range(0, 256).Select(i => page + (16UL * (ulong)i)).Last(p => p + 16 < PhysicalOf(replayer.Guest, ticks) && IsZero(replayer.Guest, p));
        FlipByte(replayer.Guest, place);

        var divergence = replayer.Run(null).Divergence!;

        var found = divergence.Pages.Single(p => p.Address == page);
        Assert.That(found.Holds, Is.Not.Null);
        Assert.That(found.FirstStore!.Block, Is.LessThanOrEqualTo(found.LastStore!.Block));
        Assert.That(found.LastStore.Function, Is.Not.Null);
    }

    private static ulong Granule(ulong place) => place & ~0xfUL;

    private static void AssertFound(Divergence divergence, ulong first, ulong place)
    {
        Assert.That(divergence.Block?.Number, Is.EqualTo(first), divergence.ToString());
        Assert.That(divergence.Sources, Is.EqualTo(new[] { place & ~0xfffUL }), divergence.ToString());
        Assert.That(divergence.Block!.Before!.Function ?? divergence.Block.Before.Address.ToString(), Is.Not.Empty);
    }

    // A byte that is loaded soon behind the moment and makes a difference in a register, before it was copied elsewhere.
    private static (ulong At, ulong Place, ulong First) Flip(int cpus, ulong seed, int moment)
    {
        if (!s_flips.TryGetValue((cpus, seed, moment), out var flip))
        {
            s_flips[(cpus, seed, moment)] = flip = FindFlip(cpus, seed, moment);
        }

        return flip;
    }

    private static (ulong At, ulong Place, ulong First) FindFlip(int cpus, ulong seed, int moment)
    {
        var at = Prompt(cpus, seed) + s_moments[moment];
        using var replayer = Make(Base(cpus, seed));
        replayer.Run(at);
        var loads = LoadsBehind(replayer.Guest, 2_000);
        var random = new Random((int)seed + moment);
        for (var tries = 0; tries < 50; tries++)
        {
            var place = loads[random.Next(loads.Count)];
            if (FirstDifference(Base(cpus, seed), Recorded(cpus, seed, at, guest => FlipByte(guest, place))) is { } first && first < at + 200_000
                && IsAlone(replayer.Guest, place, first))
            {
                return (at, place, first);
            }
        }

        throw new InvalidOperationException($"no byte of {loads.Count} makes a difference behind block {at}");
    }

    private static VmmGuest Forward(VmmGuest guest, ulong block)
    {
        var fork = (VmmGuest)guest.Fork();
        fork.Run(block - fork.Blocks);
        return fork;
    }

    private static bool ShowsBetween(VmmGuest first, VmmGuest second, VmmGuest guest, ulong place)
    {
        using var flipped = (VmmGuest)guest.Fork();
        FlipByte(flipped, place);
        flipped.Run(first.Blocks - flipped.Blocks);
        bool showsNot = flipped.Machine.Current.Registers == first.Machine.Current.Registers;
        flipped.Run(second.Blocks - flipped.Blocks);
        return showsNot && flipped.Machine.Current.Registers != second.Machine.Current.Registers;
    }

    private static bool IsAlone(VmmGuest guest, ulong place, ulong first)
    {
        using var clean = (VmmGuest)guest.Fork();
        using var flipped = (VmmGuest)guest.Fork();
        FlipByte(flipped, place);
        clean.Run(first - 2 - clean.Blocks);
        flipped.Run(first - 2 - flipped.Blocks);
        return Enumerable.Range(0, (int)(clean.MemoryBytes / 4096)).Select(page => new GuestPhysicalAddress((ulong)page * 4096))
            .Where(page => !clean.Machine.Memory.Span(page, 4096).SequenceEqual(flipped.Machine.Memory.Span(page, 4096)))
            .All(page => page.Value == (place & ~0xfffUL));
    }

    private static List<ulong> LoadsBehind(VmmGuest guest, ulong blocks)
    {
        using var fork = (VmmGuest)guest.Fork();
        var listener = new Listener();
        fork.Machine.Reads.Add(new GuestPhysicalAddress(0), (int)fork.MemoryBytes, listener);
        fork.Run(blocks);
        return listener.Loads;
    }

    private static int? CpuOf(Record record, ulong block) => record.Entries.OfType<RecordEntry.Trail>().Last(t => t.First <= block).CpuOf(block);

    private static ulong? FirstDifference(Record one, Record other)
    {
        var (first, second) = (Digests(one), Digests(other));
        var same = first.AsSpan().CommonPrefixLength(second);
        return same == Math.Min(first.Length, second.Length) ? null : (ulong)same + 1;
    }

    private static ushort[] Digests(Record record) =>
        [.. record.Entries.OfType<RecordEntry.Trail>().SelectMany(t => MemoryMarshal.Cast<byte, ushort>(t.Digests).ToArray())];

    private static void FlipByte(VmmGuest guest, ulong place)
    {
        Span<byte> value = stackalloc byte[1];
        guest.Machine.Memory.Read(new GuestPhysicalAddress(place), value);
        value[0] ^= 1;
        guest.Machine.Memory.Write(new GuestPhysicalAddress(place), value);
    }

    private static void FlipRegister(VmmGuest guest)
    {
        var vcpu = guest.Machine.Current;
        vcpu.Registers = vcpu.Registers with { R13 = vcpu.Registers.R13 ^ 0x10 };
    }

    private static ulong PhysicalOf(VmmGuest guest, ulong address)
    {
        var walker = new AddressSpaceWalker(guest.Machine.Memory);
        Assert.That(walker.TryTranslate(guest.Machine.Current.Registers.Cr3, new GuestVirtualAddress(address), PageAccess.Read, out var found, out _), Is.True);
        return ((GuestPhysicalAddress)found.Address).Value;
    }

    private static bool IsZero(VmmGuest guest, ulong place) => guest.Machine.Memory.Span(new GuestPhysicalAddress(place), 16).IndexOfAnyExcept((byte)0) < 0;

    // High in memory, all zeroes: nobody has had it, and nobody will.
    private static ulong UnusedPage(VmmGuest guest) => Enumerable.Range(1, 1000).Select(i => guest.MemoryBytes - (4096UL * (ulong)i))
        .First(p => guest.Machine.Memory.Span(new GuestPhysicalAddress(p), 4096).IndexOfAnyExcept((byte)0) < 0);

    private static Replayer Make(Record record) => new(record, UpdatableGuest.Kernel, new ReplayOptions(), CancellationToken.None);

    private static ulong Prompt(int cpus, ulong seed) => Base(cpus, seed).Entries.OfType<RecordEntry.Typed>().First().At.Blocks;

    private static Record Base(int cpus, ulong seed)
    {
        if (!s_records.TryGetValue((cpus, seed), out var record))
        {
            s_records[(cpus, seed)] = record = Recorded(cpus, seed, 0, _ => { });
        }

        return record;
    }

    // The same guest and the same inputs each time, but for what is done to it at a block.
    private static Record Recorded(int cpus, ulong seed, ulong at, Action<VmmGuest> alter)
    {
        var stream = new MemoryStream();
        var options = new MachineOptions
        {
            CpuCount = cpus,
            Seed = seed,
            KeepsTrail = true,
            Kernel = UpdatableGuest.Kernel,
            Initramfs = File.ReadAllBytes(GuestImages.Initramfs),
        };
        var guest = new VmmGuest(options);
        using (var recording = new RecordingGuest(guest, new RecordWriter(stream, VmmGuestStarter.Head(options, File.ReadAllBytes(GuestImages.Kernel))), s_options))
        {
            Play(recording, at, () => alter(guest));
        }

        return Record.Read(new MemoryStream(stream.ToArray()));
    }

    private static void Play(RecordingGuest guest, ulong at, Action alter)
    {
        const ulong load = 400_000;
        using var session = new GuestSession(guest);
        session.AwaitPrompt(UpdatableGuest.Budget);
        guest.Type("pipeload --seconds 1000 &\n"u8);
        var end = guest.Blocks + load;
        if (at > 0)
        {
            guest.Run(at - guest.Blocks);
            alter();
        }

        while (guest.Blocks < end && guest.Run(end - guest.Blocks).CanRunOn)
        {
        }

        guest.Type("poweroff\n"u8);
        for (end += 5_000_000; guest.Blocks < end && guest.Run(end - guest.Blocks).CanRunOn;)
        {
        }
    }

    private sealed class Listener : IReadListener
    {
        internal List<ulong> Loads { get; } = [];

        public bool OnLoad(GuestPhysicalAddress address, int size)
        {
            Loads.Add(address.Value);
            return false;
        }
    }
}
