using System.Buffers.Binary;
using System.Text;
using Lucos.Abi;
using Lucos.Control.Guests;
using Lucos.Elf;
using Lucos.UpdateServer.Updates;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>A guest with its Update Server, at the shell's prompt; every wait is bounded in guest blocks.</summary>
internal sealed class UpdatableGuest : IDisposable
{
    /// <summary>Blocks that anything may take.</summary>
    internal const ulong Budget = 100_000_000;

    /// <summary>Blocks between two looks for an answer. An idle guest executes few blocks in much of its time.</summary>
    private const ulong AnswerSlice = 500;

    private readonly VmmGuest _guest;

    /// <summary>A fork of the guest with this seed and so many processors, which the tests boot once.</summary>
    internal UpdatableGuest(ulong seed = 1, int cpus = 1)
        : this(SharedBoots.Fork(seed, cpus))
    {
    }

    /// <summary>Goes on from a snapshot that was taken at the shell's prompt.</summary>
    internal UpdatableGuest(IGuestSnapshot snapshot)
        : this((VmmGuest)snapshot.Fork())
    {
    }

    private UpdatableGuest(VmmGuest guest)
    {
        _guest = guest;
        Session = new GuestSession(guest);
        Driver = new UpdateDriver(Session);
    }

    internal static KernelImage Kernel { get; } = KernelImage.Load(GuestImages.Kernel);

    internal static GuestFiles Files => new(GuestImages.Kernel, GuestImages.Initramfs, Path.Combine(GuestImages.Root, "guest-kernel/build/updates"));

    internal Machine Machine => _guest.Machine;

    internal IGuest Guest => _guest;

    internal GuestSession Session { get; }

    internal UpdateDriver Driver { get; }

    internal string Console => Session.Console.Since(0).ToString();

    internal string ChangeableState => string.Join('\n', _guest.Updates.Where(u => u.AppliedAtBlock != 0)
        .Select(u => $"{u.Id} {u.Name} {u.Version} {u.State} {u.Depth}").Prepend(_guest.EffectiveVersion));

    /// <summary>A guest with a boot of its own, for tests in which the boot matters.</summary>
    internal static UpdatableGuest Boot(ulong seed = 1, int cpus = 1)
    {
        var guest = new UpdatableGuest(Start(new GuestSettings { Seed = seed, Cpus = cpus }));
        guest.Session.AwaitPrompt(Budget);
        return guest;
    }

    internal static VmmGuest Start(GuestSettings settings) => (VmmGuest)new VmmGuestStarter(Files).Start(settings, null);

    internal static byte[] Package(string name) => File.ReadAllBytes(GuestImages.Update(name));

    public void Dispose()
    {
        Session.Dispose();
        _guest.Dispose();
    }

    internal CommandResult Run(string command) => Session.Run(command, Budget);

    internal RequestAnswer Check(byte[] package) => Answer(Submit(RequestKind.Check, "package", package));

    internal RequestAnswer Apply(byte[] package) => Answer(Submit(RequestKind.Apply, "package", package));

    internal RequestAnswer Apply(string name) => Apply(Package(name));

    internal RequestAnswer Undo(string name) => Answer(Submit(RequestKind.Undo, name, []));

    internal ulong Submit(RequestKind kind, string name, byte[] package) => _guest.Submit(kind, name, package);

    internal RequestAnswer Answer(ulong request)
    {
        var deadline = _guest.Blocks + Budget;
        RequestAnswer? answer;
        while ((answer = _guest.AnswerTo(request)) is null)
        {
            Assert.That(_guest.Blocks, Is.LessThan(deadline), "the Update Manager doesn't answer");
            Session.RunOn(AnswerSlice);
        }

        return answer;
    }

    internal UpdateInfo Update(string name) => Driver.Find(name) ?? throw new AssertionException($"no update {name}");

    internal void AwaitState(string name, UpdateState state) => Driver.AwaitState(name, state, Budget);

