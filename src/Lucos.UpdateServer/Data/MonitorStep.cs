using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Data;

/// <summary>Begins or ends the monitoring of all instances of an update.</summary>
internal sealed class MonitorStep(InstanceRegistry registry, UpdateData data, bool begins) : IUndoable
{
    private readonly bool _wasMonitored = data.IsMonitored;
    private readonly uint _left = data.LeftTypes;

    public StepKind Kind => StepKind.Monitor;

    public void Do() => Set(begins, left: 0);

    public void Undo() => Set(_wasMonitored, _left);

    public override string ToString() => $"monitoring of {data.Instances.Count} instances";

    private void Set(bool isMonitored, uint left)
    {
        data.IsMonitored = isMonitored;
        data.LeftTypes = left;
        registry.Monitor(data);
    }
}
