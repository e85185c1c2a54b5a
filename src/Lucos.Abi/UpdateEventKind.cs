namespace Lucos.Abi;

/// <summary>What the Update Server tells the Update Manager about an update.</summary>
public enum UpdateEventKind : uint
{
    /// <summary>A thread has left a function of the version that is being left.</summary>
    FunctionLeft = 1,

    /// <summary>No thread is in that function any more.</summary>
    ThreadsLeft = 2,

    /// <summary>No thread is in any function of the version that is being left.</summary>
    AllLeft = 3,

    /// <summary>A state transfer failed: the server has put the old code back, the update is rolling back.</summary>
    Failed = 4,

    /// <summary>No thread is in any function of the version that is being left that handles the type; others may be in other functions.</summary>
    TypeLeft = 5,
}
