using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Packaging;
using static Lucos.Guest.Tests.Vmm.ForgedPackage;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// Damaged and forged packages through the doorbell: the guest's verifier refuses each and changes nothing, and the host's verifier
/// says the same of the same bytes.
/// </summary>
public sealed class BadPackageTests
{
    private const int Damaged = 1000;
    private const int AppliedOneIn = 4;

    private static readonly byte[] s_good = UpdatableGuest.Package("fix-readlog");
    private static readonly byte[] s_data = DataPackage.Build();
    private static readonly byte[] s_handlers = UpdatableGuest.Package("counters-and-sleep");
    private static readonly Dictionary<string, byte[]> s_kinds = new() { ["code"] = s_good, ["data"] = s_data, ["handlers"] = s_handlers };

    private UpdatableGuest _guest = null!;

    private delegate void Forgery(ForgedPackage package);

    [OneTimeSetUp]
    public void Boot() => _guest = new UpdatableGuest();

    [OneTimeTearDown]
    public void PutAway() => _guest.Dispose();

    [Test]
    public void AThousandDamagedPackagesAreRefusedAndChangeNothing()
    {
        var code = _guest.CopyCode();
        var state = _guest.ChangeableState;
        var random = new Random(20_261_123);
        var refusals = new SortedSet<Refusal>();
        var disagreements = new List<string>();
        for (var i = 0; i < Damaged; i++)
        {
            var bytes = Damage(random);
            var answer = i % AppliedOneIn == 0 ? _guest.Apply(bytes) : _guest.Check(bytes);

            Assert.That(answer.Refusal, Is.Not.EqualTo(Refusal.None), $"package {i} was taken");
            refusals.Add(answer.Refusal);
            var (refusal, detail) = OnHost(bytes);
            if (refusal != answer.Refusal)
            {
                disagreements.Add($"package {i}: guest {answer.Refusal} {answer.Detail}, host {refusal} {detail}");
            }
        }

        Assert.That(disagreements, Is.Empty, string.Join((char)10, disagreements));
        Assert.That(refusals, Is.SupersetOf(new[] { Refusal.BadPackage, Refusal.DigestMismatch }));
        Assert.That(_guest.HasCode(code), Is.True);
        Assert.That(_guest.ChangeableState, Is.EqualTo(state));
        Assert.That(_guest.Console, Does.Not.Contain("oops"));
        TheGoodOneStillApplies();
    }

    [Test]
    public void BothVerifiersSayTheSameOfAThousandForgedOnes([Values("code", "data", "handlers")] string kind)
    {
        var good = s_kinds[kind];
        var code = _guest.CopyCode();
        var random = new Random(20_261_124);
        var refusals = new SortedSet<Refusal>();
        var disagreements = new List<string>();
        for (var i = 0; i < Damaged; i++)
        {
            var flips = 1 + (i % 3);
            var bytes = new ForgedPackage(good).SignedWithFlips(random, flips);
            var guest = _guest.Check(bytes);
            var host = OnHost(bytes);
            refusals.Add(guest.Refusal);

            // Of several faults they may name different ones: the host reads the whole section table before it looks at what is in it.
            var same = flips == 1 ? host.Refusal == guest.Refusal : (host.Refusal == Refusal.None) == (guest.Refusal == Refusal.None);
            if (!same && !IsOfTheRunningKernel(guest))
            {
                disagreements.Add($"package {i}: guest {guest.Refusal} {guest.Detail}, host {host.Refusal} {host.Detail}");
            }
        }

        Assert.That(disagreements, Is.Empty, string.Join((char)10, disagreements));
        Assert.That(refusals, Has.Count.GreaterThan(4));
        Assert.That(_guest.HasCode(code), Is.True);
        Assert.That(_guest.Console, Does.Not.Contain("oops"));
    }

    /// <summary>Which slab caches there are, and what they hold, only the running kernel knows.</summary>
    private static bool IsOfTheRunningKernel(RequestAnswer answer) => answer.Detail.Contains(" cache ", StringComparison.Ordinal)
        && (answer.Refusal == Refusal.MissingSymbol || answer.Detail.Contains(": objects of cache ", StringComparison.Ordinal));

