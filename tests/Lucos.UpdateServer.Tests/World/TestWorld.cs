using System.Security.Cryptography;
using Iced.Intel;
using Lucos.Abi;
using Lucos.Abi.Fields;
using Lucos.UpdateServer.Guest;
using Lucos.Vmm.Code;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>A small kernel in a fake guest, a server for it, and what a manager does to talk to that.</summary>
public sealed class TestWorld
{
    public const ulong Text = 0xffffffff80100000;
    public const ulong Heap = 0xffffc90000000000;
    public const ulong Scratch = 0xffffc90000100000;
    public const ulong Stubs = GuestLayout.ModuleBase + 0x1000000;
    public const int StubCount = 8;
    public const ulong OldVersions = 0xffffc90000200000;
    public const ulong NewVersions = 0xffffc90000300000;
    public const ulong Workspace = 0xffffc90000400000;
    public const int TextSize = 0x4000;
    public const int ModuleStride = 0x2000;
    public const int NewFunctionStride = 64;

    private ulong _nextFunction = Text;
    private ulong _nextModule = GuestLayout.ModuleBase;
    private ulong _nextSlot = Heap;

    public TestWorld(bool register = true)
    {
        Guest.Map(Text, TextSize, executable: true).Bytes.AsSpan().Fill(0xcc);
        Guest.Map(Heap, 0x4000, executable: false);
        Guest.Map(Scratch, 0x40000, executable: false);
        Guest.Map(GuestLayout.ModuleBase, 0x40000, executable: true);
        Guest.Map(Stubs, StubCount * ReturnStubs.StubSize, executable: true).Bytes.AsSpan().Fill(0xcc);
        Guest.Map(OldVersions, 0x8000, executable: false);
        Guest.Map(NewVersions, 0x8000, executable: false);
        Guest.Map(Workspace, 0x4000, executable: false);
        Guest.TextStart = Text;
        Guest.TextEnd = Text + TextSize;
        AddKernel();
        Server = new LiveUpdateServer(Guest, "0.1.0", Journal, Fault);
        if (register)
        {
            Assert.That(Register(), Is.Zero);
        }
    }

    public FakeGuest Guest { get; } = new();

    public ListJournal Journal { get; } = new();

    public FaultAt Fault { get; } = new();

    public LiveUpdateServer Server { get; private set; }

    /// <summary>Goes on with another server for the same guest.</summary>
    public void Replace(LiveUpdateServer server) => Server = server;

    /// <summary>Descriptors and answers lie here: the only memory that may differ after an update was undone.</summary>
    public long Call(Hypercall number, ulong rbx = 0, ulong rcx = 0, ulong rsi = 0, ulong rdi = 0, int cpl = 0) =>
        Server.Handle(new HypercallArguments((ulong)number, rbx, rcx, rsi, rdi, cpl));

    public ulong Place<T>(in T value, ulong offset = 0)
        where T : unmanaged, IVersionedStruct
    {
        Guest.Poke(Scratch + offset, WireCodec.ToVersionedBytes(in value));
        return Scratch + offset;
    }

    public ManagerInfo Manager() => new()
    {
        BuildId = Bytes20.From(Guest.KernelBuildId),
        ModuleBase = GuestLayout.ModuleBase,
        ModuleSize = GuestLayout.ModuleAreaSize,
        KernelTextStart = Text,
        KernelTextEnd = Text + TextSize,
        StubArea = Stubs,
        StubSize = StubCount * ReturnStubs.StubSize,
    };

    public long Register() => Call(Hypercall.Register, Place(Manager()));

    /// <summary>Adds a function to the kernel; what lies between functions is <c>int3</c>.</summary>
    public KernelFunction AddFunction(string name, Action<Assembler> body, int align = 16)
    {
        byte[] code = Assemble(_nextFunction, body);
        return AddFunction(name, code, align);
    }

    public KernelFunction AddFunction(string name, byte[] code, int align = 16)
    {
        ulong address = _nextFunction;
        _nextFunction = (address + (ulong)code.Length + (ulong)align - 1) / (ulong)align * (ulong)align;
        var function = new KernelFunction(name, address, (uint)code.Length, _nextFunction - address);
        Guest.Poke(address, code);
        Guest.Define(function);
        return function;
    }

