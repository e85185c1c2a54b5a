using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Memory;

/// <summary>Is told of loads from guarded pages before they happen, on the machine's thread.</summary>
public interface ILoadListener : IWriteListener
{
    /// <summary>
    /// A processor is about to load, inside an instruction: its state may be read and must not be changed, and no page may be guarded or opened.
    /// Memory may be changed, also by <see cref="Machine.Service"/>, and the load finds it so.
    /// </summary>
    /// <param name="load">The load.</param>
    /// <returns>Whether <see cref="IWriteListener.AtBoundary"/> is to be called at the next boundary, as for a store.</returns>
    bool OnLoad(in GuardedLoad load);

    /// <summary>Whether a function that <see cref="Machine.Service"/> calls may load, as far as the guarded pages go; if not, the call ends.</summary>
    /// <param name="load">The load, of no processor.</param>
    bool AllowsServiceLoad(in GuardedLoad load);
}
