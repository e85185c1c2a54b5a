using Lucos.Vmm.Cpu;
using Lucos.Vmm.Devices;
using Lucos.Vmm.Hypercalls;

namespace Lucos.Vmm;

/// <summary>Handles an exit and says what it came to. Knows nothing of how the exit came about, so tests feed it exits they made up.</summary>
public sealed class ExitHandler
{
    private readonly PortBus _ports;
    private readonly HypercallDispatcher _hypercalls;

    /// <summary>Makes a handler.</summary>
    public ExitHandler(PortBus ports, HypercallDispatcher hypercalls)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentNullException.ThrowIfNull(hypercalls);
        _ports = ports;
        _hypercalls = hypercalls;
    }

    /// <summary>Handles one exit of a processor.</summary>
    public ExitOutcome Handle(Vcpu vcpu, VmExit exit)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        ArgumentNullException.ThrowIfNull(exit);
        switch (exit)
        {
            case VmExit.Hypercall:
                _hypercalls.Dispatch(vcpu);
                return ExitOutcome.Continue;
            case VmExit.Halt:
                vcpu.Halt();
                return ExitOutcome.Continue;
            case VmExit.PortIo port:
                HandlePort(vcpu, port);
                return ExitOutcome.Continue;
            case VmExit.GuestTrap exception:
                return Deliver(vcpu, exception);
            case VmExit.Shutdown:
                return ExitOutcome.Shutdown;
            case VmExit.Breakpoint breakpoint:
                return ExitOutcome.StopWith(new MachineStop.Breakpoint(breakpoint.Address));
            case VmExit.ProtectedWrite write:
                return ExitOutcome.StopWith(new MachineStop.ProtectedWrite(write.Address, write.Size));
            case VmExit.WatchedLoad load:
                return ExitOutcome.StopWith(new MachineStop.WatchedLoad(load.Address, load.Size));
            case VmExit.TrailDiffers:
                return ExitOutcome.StopWith(new MachineStop.TrailDiffers());
            case VmExit.Mmio or VmExit.Deadline or VmExit.StopRequested or VmExit.DebugStep:
                // No device is there: reads were all ones, writes are lost, as on a PC. The others are looked at by the run loop.
                return ExitOutcome.Continue;
            default:
                throw new InvalidOperationException($"exit {exit.GetType().Name} has no handler");
        }
    }

    private static ExitOutcome Deliver(Vcpu vcpu, VmExit.GuestTrap exception)
    {
        TrapEvent trap = exception.IsSoftware
            ? TrapEvent.Software(exception.Vector, 0)
            : TrapEvent.Exception(exception.Vector, exception.ErrorCode ?? 0);
        return vcpu.Backend.Deliver(trap) is null ? ExitOutcome.Continue : ExitOutcome.Shutdown;
    }

    private void HandlePort(Vcpu vcpu, VmExit.PortIo port)
    {
        if (port.IsWrite)
        {
            _ports.Write(port.Port, port.Size, port.Value);
            return;
        }

        // IN replaces AL or AX and leaves the rest; a 32-bit IN clears the upper half of RAX.
        RegisterFile registers = vcpu.Registers;
        ulong value = _ports.Read(port.Port, port.Size);
        registers.Rax = port.Size == 4 ? value : (registers.Rax & ~((1UL << (8 * port.Size)) - 1)) | value;
        vcpu.Registers = registers;
    }
}
