namespace Lucos.Abi;

/// <summary>Kinds of <see cref="PackageCallback"/>. Numbers from 6 on are reserved.</summary>
public enum CallbackKind : uint
{
    /// <summary><c>int f(void)</c>, called before any byte changes; nonzero refuses the update.</summary>
    Startup = 1,

    /// <summary><c>void f(void)</c>, called when the update has been undone, before its memory is freed.</summary>
    Cleanup = 2,

    /// <summary><c>void f(int thread)</c>, called when a thread has left the old version of the function that is its subject.</summary>
    FunctionLeft = 3,

    /// <summary><c>void f(void)</c>, called when no thread is left in the old version of the function that is its subject.</summary>
    ThreadsLeft = 4,

    /// <summary><c>void f(void)</c>, called when no thread is left in any function that handles the type that is its subject, and monitoring of it has ended.</summary>
    DataLeft = 5,
}
