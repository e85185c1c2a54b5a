using Lucos.Control.Results;

namespace Lucos.Control.Packages;

/// <summary>Packages as files <c>name.lup</c> of some folders; the first folder that has a name wins.</summary>
public sealed class PackageFolder : IPackageSource
{
    private readonly IReadOnlyList<string> _folders;

    /// <summary>Makes a source.</summary>
    /// <param name="folders">The folders.</param>
    public PackageFolder(params IReadOnlyList<string> folders) => _folders = folders;

    /// <inheritdoc/>
    public byte[] Load(string name)
    {
        var file = _folders.Select(f => Path.Combine(f, name + ".lup")).FirstOrDefault(File.Exists);
        return file is not null
            ? File.ReadAllBytes(file)
            : throw new LucosException(ExitCode.Usage, "package-not-found", $"no {name}.lup in {string.Join(", ", _folders)}; build it with make -C guest-kernel updates");
    }
}
