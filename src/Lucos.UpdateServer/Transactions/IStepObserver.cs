namespace Lucos.UpdateServer.Transactions;

/// <summary>Hears of every step of a transaction. Tests throw from here to inject faults.</summary>
public interface IStepObserver
{
    /// <summary>Called before step <paramref name="index"/> acts. What it throws counts as the step's own failure.</summary>
    void Before(int index, StepKind kind);

    /// <summary>Called after step <paramref name="index"/> acted. What it throws counts as the step's own failure.</summary>
    void After(int index, StepKind kind);
}
