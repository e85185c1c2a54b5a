using System.Text.RegularExpressions;

namespace Lucos.Abi.Tests;

public sealed partial class RefusalTests
{
    [Test]
    public void CodesAndIdentifiersAreFrozen()
    {
        string[] frozen =
        [
            "unknown-hypercall", "not-privileged", "bad-pointer", "bad-argument", "wrong-state", "not-registered", "abi-mismatch",
            "bad-package", "digest-mismatch", "build-id-mismatch", "missing-symbol", "ambiguous-symbol", "function-too-short",
            "old-bytes-mismatch", "out-of-reach", "duplicate-target", "dependency-missing", "conflict", "already-applied",
            "no-such-update", "undo-order", "unrelocatable-context", "startup-failed", "no-memory", "too-large", "busy",
            "cancelled", "internal", "transfer-failed", "incoherent", "not-representable",
        ];
        Assert.That(Refusals.All.Select(r => r.Id), Is.EqualTo(frozen));
        Assert.That(Refusals.All.Select(r => (uint)r.Code), Is.EqualTo(Enumerable.Range(1, frozen.Length)));
    }

    [Test]
    public void EveryRefusalHasItsOwnIdentifierAndSaysWhatToDo()
    {
        foreach (var refusal in Enum.GetValues<Refusal>().Where(r => r != Refusal.None))
        {
            Assert.That(refusal.Id(), Is.EqualTo(WordStart().Replace(refusal.ToString(), "-").ToLowerInvariant()));
            Assert.That(refusal.WhatToDo(), Is.Not.Empty);
            Assert.That(Refusals.TryParse(refusal.Id(), out var parsed) ? parsed : Refusal.None, Is.EqualTo(refusal));
        }
    }

    [Test]
    public void CodeThatNobodyDefinedIsNotKnown()
    {
        Assert.That(Refusals.IsKnown((Refusal)32), Is.False);
        Assert.That(((Refusal)uint.MaxValue).Id(), Is.EqualTo("internal"));
        Assert.That(Refusals.TryParse("nonsense", out _), Is.False);
    }

    [Test]
    public void ResultOfARefusalIsItsNegativeCode() => Assert.That(Refusal.BadPointer.ToResult(), Is.EqualTo(-3));

    [Test]
    public void HypercallNumbersAreFrozen()
    {
        string[] frozen =
        [
            "Version", "Register", "Apply", "Rollback", "Report", "Query", "DoorbellFetch", "DoorbellPull", "DoorbellComplete",
            "Journal", "Released", "Events", "Born", "Died", "Retire", "Complete", "ReturnAddress",
        ];
        Assert.That(Enum.GetValues<Hypercall>().Select(h => h.ToString()), Is.EqualTo(frozen));
        Assert.That(Enum.GetValues<Hypercall>().Select(h => (uint)h), Is.EqualTo(Enumerable.Range(0, frozen.Length)));
    }

    [Test]
    public void StateNumbersAreFrozen()
    {
        string[] frozen =
        [
            "none", "submitted", "verified", "prepared", "coexisting", "draining", "finished", "rolling-back", "rolled-back", "refused", "aborted",
        ];
        Assert.That(Enum.GetValues<UpdateState>().Select(s => s.Id()), Is.EqualTo(frozen));
        Assert.That(Enum.GetValues<UpdateState>().Select(s => (uint)s), Is.EqualTo(Enumerable.Range(0, frozen.Length)));
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
