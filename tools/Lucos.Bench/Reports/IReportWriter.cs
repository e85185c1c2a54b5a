namespace Lucos.Bench.Reports;

/// <summary>Writes results in one of the formats.</summary>
public interface IReportWriter
{
    /// <summary>Takes a result as soon as it is there.</summary>
    void Add(Measurement measurement);

    /// <summary>Takes what could not be measured.</summary>
    void Add(Skipped skipped);

    /// <summary>Writes what has not been written yet.</summary>
    void Finish();
}
