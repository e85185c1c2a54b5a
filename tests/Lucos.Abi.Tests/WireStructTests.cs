using Lucos.Abi.Fields;
using Lucos.Abi.Rendering;

namespace Lucos.Abi.Tests;

public sealed class WireStructTests
{
    private static readonly Dictionary<string, int> s_frozenSizes = new()
    {
        ["lucos_manager_info"] = 80,
        ["lucos_update_desc"] = 304,
        ["lucos_function_desc"] = 136,
        ["lucos_context_desc"] = 96,
        ["lucos_activation_report"] = 32,
        ["lucos_update_status"] = 304,
        ["lucos_request"] = 96,
        ["lucos_response"] = 296,
        ["lucos_journal_entry"] = 336,
        ["lucos_type_desc"] = 112,
        ["lucos_field_desc"] = 8,
        ["lucos_instance_desc"] = 24,
        ["lucos_instance_change"] = 32,
        ["lucos_event"] = 40,
        ["lucos_writable_range"] = 16,
        ["lucos_package_manifest"] = 392,
        ["lucos_package_dependency"] = 104,
        ["lucos_package_function"] = 192,
        ["lucos_package_callback"] = 24,
        ["lucos_package_type"] = 208,
        ["lucos_package_field"] = 16,
        ["lucos_package_handler"] = 16,
        ["lucos_package_signature"] = 48,
    };

    [Test]
    public void SizesAreFrozen() =>
        Assert.That(WireStruct.All.ToDictionary(s => s.CName, s => s.Size), Is.EqualTo(s_frozenSizes));

    [Test]
    public void FieldsLieWhereTheLayoutSays()
    {
        var context = new ContextDescriptor { Slot = 1, Rip = 2, Kind = 3, Function = 4, ThreadId = 5, Depth = 6, ThreadName = Text16.From("ab"), ReturnSlot = 7, ReturnAddress = 8, WaitingOn = Text32.From("q") };
        byte[] expected =
        [
            1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0,
            (byte)'a', (byte)'b', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
            (byte)'q', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        Assert.That(WireCodec.ToBytes(context), Is.EqualTo(expected));
    }

    [Test]
    public void VersionedStructReadsBack()
    {
        var bytes = WireCodec.ToVersionedBytes(new ActivationReport { UpdateId = 7, Contexts = 9 });
        var refusal = WireCodec.ReadVersioned<ActivationReport>(bytes, out var report);
        Assert.Multiple(() =>
        {
            Assert.That(refusal, Is.EqualTo(Refusal.None));
            Assert.That(report.UpdateId, Is.EqualTo(7));
            Assert.That(report.Contexts, Is.EqualTo(9));
            Assert.That(report.Size, Is.EqualTo(32));
        });
    }

    [TestCase(0, Refusal.BadArgument)]
    [TestCase(4, Refusal.AbiMismatch)]
    public void VersionedStructWithAnotherHeaderIsRefused(int damaged, Refusal expected)
    {
        var bytes = WireCodec.ToVersionedBytes(new ActivationReport { UpdateId = 7 });
        bytes[damaged]++;
        Assert.That(WireCodec.ReadVersioned<ActivationReport>(bytes, out var report), Is.EqualTo(expected));
        Assert.That(report.UpdateId, Is.Zero);
    }

    [Test]
    public void TruncatedStructIsRefused()
    {
        var bytes = WireCodec.ToVersionedBytes(new ActivationReport());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.That(WireCodec.ReadVersioned<ActivationReport>(bytes.AsSpan(0, length), out _), Is.EqualTo(Refusal.BadArgument));
        }
    }

    [Test]
    public void ArrayThatIsNoWholeNumberOfStructsIsRefused()
    {
        Assert.That(WireCodec.TryReadArray<ContextDescriptor>(new byte[192], out var two), Is.True);
        Assert.That(two, Has.Length.EqualTo(2));
        Assert.That(WireCodec.TryReadArray<ContextDescriptor>(new byte[191], out _), Is.False);
    }
}
