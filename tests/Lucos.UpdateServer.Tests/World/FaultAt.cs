using Lucos.UpdateServer.Transactions;

namespace Lucos.UpdateServer.Tests.World;

/// <summary>Throws before or after one step; counts the steps otherwise.</summary>
public sealed class FaultAt : IStepObserver
{
    /// <summary>Moments 2n and 2n+1 are before and after step n; negative for no fault.</summary>
    public int Moment { get; set; } = -1;

    public int Moments { get; private set; }

    public void Before(int index, StepKind kind) => Pass(2 * index);

    public void After(int index, StepKind kind) => Pass((2 * index) + 1);

    public void Reset(int moment)
    {
        Moment = moment;
        Moments = 0;
    }

    private void Pass(int moment)
    {
        Moments = Math.Max(Moments, moment + 1);
        if (moment == Moment)
        {
            throw new InvalidOperationException($"injected at moment {moment}");
        }
    }
}
