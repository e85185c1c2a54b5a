using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lucos.UpdateServer.Updates;

namespace Lucos.UpdateServer.Transactions;

/// <summary>
/// Makes planned changes so that either all or none of them are in force. A change is remembered before it acts, so one that
/// throws halfway is undone as well.
/// </summary>
internal sealed class Transaction(IStepObserver? observer, Action<string> inconsistent, PauseWatch? watch = null)
{
    private readonly List<IUndoable> _begun = [];

    /// <summary>Makes the changes in order.</summary>
    /// <exception cref="StepFailedException">One threw; all of them were undone in reverse.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(IReadOnlyList<IUndoable> changes)
    {
        for (int i = 0; i < changes.Count; i++)
        {
            _begun.Add(changes[i]);
            try
            {
                observer?.Before(i, changes[i].Kind);
                long start = Stopwatch.GetTimestamp();
                changes[i].Do();
                watch?.Count(changes[i].Kind, Stopwatch.GetTimestamp() - start);
                observer?.After(i, changes[i].Kind);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Unwind();
                throw new StepFailedException(i, $"{changes[i]}", e);
            }
        }
    }

    private void Unwind()
    {
        for (int i = _begun.Count - 1; i >= 0; i--)
        {
            try
            {
                _begun[i].Undo();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                inconsistent($"{_begun[i]} could not be undone: {e.Message}");
            }
        }
    }
}
