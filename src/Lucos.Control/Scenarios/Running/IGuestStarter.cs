using Lucos.Control.Guests;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Makes guests for scenarios.</summary>
public interface IGuestStarter
{
    /// <summary>Makes a guest that has not run yet.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="memoryMiB">Its memory in MiB.</param>
    /// <param name="files">Files added to its initramfs, by path without a leading slash.</param>
    IGuest Start(ulong seed, int memoryMiB, IReadOnlyDictionary<string, byte[]> files);
}
