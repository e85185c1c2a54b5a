namespace Lucos.Control.Debugging;

/// <summary>What a debugger may do with the run of a guest. All of it takes effect once the present operation on the guest is done.</summary>
internal interface IRunControl
{
    /// <summary>Holds the guest still.</summary>
    void Hold();

    /// <summary>Lets the guest run, or end if it has ended.</summary>
    void Resume();

    /// <summary>Builds the machine anew and boots it.</summary>
    void Restart();

    /// <summary>Ends the guest.</summary>
    void Quit();
}
