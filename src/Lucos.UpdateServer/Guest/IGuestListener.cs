namespace Lucos.UpdateServer.Guest;

/// <summary>Hears what the guest does that the server asked to hear of. Called on the thread that runs the guest; nothing may be thrown.</summary>
public interface IGuestListener
{
    /// <summary>A store to a monitored page; the value is in memory.</summary>
    /// <returns>Whether <see cref="AtBoundary"/> is to be called at the next boundary of blocks, before any other vCPU runs.</returns>
    bool OnStore(in GuestStore store);

    /// <summary>Whether a store to a page that is monitored by stepping may have a transfer follow; where not, it need not be stepped.</summary>
    /// <param name="physical">Guest-physical address of its first byte.</param>
    /// <param name="size">Its bytes, all in one page.</param>
    bool NeedsStep(ulong physical, int size);

    /// <summary>A load from a page whose loads are monitored, or that reaches into a second page, is about to happen: it finds what is in memory on return.</summary>
    /// <param name="physical">Guest-physical address of its first byte.</param>
    /// <param name="size">Its bytes; those behind the end of the page may lie in any other.</param>
    /// <returns>Whether <see cref="AtBoundary"/> is to be called at the next boundary.</returns>
    bool OnLoad(ulong physical, int size);

    /// <summary>All vCPUs stand between two instructions.</summary>
    void AtBoundary();

    /// <summary>A vCPU is about to run a stub.</summary>
    /// <param name="stub">Guest-virtual address of the stub.</param>
    /// <param name="returnAddress">Where it goes on.</param>
    /// <returns>False if nobody returns by this stub: the guest meets the byte itself.</returns>
    bool TryReturn(ulong stub, out ulong returnAddress);
}
