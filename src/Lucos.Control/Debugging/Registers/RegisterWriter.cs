namespace Lucos.Control.Debugging.Registers;

/// <summary>Changes a register in a copy of the processor's.</summary>
internal delegate void RegisterWriter(ProcessorRegisters to, ReadOnlySpan<byte> from);
