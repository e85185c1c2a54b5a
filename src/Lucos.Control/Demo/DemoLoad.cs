namespace Lucos.Control.Demo;

/// <summary>What the load counted over the whole demo.</summary>
/// <param name="Requests">Requests answered.</param>
/// <param name="Lost">Requests without an answer.</param>
/// <param name="Corrupted">Wrong answers.</param>
/// <param name="PipeBytes">Bytes through the pipes.</param>
/// <param name="PipeErrors">Wrong bytes among them.</param>
public sealed record DemoLoad(long Requests, long Lost, long Corrupted, long PipeBytes, long PipeErrors)
{
    /// <summary>Whether the load ran and noticed nothing.</summary>
    public bool IsUndisturbed => Requests > 0 && PipeBytes > 0 && Lost == 0 && Corrupted == 0 && PipeErrors == 0;
}
