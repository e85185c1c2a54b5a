namespace Lucos.Control.Debugging.Registers;

/// <summary>Gives a register's little-endian value.</summary>
internal delegate void RegisterReader(ProcessorRegisters from, Span<byte> to);
