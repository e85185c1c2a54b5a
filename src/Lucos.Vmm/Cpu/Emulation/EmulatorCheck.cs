using Lucos.Unicorn;
using Lucos.Vmm.Boot;

namespace Lucos.Vmm.Cpu.Emulation;

/// <summary>Whether the emulator behind the vCPUs is there and new enough, for those who must not know which one it is.</summary>
public static class EmulatorCheck
{
    /// <summary>Names the emulator and the layout of its processors' state: a snapshot fits only where this is the same.</summary>
    public static string StateFormat => Engine.StateFormat;

    /// <summary>Looks for the emulator.</summary>
    /// <returns>Its name and version.</returns>
    /// <exception cref="BootException">It is missing or too old; the message says what to do.</exception>
    public static string Require()
    {
        try
        {
            UnicornVersion version = UnicornLibrary.Version;
            version.Require();
            return $"libunicorn {version}";
        }
        catch (UnicornException e)
        {
            throw new BootException(e.Message, e);
        }
    }
}
