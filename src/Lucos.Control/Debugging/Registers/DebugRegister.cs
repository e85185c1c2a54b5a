namespace Lucos.Control.Debugging.Registers;

/// <summary>A register as gdb knows it.</summary>
/// <param name="Name">Its name in the target description.</param>
/// <param name="Bits">Its size.</param>
/// <param name="Type">How gdb shows it.</param>
/// <param name="Read">Writes its little-endian value into the bytes given; null for one that the emulator does not tell.</param>
/// <param name="Write">Takes its value from the bytes given; null for one that can't be written.</param>
internal sealed record DebugRegister(string Name, int Bits, RegisterType Type, RegisterReader? Read, RegisterWriter? Write)
{
    /// <summary>Bytes in packets.</summary>
    internal int Length => Bits / 8;
}
