namespace Lucos.Guest.Tests.Commands;

/// <summary>Tests that run <c>lucos</c> as processes, in a folder that each test has to itself.</summary>
public abstract class ProcessTests
{
    private protected const string Prompt = "lucos:/$ ";

    private protected string Folder { get; private set; } = "";

    [SetUp]
    public void MakeFolder() => Folder = Directory.CreateTempSubdirectory("lucos-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(Folder, recursive: true);

    /// <summary>A guest at its prompt.</summary>
    private protected async Task<LucosProcess> StartAsync(CancellationToken cancel, params string[] options)
    {
        var run = LucosProcess.Start(Folder, ["run", .. options]);
        await run.SeeAsync(Prompt, cancel);
        return run;
    }

    /// <summary>A command that ends by itself.</summary>
    private protected Task<(int Code, string Output, string Errors)> LucosAsync(CancellationToken cancel, params string[] arguments) => LucosProcess.RunAsync(Folder, cancel, arguments);
}
