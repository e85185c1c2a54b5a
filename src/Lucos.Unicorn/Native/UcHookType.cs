namespace Lucos.Unicorn.Native;

/// <summary>Kinds of hooks of the C library (<c>uc_hook_type</c>).</summary>
internal static class UcHookType
{
    internal const int Interrupt = 1 << 0;
    internal const int Instruction = 1 << 1;
    internal const int Code = 1 << 2;
    internal const int Block = 1 << 3;
    internal const int MemoryUnmapped = (1 << 4) | (1 << 5) | (1 << 6);
    internal const int WriteProtected = 1 << 8;
    internal const int MemoryRead = 1 << 10;
    internal const int InvalidInstruction = 1 << 14;
    internal const int EdgeGenerated = 1 << 15;
}
