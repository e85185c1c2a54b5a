using Lucos.Abi;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>An update as the manager would describe it; tests spoil what they like before it is sent.</summary>
public sealed class UpdateSpec
{
    private UpdateDescriptor _descriptor;

    public ref UpdateDescriptor Descriptor => ref _descriptor;

    public required FunctionDescriptor[] Functions { get; init; }

    public List<ContextDescriptor> Contexts { get; } = [];

    public List<TypeDescriptor> Types { get; } = [];

    public List<InstanceDescriptor> Instances { get; } = [];

    public List<WritableRange> Ranges { get; } = [];

    /// <summary>Whether the counts of contexts are set from the list when it is sent.</summary>
    public bool CountContexts { get; set; } = true;
}
