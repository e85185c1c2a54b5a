using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Begins or ends the monitoring of all instances of an update.</summary>
internal sealed class MonitorStep(InstanceRegistry registry, UpdateData data, bool begins) : IUndoable
{
    private readonly bool _wasMonitored = data.IsMonitored;
    private readonly uint _left = data.LeftTypes;

    public StepKind Kind => StepKind.Monitor;

    public void Do()
    {
        data.LeftTypes = 0;
        if (begins)
        {
            registry.Watch(data);
        }
        else
        {
            registry.Unwatch(data);
        }
    }

    public void Undo()
    {
        data.LeftTypes = _left;
        if (!_wasMonitored)
        {
            registry.Unwatch(data);
        }
        else if (begins)
        {
            registry.UnwatchLeft(data);
        }
        else
        {
            registry.Watch(data);
        }
    }

    public override string ToString() => $"monitoring of {data.Instances.Count} instances";
}
