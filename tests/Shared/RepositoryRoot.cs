namespace Lucos.Tests.Shared;

/// <summary>The folder that holds <c>Lucos.sln</c>, found upward from the test's own.</summary>
internal static class RepositoryRoot
{
    public static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lucos.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Lucos.sln is in no folder above " + AppContext.BaseDirectory);
    }
}
