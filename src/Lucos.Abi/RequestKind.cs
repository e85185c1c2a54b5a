namespace Lucos.Abi;

/// <summary>What the operator asks of the Update Manager through the doorbell.</summary>
public enum RequestKind : uint
{
    /// <summary>Verify the package and change nothing.</summary>
    Check = 1,

    /// <summary>Apply the package.</summary>
    Apply = 2,

    /// <summary>Undo the update that is named.</summary>
    Undo = 3,

    /// <summary>Cancel the update that is named, if it is under way.</summary>
    Cancel = 4,
}
