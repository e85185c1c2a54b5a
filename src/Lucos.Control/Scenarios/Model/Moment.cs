namespace Lucos.Control.Scenarios.Model;

/// <summary>An instant at which something is done. The hierarchy is closed.</summary>
public abstract record Moment;