    /// <summary>Runs until the instruction at an address is the next one, on whichever stack or on one.</summary>
    internal void RunTo(ulong address, ulong? stack = null)
    {
        var deadline = _guest.Blocks + Budget;
        _guest.AddBreakpoint(address);
        do
        {
            Assert.That(_guest.Blocks, Is.LessThan(deadline), $"nothing comes to 0x{address:x}");
        }
        while (Session.RunOn(Budget).Kind != GuestStopKind.Breakpoint || _guest.StackPointer != (stack ?? _guest.StackPointer));

        _guest.RemoveBreakpoint(address);
        Assert.That(_guest.InstructionPointer, Is.EqualTo(address));
    }

    /// <summary>
    /// Runs until a thread of that name is about to execute an instruction with such registers, and keeps its processor there until its state is <c>Running</c> again. Whoever waits for that processor
    /// meanwhile waits for ever.
    /// </summary>
    /// <returns>The processor; null if no such thread has come there.</returns>
    internal Vcpu? TryHoldAt(ulong address, string thread, Func<RegisterFile, bool>? where = null, ulong blocks = Budget)
    {
        var deadline = _guest.Blocks + blocks;
        _guest.AddBreakpoint(address);
        var isThere = false;
        while (!isThere && _guest.Blocks < deadline)
        {
            isThere = Session.RunOn(deadline - _guest.Blocks).Kind == GuestStopKind.Breakpoint && _guest.InstructionPointer == address && CurrentThread == thread
                && where?.Invoke(Machine.Vcpus[_guest.CurrentProcessor].Registers) != false;
        }

        _guest.RemoveBreakpoint(address);
        if (!isThere)
        {
            return null;
        }

        var held = Machine.Vcpus[_guest.CurrentProcessor];
        held.Backend.LeaveBlock();
        held.State = VcpuState.HaltedForever;
        return held;
    }

    /// <summary>Name of the thread that the processor executes which ran last.</summary>
    internal string CurrentThread
    {
        get
        {
            var thread = Word(Symbol("cpus") + ((ulong)_guest.CurrentProcessor * KernelStructures.CpuSize) + KernelStructures.ThreadOfCpu);
            var name = new byte[KernelStructures.ThreadNameSize];
            Assert.That(_guest.TryRead(thread + KernelStructures.NameOfThread, name), Is.True);
            return Encoding.ASCII.GetString(name).TrimEnd('\0');
        }
    }

    /// <summary>Where a symbol of the kernel lies.</summary>
    internal static ulong Symbol(string name) => Kernel.Symbols.FindOnly(name)!.Value;

    /// <summary>Where one of the Update Manager's lies.</summary>
    internal ulong ManagerSymbol(string name) =>
        new KernelStructures(Machine.Vcpus[0].AddressSpace, Kernel).ModuleSymbols().Single(s => s.Name == $"update-manager: {name}").Start;

    /// <summary>Eight bytes of the kernel's memory.</summary>
    internal ulong Word(ulong address)
    {
        var word = new byte[sizeof(ulong)];
        Assert.That(_guest.TryRead(address, word), Is.True, $"0x{address:x} is not mapped");
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <summary>What nobody may change unasked: the kernel's text and read-only data, and what the module area has that can't be written.</summary>
    internal byte[] CopyCode()
    {
        using var copy = new MemoryStream();
        copy.Write(_guest.CopyReadOnlyMemory());
        var space = Machine.Vcpus[0].AddressSpace;
        for (var at = GuestLayout.ModuleBase; at < GuestLayout.ModuleBase + GuestLayout.ModuleAreaSize; at += GuestLayout.PageSize)
        {
            if (space.TryTranslate(new GuestVirtualAddress(at), out var page, out _) && !page.Writable)
            {
                copy.Write(BitConverter.GetBytes(at));
                copy.Write(Machine.Memory.Span(page.Address, (int)GuestLayout.PageSize));
            }
        }

        return copy.ToArray();
    }

    internal bool HasCode(byte[] copy) => CopyCode().AsSpan().SequenceEqual(copy);
}