    private static IEnumerable<TestCaseData> Forgeries()
    {
        yield return Forge("TheBuildIdOfAnotherKernel", Refusal.BuildIdMismatch, p => p.Manifest[BuildIdInManifest] ^= 1);
        yield return Forge("ANameThatDoesNotEnd", Refusal.BadPackage, p => p.Manifest.Slice(NameInManifest, 64).Fill((byte)'a'));
        yield return Forge("ANameThatIsAPath", Refusal.BadPackage, p => PutText(p.Manifest.Slice(NameInManifest, 64), "../fix"));
        yield return Forge("AVersionOfTwoWords", Refusal.BadPackage, p => PutText(p.Manifest.Slice(VersionInManifest, 32), "1.0 2"));
        yield return Forge("AnUnknownFormat", Refusal.BadPackage, p => Put(p.Manifest[8..], PackageFormat.PackageFormatVersion + 1));
        yield return Forge("UnknownFlags", Refusal.BadPackage, p => Put(p.Manifest[FlagsInManifest..], 3u));
        yield return Forge("NoMagic", Refusal.BadPackage, p => p.Manifest[0] = (byte)'X');
        yield return Forge("OldBytesThatAreNotThere", Refusal.OldBytesMismatch, p => { p.OldBytes[7] ^= 0xff; p.PutHashRight(); });
        yield return Forge("OldBytesThatTheirHashDenies", Refusal.BadPackage, p => p.OldBytes[7] ^= 0xff);
        yield return Forge("AnOldAddressThatIsOff", Refusal.BadPackage, p => p.Functions[OldAddressInFunction] ^= 0x10);
        yield return Forge("AnOldAddressInUserSpace", Refusal.BadPackage, p => Put(p.Functions[OldAddressInFunction..], 0x400000UL));
        yield return Forge("AnOldSizeThatIsOff", Refusal.BadPackage, p => { p.Functions[OldSizeInFunction] -= 4; p.PutHashRight(); });
        yield return Forge("AnOldSizeThatLeavesTheSection", Refusal.BadPackage, p => Put(p.Functions[OldSizeInFunction..], uint.MaxValue));
        yield return Forge("AnOffsetThatLeavesTheSection", Refusal.BadPackage, p => Put(p.Functions[OldBytesOffsetInFunction..], 0xfffffff0u));
        yield return Forge("ANewSizeThatLeavesTheSection", Refusal.BadPackage, p => Put(p.Functions[NewSizeInFunction..], 1u << 20));
        yield return Forge("UnknownFunctionFlags", Refusal.BadPackage, p => Put(p.Functions[FlagsInFunction..], 1u));
        yield return Forge("AFunctionNameThatDoesNotEnd", Refusal.BadPackage, p => p.Functions.Slice(OldNameInFunction, 64).Fill((byte)'a'));
        yield return Forge("AFunctionThatIsNotThere", Refusal.MissingSymbol, p => PutText(p.Functions.Slice(OldNameInFunction, 64), "sys_readlug"));
        yield return Forge("AFunctionInAnotherFile", Refusal.MissingSymbol, p => PutText(p.Functions.Slice(OldFileInFunction, 64), "pipe.c"));
        yield return Forge("AFunctionOfWhichThereAreSeveral", Refusal.AmbiguousSymbol, p => PutText(p.Functions.Slice(OldNameInFunction, 64), Namesakes()));
        yield return Forge("AnImportThatIsNotThere", Refusal.MissingSymbol, p => p.RenameSymbol("copy_to_user", "copy_to_usex"));
        yield return Forge("TooManyFunctions", Refusal.TooLarge, p => p.Grow(PackageFormat.SectionFuncs, FunctionSize * 501));
        yield return Forge("HalfAFunction", Refusal.BadPackage, p => Put(p.HeaderOf(PackageFormat.SectionFuncs)[SizeInHeader..], 96UL));
        yield return Forge("NoFunction", Refusal.BadPackage, p => Put(p.HeaderOf(PackageFormat.SectionFuncs)[SizeInHeader..], 0UL));
        yield return Forge("SectionsThatOverlap", Refusal.BadPackage, p => Put(p.HeaderOf(PackageFormat.SectionOldbytes)[OffsetInHeader..], p.OffsetOf(PackageFormat.SectionManifest)));
    }

