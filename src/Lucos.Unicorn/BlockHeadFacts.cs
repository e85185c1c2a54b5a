namespace Lucos.Unicorn;

/// <summary>What is the same at the start of all blocks that the library translates.</summary>
/// <param name="RipOffset">Where the instruction pointer is kept, from the processor's state on.</param>
/// <param name="StopCheck">The library's function that asks whether a hook stopped the run.</param>
internal readonly record struct BlockHeadFacts(int RipOffset, nint StopCheck);
