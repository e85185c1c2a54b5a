using Lucos.Control.Guests;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>Turns what can happen to a guest into exit codes.</summary>
internal static class GuestFailures
{
    /// <summary>Does something with a guest.</summary>
    /// <exception cref="LucosException">The guest died, took too long, or answered what makes no sense.</exception>
    public static T Report<T>(Func<T> action, CancellationToken cancel)
    {
        try
        {
            return action();
        }
        catch (GuestEndedException e)
        {
            cancel.ThrowIfCancellationRequested();
            throw new LucosException(ExitCode.Unreachable, "guest-ended", e.Message);
        }
        catch (BudgetExceededException e)
        {
            throw new LucosException(ExitCode.TimedOut, "timed-out", e.Message);
        }
        catch (InvalidDataException e)
        {
            throw new LucosException(ExitCode.Internal, "unexpected-answer", e.Message);
        }
    }
}
