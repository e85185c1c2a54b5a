using Lucos.Abi;
using Lucos.Elf;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Devices;
using Lucos.Vmm.Hypercalls;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm;

/// <summary>
/// A PC with memory, processors and devices. One thread runs it; other threads may call <see cref="RequestStop"/>,
/// <see cref="SerialConsole.Enqueue"/> and <see cref="Doorbell.Ring"/> only.
/// </summary>
public sealed partial class Machine : IDisposable
{
    private readonly List<Vcpu> _vcpus = [];
    private readonly ExitHandler _exits;
    private readonly MachineHost _host;
    private readonly SymbolTable? _symbols;

    /// <summary>Builds a machine and loads what it boots.</summary>
    /// <exception cref="BootException">The options don't fit together; the message says which and what to do.</exception>
    public Machine(MachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        _symbols = options.Kernel?.Symbols;
        Memory = new GuestMemory(options.MemoryBytes);
        _host = new MachineHost(this);
        EmulatedVcpu backend = new(Memory, _host);
        _vcpus.Add(new Vcpu(0, backend, Memory));
        Clock = new VirtualClock(backend.Counter);
        Interrupts = new InterruptController(_host.PollAtNextBlock);
        Timer = new IntervalTimer(Clock, Interrupts, _host.PollAtNextBlock);
        Console = new SerialConsole(Interrupts, _host.Wake);
        Doorbell = new Doorbell(Interrupts, _host.Wake);
        Hypercalls = new HypercallDispatcher(this);
        Code = new CodeWriter(Memory, _vcpus);
        Breakpoints = new BreakpointTable(_vcpus);
        Protection = new WriteProtection(Memory, _vcpus);
        _exits = new ExitHandler(Ports, Hypercalls);
        AttachDevices();
        backend.Reset(new BootLoader(Memory).Load(options));
    }

    /// <summary>RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The processors.</summary>
    public IReadOnlyList<Vcpu> Vcpus => _vcpus;

    /// <summary>Virtual time.</summary>
    public VirtualClock Clock { get; }

    /// <summary>The serial console.</summary>
    public SerialConsole Console { get; }

    /// <summary>The doorbell.</summary>
    public Doorbell Doorbell { get; }

    /// <summary>Where hypercall handlers register.</summary>
    public HypercallDispatcher Hypercalls { get; }

    /// <summary>The one way to write guest code.</summary>
    public CodeWriter Code { get; }

    /// <summary>Where to stop.</summary>
    public BreakpointTable Breakpoints { get; }

    /// <summary>Guarded pages.</summary>
    public WriteProtection Protection { get; }

    /// <summary>The interrupt controllers.</summary>
    public InterruptController Interrupts { get; }

    /// <summary>The timer.</summary>
    public IntervalTimer Timer { get; }

    /// <summary>The ports.</summary>
    public PortBus Ports { get; } = new();

    /// <summary>All state besides RAM: what is built on top of the machine adds its own.</summary>
    public StateList State { get; } = new();

    /// <summary>How many entries of an input log have gone in: kept for whoever records or replays, and saved with the machine.</summary>
    public ulong InputPosition { get; set; }

    /// <summary>Times the clock was moved on because the processor waited.</summary>
    public ulong IdleWarps { get; internal set; }

    /// <summary>Asks the run to end with <see cref="MachineStop.StopRequested"/> at a block boundary soon. Thread-safe.</summary>
    public void RequestStop()
    {
        _host.StopRequested = true;
        _host.Wake();
    }

    /// <summary>SHA-256 of RAM.</summary>
    public MachineHash HashMemory() => Memory.Hash();

    /// <summary>The frames of a processor, innermost first, with symbols of the booted kernel.</summary>
    public IReadOnlyList<StackFrame> Backtrace(Vcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        return Backtracer.Walk(vcpu.AddressSpace, vcpu.Registers, _symbols);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Vcpu vcpu in _vcpus)
        {
            vcpu.Backend.Dispose();
        }

        Memory.Dispose();
    }

    private static void Check(MachineOptions options)
    {
        if (options.MemoryBytes is < GuestLayout.MinMemoryBytes or > GuestLayout.MaxMemoryBytes || options.MemoryBytes % GuestLayout.PageSize != 0)
        {
            throw new BootException(
                $"memory-size: {options.MemoryBytes} bytes of RAM; allowed are {GuestLayout.MinMemoryBytes >> 20} MiB to "
                + $"{GuestLayout.MaxMemoryBytes >> 20} MiB in steps of 4 KiB");
        }

        if (options.CpuCount != 1)
        {
            throw new BootException($"cpu-count: {options.CpuCount} processors; this version runs 1");
        }
    }

    // In the order in which it is loaded: the clock needs its counter, and the timer the clock.
    private void AddState(RealTimeClock realTimeClock)
    {
        _vcpus.ForEach(State.Add);
        State.Add(Clock);
        State.Add(new MachineState(this, _host));
        State.Add(Interrupts);
        State.Add(Timer);
        State.Add(Console);
        State.Add(Doorbell);
        State.Add(realTimeClock);
        State.Add(Protection);
    }

    private void AttachDevices()
    {
        RealTimeClock realTimeClock = new(Clock);
        Ports.Attach(0x20, 2, Interrupts);
        Ports.Attach(0xa0, 2, Interrupts);
        Ports.Attach(0x40, 4, Timer);
        Ports.Attach(0x61, 1, Timer);
        Ports.Attach(0x70, 2, realTimeClock);
        Ports.Attach(GuestPorts.SerialPort, 8, Console);
        Ports.Attach(GuestPorts.DebugExitPort, 4, new DebugExit(_host.PowerOff));
        Ports.Attach(GuestPorts.KeyboardCommandPort, 1, new KeyboardController(_host.Reset));
        Ports.Attach(GuestPorts.HypercallPort, 1, new HypercallPort());
        AddState(realTimeClock);
    }
}
