using System.Buffers.Binary;
using Lucos.UpdateServer.Guest;

namespace Lucos.UpdateServer.Transactions;

/// <summary>
/// Runs planned steps so that either all or none of them are in force. A step is remembered before it acts, so one that
/// throws halfway is undone as well.
/// </summary>
internal sealed class Transaction(IGuest guest, IStepObserver? observer, Action<string> inconsistent)
{
    private readonly List<Step> _begun = [];

    /// <summary>Runs the steps in order.</summary>
    /// <exception cref="StepFailedException">A step threw; all of them were undone in reverse.</exception>
    public void Run(IReadOnlyList<Step> steps)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            _begun.Add(steps[i]);
            try
            {
                observer?.Before(i, steps[i].Kind);
                Act(steps[i]);
                observer?.After(i, steps[i].Kind);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Unwind();
                throw new StepFailedException(i, steps[i].ToString(), e);
            }
        }
    }

    private void Unwind()
    {
        for (int i = _begun.Count - 1; i >= 0; i--)
        {
            try
            {
                Act(_begun[i].Inverse);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                inconsistent($"{_begun[i]} could not be undone: {e.Message}");
            }
        }
    }

    private void Act(Step step)
    {
        if (step.Kind == StepKind.Cpu)
        {
            guest.SetRip((int)step.Address, BinaryPrimitives.ReadUInt64LittleEndian(step.New));
        }
        else if (step.IsCode)
        {
            guest.WriteCode(step.Address, step.New);
        }
        else if (!guest.TryWrite(step.Address, step.New))
        {
            throw new InvalidOperationException($"{step}: not mapped writable");
        }
    }
}
