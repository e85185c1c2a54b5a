namespace Lucos.UpdateServer.Requests;

/// <summary>Where an operator's request is.</summary>
public enum RequestPhase
{
    /// <summary>It waits for the manager.</summary>
    Queued,

    /// <summary>The manager works on it.</summary>
    Fetched,

    /// <summary>The manager answered it.</summary>
    Answered,

    /// <summary>It was never handed over: withdrawn, or refused at once.</summary>
    Cancelled,
}