    private static IEnumerable<TestCaseData> DataForgeries()
    {
        const string Types = PackageFormat.SectionTypes;
        const string Fields = PackageFormat.SectionFields;
        const string Callbacks = PackageFormat.SectionCallbacks;
        const int Files = 0;
        const int Written = 1;
        const int Stamps = 3;
        yield return Forge("ATypeNameThatDoesNotEnd", Refusal.BadPackage, p => p.Type(Files)[NameInType..SourceInType].Fill((byte)'a'));
        yield return Forge("ATypeNameOfAnother", Refusal.BadPackage, p => PutText(p.Type(Written)[NameInType..SourceInType], "files"));
        yield return Forge("AnUnknownSource", Refusal.BadPackage, p => Put(p.Type(Files)[SourceInType..], 3u));
        yield return Forge("AnUnknownPlacement", Refusal.BadPackage, p => Put(p.Type(Files)[PlacementInType..], 0u));
        yield return Forge("AnUnknownInterception", Refusal.BadPackage, p => Put(p.Type(Files)[InterceptionInType..], 4u));
        yield return Forge("AnUnknownTransfer", Refusal.BadPackage, p => Put(p.Type(Files)[TransferInType..], uint.MaxValue));
        yield return Forge("OneTransferredOnceBesideOnesKeptCoherent", Refusal.BadPackage, p => Put(p.Type(Written)[TransferInType..], 4u));
        yield return Forge("OnesKeptCoherentBehindOneTransferredOnce", Refusal.BadPackage, p => Put(p.Type(Files)[TransferInType..], 4u));
        yield return Forge("AnEmptyOldVersion", Refusal.BadPackage, p => Put(p.Type(Files)[OldSizeInType..], 0u));
        yield return Forge("AnOldVersionTooLarge", Refusal.TooLarge, p => Put(p.Type(Files)[OldSizeInType..], 65537u));
        yield return Forge("ANewVersionThatOverflows", Refusal.TooLarge, p => Put(p.Type(Files)[ExtraSizeInType..], uint.MaxValue));
        yield return Forge("ANewVersionInPlaceThatDoesNotFit", Refusal.BadPackage, p => { Put(p.Type(Stamps)[PlacementInType..], 2u); Put(p.Type(Stamps)[NewSizeInType..], 89u); });
        yield return Forge("ASharedHeadTooLong", Refusal.BadPackage, p => Put(p.Type(Files)[SharedHeadInType..], 49u));
        yield return Forge("ALockBehindTheOldVersion", Refusal.BadPackage, p => Put(p.Type(Files)[LockOffsetInType..], 48u));
        yield return Forge("ALockOfThreeBytes", Refusal.BadPackage, p => Put(p.Type(Files)[LockSizeInType..], 3u));
        yield return Forge("NoLock", Refusal.BadPackage, p => { Put(p.Type(Files)[LockOffsetInType..], uint.MaxValue); Put(p.Type(Files)[LockSizeInType..], 0u); });
        yield return Forge("ACacheWithoutName", Refusal.BadPackage, p => p.Type(Files)[CacheInType] = 0);
        yield return Forge("ACacheOfAnother", Refusal.BadPackage, p => PutText(p.Type(Stamps).Slice(CacheInType, 32), "file"));
        yield return Forge("AVariableOfACache", Refusal.BadPackage, p => p.Type(Written)[CacheInType] = (byte)'x');
        yield return Forge("AVariableTooSmall", Refusal.BadPackage, p => Put(p.Type(Written)[OldSizeInType..], 9u));
        yield return Forge("AnAddressWithoutRelocation", Refusal.BadPackage, p => Put(p.Type(Stamps)[MovedInType..], 0xffffffff80100000UL));
        yield return Forge("ATransferOutsideTheCode", Refusal.BadPackage, p => p.Redirect(Types, ToNewInType, StateInType));
        yield return Forge("AStateInTheCode", Refusal.BadPackage, p => p.Redirect(Types, StateInType, ToNewInType));
        yield return Forge("ASecondRelocation", Refusal.BadPackage, p => Put(p.Relocation(Types, MovedInType), (ulong)ToNewInType));
        yield return Forge("ARelocationOfAnotherType", Refusal.BadPackage, p => Put(p.Relocation(Types, MovedInType)[TypeInRelocation..], 2u));
        yield return Forge("AFieldBehindTheOldVersion", Refusal.BadPackage, p => Put(p.Field(0)[OffsetInField..], 41u));
        yield return Forge("AnEmptyField", Refusal.BadPackage, p => Put(p.Field(0)[SizeInField..], 0u));
        yield return Forge("AFieldOfTheMiddleOfAType", Refusal.BadPackage, p => p.Relocation(Fields, 0)[AddendInRelocation] ^= 8);
        yield return Forge("AFieldOfAShadow", Refusal.BadPackage, p => Put(p.Relocation(Fields, 0)[AddendInRelocation..], (ulong)(Stamps * TypeSize)));
        yield return Forge("AnUnknownCallback", Refusal.BadPackage, p => Put(p.Callback(0), 6u));
        yield return Forge("ACallbackWithASubjectInVain", Refusal.BadPackage, p => Put(p.Callback(0), 1u));
        yield return Forge("ACallbackAboutTheWrongThing", Refusal.BadPackage, p => p.Redirect(Callbacks, SubjectInCallback, CallbackSize - 16));
        yield return Forge("TooManyTypes", Refusal.TooLarge, p => p.Grow(Types, TypeSize * 33));
        yield return Forge("TooManyFields", Refusal.TooLarge, p => p.Grow(Fields, FieldSize * 257));
        yield return Forge("TooManyCallbacks", Refusal.TooLarge, p => p.Grow(Callbacks, CallbackSize * 257));
        yield return Forge("HalfAType", Refusal.BadPackage, p => Put(p.HeaderOf(Types)[SizeInHeader..], 88UL));
    }

