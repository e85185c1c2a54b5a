using System.Security.Cryptography;
using Lucos.Abi;
using Lucos.UpdateServer.Code;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;
using Lucos.UpdateServer.Wire;

namespace Lucos.UpdateServer.Transactions;

/// <summary>The checks of APPLY, in the order of the README. Each failure is a <see cref="RefusedException"/>; none changes a byte.</summary>
internal sealed class Verifier(IGuest guest, GuestReader reader, UpdateBook book)
{
    /// <summary>Checks all but the contexts, and returns the functions.</summary>
    public IReadOnlyList<ReplacedFunction> Verify(Submission submission)
    {
        CheckIdentity(submission);
        CheckModule(submission);
        ulong total = 0;
        var seen = new HashSet<ulong>();
        var functions = new List<ReplacedFunction>(submission.Functions.Count);
        foreach (SubmittedFunction function in submission.Functions)
        {
            total += function.OldSize;
            if (total > UpdateLimits.MaxPackageBytes)
            {
                throw new RefusedException(Refusal.TooLarge, $"expected bytes of all functions: more than {UpdateLimits.MaxPackageBytes}");
            }

            functions.Add(VerifyFunction(function, submission));
            if (!seen.Add(function.OldAddress))
            {
                throw new RefusedException(Refusal.DuplicateTarget, $"{function.Name} at 0x{function.OldAddress:x} is replaced twice");
            }
        }

        CheckNewCode(functions, submission);
        CheckNothingBelowCoexists(functions);
        return functions;
    }

    private void CheckIdentity(Submission submission)
    {
        if (!guest.KernelBuildId.SequenceEqual(submission.BuildId))
        {
            throw new RefusedException(
                Refusal.BuildIdMismatch,
                $"{submission.Name} is for kernel {Convert.ToHexStringLower(submission.BuildId)}, this is {Convert.ToHexStringLower(guest.KernelBuildId)}");
        }

        LiveUpdate? same = book.All.FirstOrDefault(update => update.Name == submission.Name && (update.InForce || update.State == UpdateState.RollingBack));
        if (same is not null)
        {
            Refusal refusal = same.InForce ? Refusal.AlreadyApplied : Refusal.Busy;
            throw new RefusedException(refusal, $"{submission.Name} is update {same.Id}, {same.State.Id()}");
        }
    }

    private void CheckModule(Submission submission)
    {
        LiveUpdate? other = book.All.FirstOrDefault(update => update.HoldsMemory && update.Module.Overlaps(submission.Module));
        if (other is not null)
        {
            throw new RefusedException(Refusal.BadArgument, $"module 0x{submission.Module.Start:x}+0x{submission.Module.Length:x} overlaps that of {other.Name}");
        }

        CodeRange area = submission.RelocationArea;
        ulong needed = (ulong)submission.Functions.Count * UpdateLimits.RelocationBytesPerFunction;
        if (!submission.Module.Contains(area.Start, area.Length) || area.Length < needed || !guest.IsExecutable(area.Start, area.Length))
        {
            throw new RefusedException(Refusal.BadArgument, $"relocation area 0x{area.Start:x}+0x{area.Length:x}: not {needed} executable bytes inside the module");
        }
    }

    private ReplacedFunction VerifyFunction(SubmittedFunction function, Submission submission)
    {
        CheckOldRange(function);
        byte[] expected = ReadExpected(function);
        byte[] found = ReadPeeled(function.OldAddress, function.OldSize, function.Name);
        CompareBytes(function, expected, found);
        CheckRoom(function);
        CheckNewRange(function, submission);
        if (!Trampoline.TryEncode(function.OldAddress, function.NewAddress, out _))
        {
            throw new RefusedException(Refusal.OutOfReach, $"{function.Name}: 0x{function.OldAddress:x} to 0x{function.NewAddress:x}");
        }

        return new ReplacedFunction(function.Name, function.OldAddress, function.OldSize, expected, function.NewAddress, function.NewSize, function.UntouchedTypes);
    }

    private void CheckOldRange(SubmittedFunction function)
    {
        var text = new CodeRange(guest.TextStart, guest.TextEnd - guest.TextStart);
        if (function.OldSize == 0 || !text.Contains(function.OldAddress, function.OldSize))
        {
            throw new RefusedException(Refusal.BadArgument, $"{function.Name} 0x{function.OldAddress:x}+{function.OldSize}: not inside the kernel's code");
        }

        if (!guest.TryFindFunction(function.OldAddress, out KernelFunction known))
        {
            throw new RefusedException(Refusal.MissingSymbol, $"{function.Name}: the kernel has no function at 0x{function.OldAddress:x}");
        }

        if (known.Size != function.OldSize)
        {
            throw new RefusedException(Refusal.BadArgument, $"{function.Name}: {function.OldSize} bytes, the kernel's symbol table says {known.Size} ({known.Name})");
        }
    }

