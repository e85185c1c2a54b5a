using Lucos.Abi;
using Lucos.Elf;
using Lucos.Vmm.Boot;
using Lucos.Vmm.Code;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Cpu.Emulation;
using Lucos.Vmm.Devices;
using Lucos.Vmm.Devices.Apic;
using Lucos.Vmm.Hypercalls;
using Lucos.Vmm.Memory;
using Lucos.Vmm.Snapshots;
using Lucos.Vmm.Time;

namespace Lucos.Vmm;

/// <summary>
/// A PC with memory, 1 to 8 processors and devices. One thread runs it, the processors in turns; other threads may call <see cref="RequestStop"/>,
/// <see cref="SerialConsole.Enqueue"/> and <see cref="Doorbell.Ring"/> only.
/// </summary>
public sealed partial class Machine : IDisposable
{
    private readonly List<Vcpu> _vcpus = [];
    private readonly ExitHandler _exits;
    private readonly MachineHost _host;
    private readonly EmulatedProcessors _processors;
    private readonly SymbolTable? _symbols;
    private readonly MachineOptions _options;
    private ServiceVcpu? _service;

    /// <summary>Builds a machine and loads what it boots.</summary>
    /// <exception cref="BootException">The options don't fit together; the message says which and what to do.</exception>
    public Machine(MachineOptions options)
        : this(options, () => new GuestMemory(options.MemoryBytes)) => _vcpus[0].Backend.Reset(new BootLoader(Memory).Load(options));

    private Machine(MachineOptions options, Func<GuestMemory> makeMemory)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        _options = options;
        _symbols = options.Kernel?.Symbols;
        Memory = makeMemory();
        _host = new MachineHost(this);
        _processors = new EmulatedProcessors(Memory, _host, options.KeepsTrail);
        Clock = new VirtualClock(_processors);
        AddProcessors(options.CpuCount);
        Turns = new TurnScheduler(_vcpus, Clock, HasInterrupt, options.Seed);
        Interrupts = new InterruptController(_host.PollAtNextBlock);
        Timer = new IntervalTimer(Clock, Interrupts, _host.PollAtNextBlock);
        Console = new SerialConsole(Interrupts, _host.Wake);
        Doorbell = new Doorbell(Interrupts, _host.Wake);
        Hypercalls = new HypercallDispatcher(this);
        Code = new CodeWriter(Memory, _vcpus);
        Breakpoints = new BreakpointTable(_vcpus);
        Protection = new WriteProtection(Memory, _vcpus);
        Reads = new ReadWatch(Memory, _vcpus);
        Loads = new LoadProtection(Memory, _vcpus, () => Service);
        Stubs = new ReturnStubs(Memory, _vcpus);
        _exits = new ExitHandler(Ports, Hypercalls);
        AttachDevices();
    }

    /// <summary>Most processors of a machine.</summary>
    public const int MaxCpuCount = 8;

    /// <summary>RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The processors.</summary>
    public IReadOnlyList<Vcpu> Vcpus => _vcpus;

    /// <summary>The processor that runs, or ran last: the one that met a breakpoint, made a hypercall or shut down.</summary>
    public Vcpu Current => Turns.Current;

    /// <summary>Virtual time.</summary>
    public VirtualClock Clock { get; }

    /// <summary>Digests of the last blocks; null unless <see cref="MachineOptions.KeepsTrail"/>.</summary>
    public IBlockTrail? Trail => _processors.Trail;

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

    /// <summary>Watched loads.</summary>
    public ReadWatch Reads { get; }

    /// <summary>Pages whose loads are told of before they happen.</summary>
    public LoadProtection Loads { get; }

    /// <summary>Where returns are caught.</summary>
    public ReturnStubs Stubs { get; }

    /// <summary>Calls functions of the guest outside of its time; made on first use.</summary>
    public ServiceVcpu Service => _service ??= new ServiceVcpu(Memory);

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

    /// <summary>Times the clock was moved on because all processors waited.</summary>
    public ulong IdleWarps { get; internal set; }

    /// <summary>How many blocks had run when the machine began to wait, and when every timer has fired at least once since.</summary>
    internal (ulong Blocks, ulong Until) Idle { get; set; } = (ulong.MaxValue, 0);

    internal TurnScheduler Turns { get; }

    /// <summary>When the next device wants to be looked at, in nanoseconds.</summary>
    internal ulong NextDeadline
    {
        get
        {
            ulong next = Timer.NextDeadline;
            foreach (Vcpu vcpu in _vcpus)
            {
                next = Math.Min(next, vcpu.Apic.NextDeadline);
            }

            return next;
        }
    }

    /// <summary>When the last of the timers that run has fired once, in nanoseconds.</summary>
    private ulong LastDeadline
    {
        get
        {
            ulong last = DeadlineOr0(Timer.NextDeadline);
            foreach (Vcpu vcpu in _vcpus)
            {
                last = Math.Max(last, DeadlineOr0(vcpu.Apic.NextDeadline));
            }

            return last;
        }
    }

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

        _service?.Dispose();
        _processors.Dispose();
        Memory.Dispose();
    }

    /// <summary>Whether an interrupt waits for a processor; IF is not looked at.</summary>
    internal bool HasInterrupt(Vcpu vcpu) => vcpu.Apic.HasInterrupt || (vcpu.Apic.AcceptsExternal && Interrupts.HasInterrupt);

    internal static void Check(MachineOptions options)
    {
        if (options.MemoryBytes is < GuestLayout.MinMemoryBytes or > GuestLayout.MaxMemoryBytes || options.MemoryBytes % GuestLayout.PageSize != 0)
        {
            throw new BootException(
                $"memory-size: {options.MemoryBytes} bytes of RAM; allowed are {GuestLayout.MinMemoryBytes >> 20} MiB to "
                + $"{GuestLayout.MaxMemoryBytes >> 20} MiB in steps of 4 KiB");
        }

        if (options.CpuCount is < 1 or > MaxCpuCount)
        {
            throw new BootException($"cpu-count: {options.CpuCount} processors; allowed are 1 to {MaxCpuCount}");
        }
    }

    private static ulong DeadlineOr0(ulong deadline) => deadline == ulong.MaxValue ? 0 : deadline;

    // In the order in which it is loaded: the timers need the clock.
    private void AddState(RealTimeClock realTimeClock)
    {
        State.Add(Clock);
        foreach (Vcpu vcpu in _vcpus)
        {
            State.Add(vcpu);
            State.Add(vcpu.Apic);
        }

        State.Add(Turns);
        State.Add(new MachineState(this, _host));
        State.Add(Interrupts);
        State.Add(Timer);
        State.Add(Console);
        State.Add(Doorbell);
        State.Add(realTimeClock);
        State.Add(Protection);
    }

    private void AddProcessors(int count)
    {
        ApicBus bus = new(_vcpus);
        for (int i = 0; i < count; i++)
        {
            LocalApic apic = new(i, Clock, bus.Send, _host.PollAtNextBlock);
            _vcpus.Add(new Vcpu(_processors.Create(i), apic, Memory));
        }
    }

    private void YieldTurn()
    {
        Turns.Yield();
        _host.PollAtNextBlock();
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
        Ports.Attach(GuestPorts.YieldPort, 1, new YieldPort(YieldTurn));
        AddState(realTimeClock);
    }
}