    private static IEnumerable<TestCaseData> HandlerForgeries()
    {
        const string Handlers = PackageFormat.SectionHandlers;
        yield return Forge("AHandlerThatIsNoFunction", Refusal.BadPackage, p => p.Redirect(Handlers, p.Handler(true) + FunctionInHandler, p.Handler(true) + TypeInHandler));
        yield return Forge("AHandlerInTheMiddleOfAFunction", Refusal.BadPackage, p => p.Relocation(Handlers, p.Handler(true))[AddendInRelocation] ^= 4);
        yield return Forge("AHandledTypeInTheCode", Refusal.BadPackage, p => p.Redirect(Handlers, p.Handler(true) + TypeInHandler, p.Handler(true) + FunctionInHandler));
        yield return Forge("AHandledTypeWithoutRelocation", Refusal.BadPackage, p => Put(p.Section(Handlers)[(p.Handler(false) + TypeInHandler)..], 0xffffffff80100000UL));
        yield return Forge("AFunctionThatHandlesNoneAndOne", Refusal.BadPackage, p => p.Redirect(Handlers, p.Handler(false) + FunctionInHandler, p.Handler(true) + FunctionInHandler));
        yield return Forge("TooManyHandlers", Refusal.TooLarge, p => p.Grow(Handlers, HandlerSize * 513));
        yield return Forge("HalfAHandler", Refusal.BadPackage, p => Put(p.HeaderOf(Handlers)[SizeInHeader..], 24UL));
    }

    [TestCaseSource(nameof(HandlerForgeries))]
    public void AForgedPackageThatSaysWhoHandlesWhatIsRefusedForItsOwnReason(object forge, Refusal expected) => AssertRefused(s_handlers, forge, expected);

    [TestCaseSource(nameof(Forgeries))]
    public void AForgedPackageIsRefusedForItsOwnReason(object forge, Refusal expected) => AssertRefused(s_good, forge, expected);

