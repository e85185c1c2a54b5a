namespace Lucos.Vmm.Hypercalls;

/// <summary>Serves hypercalls.</summary>
public interface IHypercallHandler
{
    /// <summary>
    /// Serves one, outside of emulation. Returns the result for RAX (0 or more, or a negative refusal), or null when the number is not
    /// one of this handler's.
    /// </summary>
    long? Handle(HypercallContext context);
}
