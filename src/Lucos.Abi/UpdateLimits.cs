namespace Lucos.Abi;

/// <summary>Sizes and limits of updates; the guest, the host and the package tools enforce the same ones.</summary>
public static class UpdateLimits
{
    /// <summary>Bytes of the jump that replaces the first instructions of a function (E9 rel32).</summary>
    public const uint JumpSize = 5;

    /// <summary>Bytes of relocation area per function, for its displaced instructions and the jump back.</summary>
    public const uint RelocationBytesPerFunction = 64;

    /// <summary>Largest package file, in bytes.</summary>
    public const uint MaxPackageBytes = 1 << 20;

    /// <summary>Most functions that one update replaces.</summary>
    public const uint MaxFunctions = 500;

    /// <summary>Most contexts that one descriptor or report lists.</summary>
    public const uint MaxContexts = 65536;

    /// <summary>Most dependencies and conflicts of one update.</summary>
    public const uint MaxDependencies = 64;

    /// <summary>Most callbacks of one update.</summary>
    public const uint MaxCallbacks = 256;

    /// <summary>Most changed data structures of one update.</summary>
    public const uint MaxTypes = 32;

    /// <summary>Most statements about which function handles which type.</summary>
    public const uint MaxHandlers = 512;

    /// <summary>Most preserved fields of one update.</summary>
    public const uint MaxFields = 256;

    /// <summary>Most instances of all changed data structures of one update.</summary>
    public const uint MaxInstances = 1 << 17;

    /// <summary>Largest version of a data structure, with what belongs to it, in bytes.</summary>
    public const uint MaxInstanceBytes = 64 << 10;

    /// <summary>Largest stack for state transfers, in bytes.</summary>
    public const uint MaxTransferStackBytes = 64 << 10;

    /// <summary>Bytes of code that one state transfer may execute.</summary>
    public const uint TransferBudgetBytes = 1 << 22;

    /// <summary>Longest forecast of a check, in bytes.</summary>
    public const uint MaxForecastBytes = 64 << 10;

    /// <summary>Most sections of a package file.</summary>
    public const uint MaxSections = 4096;

    /// <summary>Most symbols of a package file.</summary>
    public const uint MaxSymbols = 65536;

    /// <summary>Most bytes that the sections of a package take once they are loaded.</summary>
    public const uint MaxLoadedBytes = 4 << 20;

    /// <summary>Largest alignment of a section: a page.</summary>
    public const uint MaxSectionAlignment = 4096;

    /// <summary>Longest name of an update, in characters.</summary>
    public const uint MaxNameLength = 63;

    /// <summary>Bytes of a GNU build-id made with SHA-1.</summary>
    public const uint BuildIdBytes = 20;

    /// <summary>Bytes of a SHA-256 digest.</summary>
    public const uint DigestBytes = 32;
}