    public static byte[] Assemble(ulong address, Action<Assembler> body)
    {
        var assembler = new Assembler(64);
        body(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>A well-formed update of these functions, its module loaded at an address of its own.</summary>
    public UpdateSpec MakeUpdate(string name, params string[] functions)
    {
        ulong module = _nextModule;
        _nextModule += ModuleStride;
        var spec = new UpdateSpec { Functions = [.. functions.Select((function, i) => Replace(function, module, i))] };
        spec.Descriptor = new UpdateDescriptor
        {
            Name = Text64.From(name),
            Version = Text32.From("1.0"),
            BuildId = Bytes20.From(Guest.KernelBuildId),
            ModuleBase = module,
            ModuleSize = ModuleStride,
            RelocationArea = module + 0x1000,
            RelocationSize = 0x800,
        };
        return spec;
    }

    /// <summary>Lists a thread whose saved instruction pointer is <paramref name="rip"/>.</summary>
    public ulong AddContext(UpdateSpec spec, ulong rip, int function = 0, ContextKind kind = ContextKind.InterruptFrame)
    {
        ulong slot = _nextSlot;
        _nextSlot += 8;
        Guest.Poke(slot, BitConverter.GetBytes(rip));
        spec.Contexts.Add(ContextAt(slot, rip, function, kind));
        return slot;
    }

    /// <summary>Lists a thread in a function that returns to <paramref name="returnAddress"/>.</summary>
    /// <returns>The slot that holds the return address.</returns>
    public ulong AddActivation(UpdateSpec spec, ulong rip, int function = 0, uint thread = 7, ulong returnAddress = Text + 0x3f00)
    {
        AddContext(spec, rip, function);
        ulong slot = _nextSlot;
        _nextSlot += 8;
        Guest.Poke(slot, BitConverter.GetBytes(returnAddress));
        spec.Contexts[^1] = spec.Contexts[^1] with { ReturnSlot = slot, ReturnAddress = returnAddress, ThreadId = thread };
        return slot;
    }

    /// <summary>Runs the return instruction that pops a slot.</summary>
    /// <returns>Where the thread goes on.</returns>
    public ulong Return(ulong slot)
    {
        ulong popped = Guest.Read64(slot);
        return popped >= Stubs && popped < Stubs + (StubCount * ReturnStubs.StubSize)
            ? Guest.Listener.TryReturn(popped, out ulong address) ? address : 0
            : popped;
    }

    /// <summary>The events that the manager fetches.</summary>
    public List<UpdateEvent> FetchEvents(long id)
    {
        long count = Call(Hypercall.Events, (ulong)id, Scratch + 0xc000, 64);
        Assert.That(count, Is.InRange(0, 64));
        WireCodec.TryReadArray(Guest.Read(Scratch + 0xc000, (int)count * WireCodec.SizeOf<UpdateEvent>()), out UpdateEvent[] events);
        return [.. events];
    }

    public UpdateStatus Query(long id)
    {
        Assert.That(Call(Hypercall.Query, (ulong)id, Scratch + 0x800), Is.Zero);
        WireCodec.TryRead(Guest.Read(Scratch + 0x800, WireCodec.SizeOf<UpdateStatus>()), out UpdateStatus status);
        return status;
    }

    public long Retire(long id, bool newCode, params ContextDescriptor[] contexts) => Report(Hypercall.Retire, id, newCode, contexts);

    public long Complete(long id) => Call(Hypercall.Complete, (ulong)id);

    public static ContextDescriptor ContextAt(ulong slot, ulong rip, int function, ContextKind kind) => new()
    {
        Slot = slot,
        Rip = rip,
        Kind = (uint)kind,
        Function = (uint)function,
        ThreadId = 7,
        Depth = 1,
        ThreadName = Text16.From("worker"),
    };

    public long Apply(UpdateSpec spec) => Call(Hypercall.Apply, Send(spec));

    public long RollBack(UpdateSpec spec, long id)
    {
        spec.Descriptor.UpdateId = (uint)id;
        spec.CountContexts = false;
        return Call(Hypercall.Rollback, Send(spec));
    }

    /// <summary>Applies, and fails the test if that is refused.</summary>
    public long ApplyWell(UpdateSpec spec)
    {
        long id = Apply(spec);
        Assert.That(id, Is.Positive, () => Journal.Records[^1].Detail);
        spec.Contexts.Clear();
        return id;
    }

    public long Report(long id, bool newCode, params ContextDescriptor[] contexts) => Report(Hypercall.Report, id, newCode, contexts);

    private long Report(Hypercall number, long id, bool newCode, ContextDescriptor[] contexts)
    {
        WriteArray(Scratch + 0x20000, contexts);
        return Call(number, Place(new ActivationReport
        {
            UpdateId = (uint)id,
            ContextCount = (uint)contexts.Length,
            Contexts = Scratch + 0x20000,
            OldOrNew = newCode ? 1u : 0u,
        }));
    }

    /// <summary>Where a jump at an address leads; null if there is none.</summary>
    public ulong? JumpAt(ulong address)
    {
        byte[] code = Guest.Read(address, 5);
        return code[0] == 0xe9 ? address + 5 + (ulong)(long)BitConverter.ToInt32(code, 1) : null;
    }

    /// <summary>Puts descriptor and arrays into scratch memory.</summary>
    public ulong Send(UpdateSpec spec)
    {
        UpdateDescriptor descriptor = spec.Descriptor;
        if (spec.CountContexts)
        {
            for (int i = 0; i < spec.Functions.Length; i++)
            {
                spec.Functions[i].Activations = (uint)spec.Contexts.Count(context => context.Function == i);
            }
        }

        WriteArray(Scratch + 0x1000, spec.Functions);
        WriteArray(Scratch + 0x20000, [.. spec.Contexts]);
        WriteArray(Scratch + 0x10000, [.. spec.Types]);
        WriteArray(Scratch + 0x14000, [.. spec.Instances]);
        WriteArray(Scratch + 0x1a000, [.. spec.Ranges]);
        descriptor.Types = descriptor.Types == 0 ? Scratch + 0x10000 : descriptor.Types;
        descriptor.Instances = descriptor.Instances == 0 ? Scratch + 0x14000 : descriptor.Instances;
        descriptor.Ranges = descriptor.Ranges == 0 ? Scratch + 0x1a000 : descriptor.Ranges;
        descriptor.RangeCount = descriptor.RangeCount == 0 ? (uint)spec.Ranges.Count : descriptor.RangeCount;
        descriptor.TypeCount = descriptor.TypeCount == 0 ? (uint)spec.Types.Count : descriptor.TypeCount;
        descriptor.InstanceCount = descriptor.InstanceCount == 0 ? (uint)spec.Instances.Count : descriptor.InstanceCount;
        descriptor.Functions = descriptor.Functions == 0 ? Scratch + 0x1000 : descriptor.Functions;
        descriptor.Contexts = descriptor.Contexts == 0 ? Scratch + 0x20000 : descriptor.Contexts;
        descriptor.FunctionCount = descriptor.FunctionCount == 0 ? (uint)spec.Functions.Length : descriptor.FunctionCount;
        descriptor.ContextCount = descriptor.ContextCount == 0 ? (uint)spec.Contexts.Count : descriptor.ContextCount;
        return Place(descriptor);
    }

    private void WriteArray<T>(ulong address, T[] values)
        where T : unmanaged, IWireStruct
    {
        foreach (T value in values)
        {
            Guest.Poke(address, WireCodec.ToBytes(in value));
            address += (ulong)WireCodec.SizeOf<T>();
        }
    }

    private FunctionDescriptor Replace(string name, ulong module, int index)
    {
        KernelFunction old = Guest.Function(name);
        ulong address = module + (ulong)(index * NewFunctionStride);
        byte[] code = Assemble(address, a =>
        {
            a.push(rbp);
            a.mov(rbp, rsp);
            a.mov(eax, 42);
            a.pop(rbp);
            a.ret();
        });
        Guest.Poke(address, code);
        byte[] expected = Booted(old);
        ulong expectedAt = Scratch + 0x30000 + (ulong)(index * 0x100);
        Guest.Poke(expectedAt, expected);
        return new FunctionDescriptor
        {
            Name = Text64.From(name),
            OldAddress = old.Address,
            OldSize = old.Size,
            OldBytes = expectedAt,
            OldHash = Bytes32.From(SHA256.HashData(expected)),
            NewAddress = address,
            NewSize = (uint)code.Length,
        };
    }

    private readonly Dictionary<ulong, byte[]> _booted = [];

    /// <summary>A function's bytes as they were when it was first asked for: before any update.</summary>
    private byte[] Booted(KernelFunction function)
    {
        if (!_booted.TryGetValue(function.Address, out byte[]? bytes))
        {
            bytes = Guest.Read(function.Address, (int)function.Size);
            _booted.Add(function.Address, bytes);
        }

        return bytes;
    }

    private void AddKernel()
    {
        foreach (string name in new[] { "alpha", "beta", "gamma", "delta" })
        {
            AddFunction(name, Framed);
        }

        AddFunction("tiny", a =>
        {
            a.xor(eax, eax);
            a.ret();
        });
        AddFunction("tight", [0x31, 0xc0, 0xc3], align: 1);
        AddFunction("neighbour", Framed);
        AddFunction("looping", [0x90, 0xff, 0xcf, 0x75, 0xfc, 0x31, 0xc0, 0xc3]);
        AddFunction("junk", [0x55, 0x06, 0x06, 0x06, 0x06, 0x06, 0xc3]);
        foreach (KernelFunction function in new[] { "alpha", "beta", "gamma", "delta", "tiny", "tight", "neighbour", "looping", "junk" }.Select(Guest.Function))
        {
            Booted(function);
        }
    }

    private static void Framed(Assembler a)
    {
        a.push(rbp);
        a.mov(rbp, rsp);
        a.push(rbx);
        a.mov(rax, __[rdi]);
        a.pop(rbx);
        a.pop(rbp);
        a.ret();
    }
}
