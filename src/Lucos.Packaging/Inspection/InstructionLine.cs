namespace Lucos.Packaging.Inspection;

/// <summary>One instruction of a function.</summary>
/// <param name="Offset">Bytes from the function's start.</param>
/// <param name="Bytes">The instruction's bytes in hexadecimal.</param>
/// <param name="Text">The instruction, with what its relocations stand for.</param>
public sealed record InstructionLine(uint Offset, string Bytes, string Text);
