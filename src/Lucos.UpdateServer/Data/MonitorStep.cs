using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Begins or ends the monitoring of all instances of an update.</summary>
internal sealed class MonitorStep(InstanceRegistry registry, UpdateData data, bool begins) : IUndoable
{
    public StepKind Kind => StepKind.Monitor;

    public void Do() => Set(begins);

    public void Undo() => Set(!begins);

    public override string ToString() => $"monitoring of {data.Instances.Count} instances";

    private void Set(bool monitored)
    {
        if (monitored)
        {
            registry.Watch(data);
        }
        else
        {
            registry.Unwatch(data);
        }
    }
}
