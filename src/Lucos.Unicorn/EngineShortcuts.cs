namespace Lucos.Unicorn;

/// <summary>
/// Ways past the library's API, which make it faster and change nothing else. Each is found by experiment in the library that is there;
/// where that fails, or with <c>LUCOS_UNICORN_SHORTCUTS=none</c> in the environment, the engine goes the slow way.
/// </summary>
[Flags]
public enum EngineShortcuts
{
    /// <summary>Only the API.</summary>
    None = 0,

    /// <summary>Translated code does not ask behind each memory access whether the run was stopped.</summary>
    NoExitChecks = 1,

    /// <summary><see cref="Engine.Context"/> is the processor's state itself and no copy.</summary>
    LiveState = 2,

    /// <summary>Translated blocks count themselves, instead of calling a hook.</summary>
    InlineCounting = 4,

    /// <summary>Regions of memory leave the map at once, instead of page by page.</summary>
    QuickRemoval = 8,

    /// <summary>All of them.</summary>
    All = NoExitChecks | LiveState | InlineCounting | QuickRemoval,
}
