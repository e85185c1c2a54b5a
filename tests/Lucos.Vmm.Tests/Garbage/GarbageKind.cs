namespace Lucos.Vmm.Tests.Garbage;

/// <summary>What a garbage program consists of.</summary>
public enum GarbageKind
{
    /// <summary>Random bytes in ring 0.</summary>
    Bytes,

    /// <summary>Random bytes that decode, in ring 0.</summary>
    Instructions,

    /// <summary>Instructions that change the processor's modes, tables and devices, with random operands.</summary>
    SystemInstructions,

    /// <summary>Instructions in ring 0, while the page tables are random too.</summary>
    PageTables,

    /// <summary>Instructions in ring 0, while gates, descriptors and task-state segment are random too.</summary>
    DescriptorTables,

    /// <summary>Instructions in ring 3.</summary>
    User,

    /// <summary>Instructions on up to four processors that all run the same garbage.</summary>
    SeveralProcessors,
}
