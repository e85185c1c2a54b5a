using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Stubs;

/// <summary>A frame of a function of the version that is being left.</summary>
internal sealed class Activation(long sequence, ContextInfo context, GuestTime since)
{
    /// <summary>Order in which activations became known.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>As last reported.</summary>
    public ContextInfo Context { get; set; } = context;

    /// <summary>When it was first reported.</summary>
    public GuestTime Since { get; } = since;

    /// <summary>The stub that it returns by; null when it has none.</summary>
    public Stub? Stub { get; set; }

    /// <summary>Whether the last report did not name it.</summary>
    public bool WasMissing { get; set; }
}
