using Lucos.Abi;

namespace Lucos.UpdateServer;

/// <summary>Carries a refusal from the check that found it to the handler that answers it. It never leaves the server.</summary>
internal sealed class RefusedException(Refusal refusal, string detail) : Exception(detail)
{
    /// <summary>The reason.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>What was wrong, where.</summary>
    public string Detail => Message;

    /// <summary>Whether the journal has it already, with the update that it is about.</summary>
    public bool IsRecorded { get; set; }
}
