namespace Lucos.Unicorn;

/// <summary>How a run ended.</summary>
public enum EngineStatus
{
    /// <summary>Stopped by a callback, or the processor halted.</summary>
    Stopped,

    /// <summary>An access where nothing is mapped.</summary>
    Unmapped,

    /// <summary>An instruction that was not handled.</summary>
    InvalidInstruction,

    /// <summary>A store to a guarded page that was not handled.</summary>
    WriteRefused,

    /// <summary>Code was to be fetched from device memory.</summary>
    FetchRefused,

    /// <summary>An exception that was not handled.</summary>
    UnhandledException,

    /// <summary>Another failure of the library.</summary>
    Failed,
}