    private byte[] ReadExpected(SubmittedFunction function)
    {
        byte[] expected = reader.ReadBytes(function.OldBytes, function.OldSize, $"expected bytes of {function.Name}");
        return SHA256.HashData(expected).AsSpan().SequenceEqual(function.OldHash)
            ? expected
            : throw new RefusedException(Refusal.OldBytesMismatch, $"{function.Name}: the expected bytes do not have the expected hash");
    }

    private byte[] ReadPeeled(ulong address, uint size, string name)
    {
        byte[] bytes = reader.ReadBytes(address, size, name);
        if (!guest.IsExecutable(address, size))
        {
            throw new RefusedException(Refusal.BadArgument, $"{name} 0x{address:x}+{size}: not executable");
        }

        book.Peel(address, bytes);
        return bytes;
    }

    private static void CompareBytes(SubmittedFunction function, byte[] expected, byte[] found)
    {
        int at = expected.AsSpan().CommonPrefixLength(found);
        if (at < expected.Length)
        {
            throw new RefusedException(
                Refusal.OldBytesMismatch,
                $"{function.Name}+0x{at:x}: expected {Excerpt(expected, at)}, found {Excerpt(found, at)}");
        }
    }

    private void CheckRoom(SubmittedFunction function)
    {
        if (function.OldSize >= Trampoline.Length)
        {
            return;
        }

        guest.TryFindFunction(function.OldAddress, out KernelFunction known);
        ulong room = Math.Min(known.Room, guest.TextEnd - function.OldAddress);
        CheckPadding(function.Name, function.OldAddress, function.OldSize, room);
    }

    private void CheckPadding(string name, ulong address, uint size, ulong room)
    {
        if (room >= Trampoline.Length)
        {
            var behind = new byte[Trampoline.Length - (int)size];
            if (guest.TryRead(address + size, behind))
            {
                book.Peel(address + size, behind);
                if (CodeShape.IsPadding(behind))
                {
                    return;
                }
            }
        }

        throw new RefusedException(Refusal.FunctionTooShort, $"{name}: {size} bytes, no padding behind them; the jump needs {Trampoline.Length}");
    }

    private void CheckNewRange(SubmittedFunction function, Submission submission)
    {
        if (function.NewSize == 0
            || !submission.Module.Contains(function.NewAddress, function.NewSize)
            || !guest.IsExecutable(function.NewAddress, function.NewSize))
        {
            throw new RefusedException(Refusal.BadArgument, $"replacement of {function.Name} 0x{function.NewAddress:x}+{function.NewSize}: not executable memory inside the module");
        }
    }

    /// <summary>The new functions and the relocation area must not share bytes, and each new entry must have room for a later jump.</summary>
    private void CheckNewCode(List<ReplacedFunction> functions, Submission submission)
    {
        List<CodeRange> ranges = [.. functions.Select(function => function.New), submission.RelocationArea];
        ranges.Sort((a, b) => a.Start.CompareTo(b.Start));
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i - 1].Overlaps(ranges[i]))
            {
                throw new RefusedException(Refusal.BadArgument, $"new code at 0x{ranges[i].Start:x} overlaps that at 0x{ranges[i - 1].Start:x}");
            }
        }

        foreach (ReplacedFunction function in functions.Where(function => function.NewSize < Trampoline.Length))
        {
            ulong next = ranges.Find(range => range.Start > function.NewAddress).Start;
            ulong end = next == 0 ? submission.Module.End : next;
            CheckPadding($"replacement of {function.Name}", function.NewAddress, function.NewSize, end - function.NewAddress);
        }
    }

    /// <summary>An update whose data lives in two versions may have to leave at any store, so nothing may stand on it.</summary>
    private void CheckNothingBelowCoexists(List<ReplacedFunction> functions)
    {
        foreach (ReplacedFunction function in functions)
        {
            foreach ((LiveUpdate below, _) in book.ReplacementsOf(function.OldAddress))
            {
                if (below.Data is { IsOver: false })
                {
                    throw new RefusedException(Refusal.Busy, $"{function.Name}: {below.Name} has replaced it, and its data lives in two versions until it is finished");
                }
            }
        }
    }

    private static string Excerpt(byte[] bytes, int at) => Convert.ToHexStringLower(bytes.AsSpan(at, Math.Min(8, bytes.Length - at)));
}
