using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Lucos.Vmm.Tests;

/// <summary>Small functions.</summary>
internal static class AssemblerExtensions
{
    /// <summary>A function that stores a value and returns.</summary>
    internal static void Store(this Assembler a, ulong address, int value)
    {
        a.mov(__qword_ptr[address], value);
        a.ret();
    }
}
