using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

/// <summary>A snapshot whose file holds the number of blocks.</summary>
internal sealed class FakeSnapshot(ulong blocks) : IGuestSnapshot
{
    public ulong Blocks => blocks;

    public long Save(string path)
    {
        File.WriteAllText(path, $"{blocks}");
        return new FileInfo(path).Length;
    }

    public IGuest Fork() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
