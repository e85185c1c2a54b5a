namespace Lucos.Vmm.Memory;

/// <summary>Is told of loads from watched memory.</summary>
public interface IReadListener
{
    /// <summary>A processor loads. Called on the machine's thread, inside the instruction: the vCPU's state must not be changed here.</summary>
    /// <param name="address">First byte loaded.</param>
    /// <param name="size">Bytes loaded.</param>
    /// <returns>Whether the machine shall leave with <see cref="VmExit.WatchedLoad"/> behind the instruction.</returns>
    bool OnLoad(GuestPhysicalAddress address, int size);
}
