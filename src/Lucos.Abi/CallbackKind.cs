namespace Lucos.Abi;

/// <summary>Kinds of <see cref="PackageCallback"/>. Numbers from 3 on are reserved.</summary>
public enum CallbackKind : uint
{
    /// <summary><c>int f(void)</c>, called before any byte changes; nonzero refuses the update.</summary>
    Startup = 1,

    /// <summary><c>void f(void)</c>, called when the update has been undone, before its memory is freed.</summary>
    Cleanup = 2,
}
