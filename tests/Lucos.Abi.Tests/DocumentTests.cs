using Lucos.Abi.Rendering;
using Lucos.Tests.Shared;

namespace Lucos.Abi.Tests;

public sealed class DocumentTests
{
    private static readonly string s_path = Path.Combine(RepositoryRoot.Find(), "src", "Lucos.Abi", "README.md");

    [Test]
    public void TablesOfTheDocumentAreWhatTheAbiRenders()
    {
        var rendered = MarkdownTables.Render(DocComments.Load(Path.Combine(AppContext.BaseDirectory, "Lucos.Abi.xml")));
        var document = File.ReadAllText(s_path);
        var start = document.IndexOf(MarkdownTables.Heading, StringComparison.Ordinal);
        Assert.That(start, Is.Positive, "the document has lost its heading: " + MarkdownTables.Heading);
        if (Environment.GetEnvironmentVariable("LUCOS_RENDER") == "1")
        {
            document = document[..start] + rendered;
            File.WriteAllText(s_path, document);
        }

        Assert.That(document[start..], Is.EqualTo(rendered),
            "the tables have drifted from Lucos.Abi: LUCOS_RENDER=1 dotnet test tests/Lucos.Abi.Tests writes them anew");
    }

    [Test]
    public void EveryHypercallIsDescribed()
    {
        var document = File.ReadAllText(s_path);
        foreach (var number in Enum.GetValues<Hypercall>())
        {
            Assert.That(document, Does.Contain($"| {(uint)number} `{CNames.Constant(nameof(Hypercall), number.ToString())[9..]}` |"));
        }
    }
}