    [TestCaseSource(nameof(DataForgeries))]
    public void AForgedPackageThatChangesDataIsRefusedForItsOwnReason(object forge, Refusal expected) => AssertRefused(s_data, forge, expected);

    private void AssertRefused(byte[] good, object forge, Refusal expected)
    {
        var code = _guest.CopyCode();
        var package = new ForgedPackage(good);
        ((Forgery)forge)(package);
        var bytes = package.Signed();

        var check = _guest.Check(bytes);
        var apply = _guest.Apply(bytes);

        Assert.That(check.Refusal, Is.EqualTo(expected), check.Detail);
        Assert.That(check.Detail, Is.Not.Empty);
        Assert.That(apply, Is.EqualTo(check));
        Assert.That(OnHost(bytes).Refusal, Is.EqualTo(expected));
        Assert.That(_guest.HasCode(code), Is.True);
    }

    [Test]
    public void AForgedDescriptionIsNoReasonToRefuse()
    {
        var package = new ForgedPackage(s_good);
        PutText(package.Manifest.Slice(112, 256), "another description");
        var bytes = package.Signed();
        Assert.That(OnHost(bytes).Refusal, Is.EqualTo(Refusal.None));
        var check = _guest.Check(bytes);
        Assert.That(check.Refusal, Is.EqualTo(Refusal.None), check.Detail);
    }

    [TestCase("fix-readlog")]
    [TestCase("tick-watch")]
    [TestCase("pipe-stats")]
    [TestCase("startup-checks")]
    public void BothVerifiersAcceptAGoodPackage(string name)
    {
        var bytes = UpdatableGuest.Package(name);
        Assert.That(OnHost(bytes).Refusal, Is.EqualTo(Refusal.None));
        var check = _guest.Check(bytes);
        Assert.That(check.Refusal, Is.EqualTo(Refusal.None), check.Detail);
    }

    [Test]
    public void BothVerifiersAcceptAPackageThatChangesData()
    {
        Assert.That(OnHost(s_data), Is.EqualTo((Refusal.None, "")));
        var check = _guest.Check(s_data);
        Assert.That(check.Refusal, Is.EqualTo(Refusal.None), check.Detail);
    }

    private void TheGoodOneStillApplies()
    {
        Assert.That(_guest.Apply(s_good).Refusal, Is.EqualTo(Refusal.None));
        Assert.That(_guest.Run("runas 1000 readlog-exploit").Output, Does.Contain("blocked: 22"));
        Assert.That(_guest.Undo("fix-readlog").Refusal, Is.EqualTo(Refusal.None));
    }

    /// <summary>Cut off somewhere, or one to eight bits wrong, or both; never the good bytes.</summary>
    private static byte[] Damage(Random random)
    {
        var bytes = (byte[])s_good.Clone();
        var kind = random.Next(3);
        for (var flips = kind == 0 ? 0 : random.Next(1, 9); flips > 0; flips--)
        {
            // No bit twice: it would be as before.
            var at = (random.Next(bytes.Length / 8) * 8) + (flips - 1);
            bytes[at] ^= (byte)(1 << random.Next(8));
        }

        return kind == 1 ? bytes : bytes[..random.Next(1, bytes.Length)];
    }

    private static (Refusal Refusal, string Detail) OnHost(byte[] bytes)
    {
        var diagnostics = new DiagnosticBag();
        var package = PackageReader.Read(bytes, diagnostics);
        if (package is not null)
        {
            PackageVerifier.Verify(package, UpdatableGuest.Kernel, diagnostics);
        }

        return (diagnostics.Refusal, diagnostics.HasAny ? diagnostics[0].ToString() : "");
    }

    /// <summary>A name that several functions of the kernel have.</summary>
    private static string Namesakes() => UpdatableGuest.Kernel.Symbols.All.Where(s => s.Type == Lucos.Elf.SymbolType.Function)
        .GroupBy(s => s.Name).First(g => g.Count() > 1).Key;

    private static TestCaseData Forge(string name, Refusal refusal, Forgery forgery) => new TestCaseData(forgery, refusal).SetArgDisplayNames(name);
}
