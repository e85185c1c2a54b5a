namespace Lucos.Abi;

/// <summary>Stable names of the states, as console, JSON and journal show them.</summary>
public static class UpdateStates
{
    /// <summary>The kebab-case name, such as <c>rolled-back</c>; a value that is no state is <c>none</c>.</summary>
    /// <param name="state">The state.</param>
    public static string Id(this UpdateState state) => state switch
    {
        UpdateState.Submitted => "submitted",
        UpdateState.Verified => "verified",
        UpdateState.Prepared => "prepared",
        UpdateState.Coexisting => "coexisting",
        UpdateState.Draining => "draining",
        UpdateState.Finished => "finished",
        UpdateState.RollingBack => "rolling-back",
        UpdateState.RolledBack => "rolled-back",
        UpdateState.Refused => "refused",
        UpdateState.Aborted => "aborted",
        _ => "none",
    };
}
