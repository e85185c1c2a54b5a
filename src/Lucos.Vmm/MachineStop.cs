using Lucos.Vmm.Memory;

namespace Lucos.Vmm;

/// <summary>Why <see cref="Machine.Run"/> returned. A closed hierarchy.</summary>
public abstract record MachineStop
{
    private MachineStop()
    {
    }

    /// <summary>Whether the machine can be run on.</summary>
    public virtual bool CanContinue => true;

    /// <summary>A limit of the run is reached.</summary>
    public sealed record Limit : MachineStop;

    /// <summary>The instruction at a breakpoint is about to run; running on executes it.</summary>
    /// <param name="Address">Its address.</param>
    public sealed record Breakpoint(GuestVirtualAddress Address) : MachineStop;

    /// <summary>A store to a guarded page has been carried out, and its listener asked to stop.</summary>
    /// <param name="Address">First byte stored.</param>
    /// <param name="Size">Bytes.</param>
    public sealed record ProtectedWrite(GuestPhysicalAddress Address, int Size) : MachineStop;

    /// <summary>A load from watched memory has been carried out, and its listener asked to stop.</summary>
    /// <param name="Address">First byte loaded.</param>
    /// <param name="Size">Bytes.</param>
    public sealed record WatchedLoad(GuestPhysicalAddress Address, int Size) : MachineStop;

    /// <summary>The next block's digest is not the expected one (<see cref="Machine.Trail"/>). Running on stops again while it is expected.</summary>
    public sealed record TrailDiffers : MachineStop;

    /// <summary>The processor that <see cref="Machine.Stepping"/> names has executed an instruction, or taken an interrupt and stands at its handler.</summary>
    public sealed record Stepped : MachineStop;

    /// <summary>The processor waits, and nothing inside the machine will wake it: only input or the doorbell, or nothing with IF clear.</summary>
    public sealed record HaltedForever : MachineStop;

    /// <summary>The guest wrote to the debug-exit port; 0 is a clean power-off.</summary>
    /// <param name="Value">What it wrote.</param>
    public sealed record PowerOff(uint Value) : MachineStop
    {
        /// <inheritdoc/>
        public override bool CanContinue => false;
    }

    /// <summary>The guest reset the machine through the keyboard controller.</summary>
    public sealed record Reset : MachineStop
    {
        /// <inheritdoc/>
        public override bool CanContinue => false;
    }

    /// <summary>The processor shut down.</summary>
    /// <param name="Report">Registers and backtrace.</param>
    public sealed record TripleFault(ShutdownReport Report) : MachineStop
    {
        /// <inheritdoc/>
        public override bool CanContinue => false;
    }

    /// <summary><see cref="Machine.RequestStop"/> was called.</summary>
    public sealed record StopRequested : MachineStop;
}
