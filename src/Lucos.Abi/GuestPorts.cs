namespace Lucos.Abi;

/// <summary>I/O ports and interrupt numbers that guest and host agree on.</summary>
public static class GuestPorts
{
    /// <summary>The hypercall port: <c>in eax, dx</c> reads the signature, <c>out dx, eax</c> issues a hypercall.</summary>
    public const ushort HypercallPort = 0x4c55;

    /// <summary>
    /// A write of any byte gives the rest of the processor's turn away: for loops that wait for another processor. No other machine
    /// has a device here.
    /// </summary>
    public const ushort YieldPort = 0x4c59;

    /// <summary>What the hypercall port reads: "LUCO" in memory order. On a machine that is not Lucos, it reads all ones.</summary>
    public const uint Signature = 0x4f43_554c;

    /// <summary>Base of the serial console, a 16550.</summary>
    public const ushort SerialPort = 0x3f8;

    /// <summary>The <c>isa-debug-exit</c> port: 0 is a clean power-off.</summary>
    public const ushort DebugExitPort = 0xf4;

    /// <summary>Keyboard controller's command port: 0xfe resets the machine.</summary>
    public const ushort KeyboardCommandPort = 0x64;

    /// <summary>Interrupt line of the timer.</summary>
    public const byte TimerIrq = 0;

    /// <summary>Interrupt line of the serial console.</summary>
    public const byte SerialIrq = 4;

    /// <summary>Interrupt line of the doorbell, edge triggered.</summary>
    public const byte DoorbellIrq = 5;

    /// <summary>Vector of interrupt line 0 once the guest has set up its interrupt controller.</summary>
    public const byte IrqVectorBase = 0x20;
}
