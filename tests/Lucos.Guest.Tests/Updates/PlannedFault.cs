using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Guest.Tests.Vmm;
using Lucos.Vmm.Cpu;

namespace Lucos.Guest.Tests.Updates;

/// <summary>
/// One call of a function in the guest that fails: it is stopped at its first instruction, and returns at once with what it returns when it fails. Nothing in the
/// guest is made for it.
/// </summary>
internal sealed class PlannedFault : IDisposable
{
    private const ulong Slice = 2_000;
    private const int NameOfCache = 16;


    private static ReadOnlySpan<byte> NewVersions => "new:"u8;

    private readonly UpdatableGuest _guest;
    private readonly ulong[] _functions;
    private readonly Func<UpdatableGuest, RegisterFile, bool> _counts;
    private readonly int _number;
    private readonly ulong _result;
    private int _calls;

    private PlannedFault(UpdatableGuest guest, ulong[] functions, Func<UpdatableGuest, RegisterFile, bool> counts, int number, ulong result)
    {
        _guest = guest;
        _functions = functions;
        _counts = counts;
        _number = number;
        _result = result;
        Array.ForEach(functions, function => guest.Guest.AddBreakpoint(function));
    }

    /// <summary>Whether it has happened.</summary>
    internal bool Happened => _calls >= _number;

    /// <summary>The Update Manager's nth allocation: of its own threads, whoever makes it for them, down to the pages of a slab or a page table.</summary>
    internal static PlannedFault OfAllocation(UpdatableGuest guest, int number) =>
        new(guest, [UpdatableGuest.Symbol("kmem_cache_alloc"), UpdatableGuest.Symbol("pages_alloc")], (g, _) => IsManagers(g), number, 0);

    /// <summary>The nth allocation that other threads make because of an update: of a new version of what they allocate, or of the array that leads to new versions.</summary>
    internal static PlannedFault OfObserver(UpdatableGuest guest, int number) =>
        new(guest, [UpdatableGuest.Symbol("kmem_cache_alloc"), UpdatableGuest.Symbol("pages_alloc")], (g, registers) => !IsManagers(g) && IsForNewVersion(g, registers), number, 0);

    /// <summary>The nth birth of an object that other threads allocate, refused by the host.</summary>
    internal static PlannedFault OfBirth(UpdatableGuest guest, int number) =>
        new(guest, [guest.ManagerSymbol("hypercall")], (_, registers) => (Hypercall)(uint)registers.Rdi == Lucos.Abi.Hypercall.Born, number, (ulong)Refusal.Internal.ToResult());

    /// <summary>The nth death of an object that other threads free, refused by the host.</summary>
    internal static PlannedFault OfDeath(UpdatableGuest guest, int number) =>
        new(guest, [guest.ManagerSymbol("hypercall")], (_, registers) => (Hypercall)(uint)registers.Rdi == Lucos.Abi.Hypercall.Died, number, (ulong)Refusal.Internal.ToResult());

    /// <summary>The nth hypercall about an update, refused by the host.</summary>
    internal static PlannedFault OfHypercall(UpdatableGuest guest, int number) =>
        new(guest, [guest.ManagerSymbol("hypercall")], (_, registers) => IsAboutAnUpdate((Hypercall)(uint)registers.Rdi), number, (ulong)Refusal.Internal.ToResult());

    /// <summary>Lets the guest run until a condition holds.</summary>
    internal void Await(string what, Func<bool> condition)
    {
        var deadline = _guest.Guest.Blocks + UpdatableGuest.Budget;
        while (!condition())
        {
            Assert.That(_guest.Guest.Blocks, Is.LessThan(deadline), what);
            if (_guest.Session.RunOn(Slice).Kind == GuestStopKind.Breakpoint)
            {
                Meet();
            }
        }
    }

    public void Dispose() => Array.ForEach(_functions, function => _guest.Guest.RemoveBreakpoint(function));

    private void Meet()
    {
        var cpu = _guest.Machine.Vcpus[_guest.Guest.CurrentProcessor];
        var registers = cpu.Registers;
        if (!_functions.Contains(registers.Rip) || !_counts(_guest, registers) || ++_calls != _number)
        {
            return;
        }

        registers.Rax = _result;
        registers.Rip = _guest.Word(registers.Rsp);
        registers.Rsp += sizeof(ulong);
        cpu.Registers = registers;
    }

    private static bool IsManagers(UpdatableGuest guest) => guest.CurrentThread.StartsWith("lucos-", StringComparison.Ordinal);

    private static bool IsForNewVersion(UpdatableGuest guest, RegisterFile registers)
    {
        if (registers.Rip == UpdatableGuest.Symbol("kmem_cache_alloc"))
        {
            var name = new byte[NewVersions.Length];
            return guest.Guest.TryRead(registers.Rdi + NameOfCache, name) && name.AsSpan().SequenceEqual(NewVersions);
        }

        return UpdatableGuest.Kernel.Symbols.Resolve(guest.Word(registers.Rsp))?.Symbol.Name == "kmem_cache_alloc";
    }

    private static bool IsAboutAnUpdate(Hypercall call) => call is Lucos.Abi.Hypercall.Apply or Lucos.Abi.Hypercall.Rollback or Lucos.Abi.Hypercall.Report
        or Lucos.Abi.Hypercall.Query or Lucos.Abi.Hypercall.Events or Lucos.Abi.Hypercall.Born or Lucos.Abi.Hypercall.Retire or Lucos.Abi.Hypercall.Complete
        or Lucos.Abi.Hypercall.Journal or Lucos.Abi.Hypercall.Released;
}
