using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Code;

/// <summary>What keeps code in another form than the guest's bytes: a processor backend that translates.</summary>
public interface ICodeCache
{
    /// <summary>Drops what was made of the code in some frames. Only between runs.</summary>
    /// <param name="frames">First bytes of the frames.</param>
    void DropCode(ReadOnlySpan<GuestPhysicalAddress> frames);

    /// <summary>Drops everything. Only between runs.</summary>
    void DropAllCode();
}
