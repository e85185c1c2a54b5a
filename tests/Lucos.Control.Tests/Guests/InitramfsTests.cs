using System.Text;
using Lucos.Control.Guests;

namespace Lucos.Control.Tests.Guests;

public sealed class InitramfsTests
{
    private static readonly byte[] s_empty = Encoding.ASCII.GetBytes("070701" + string.Concat(Enumerable.Repeat("00000000", 11)) + "0000000B" + "00000000" + "TRAILER!!!\0\0\0\0");

    [Test]
    public void AnAddedFileStandsBeforeTheOnlyEndMark()
    {
        var once = Initramfs.WithFiles(s_empty, [KeyValuePair.Create("updates/a.lup", "hello"u8.ToArray())]);
        var twice = Initramfs.WithFiles(once, [KeyValuePair.Create("updates/b.lup", "there!"u8.ToArray())]);
        var text = Encoding.ASCII.GetString(twice);
        Assert.That(text.IndexOf("updates/a.lup\0", StringComparison.Ordinal), Is.LessThan(text.IndexOf("updates/b.lup\0", StringComparison.Ordinal)));
        Assert.That(text.Split("TRAILER!!!"), Has.Length.EqualTo(2));
        Assert.That(text, Does.Contain("hello\0\0\0070701"));
        Assert.That(twice.Length % 512, Is.Zero);
    }

    [TestCase(0)]
    [TestCase(50)]
    [TestCase(115)]
    public void ATruncatedArchiveIsRefused(int length) =>
        Assert.That(() => Initramfs.WithFiles(s_empty.AsSpan(0, length), []), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("bad-initramfs"));

    [Test]
    public void AnArchiveWithHugeSizesIsRefused()
    {
        var bytes = s_empty.ToArray();
        Encoding.ASCII.GetBytes("FFFFFFFF").CopyTo(bytes, 6 + (11 * 8));
        Assert.That(() => Initramfs.WithFiles(bytes, []), Throws.TypeOf<InvalidDataException>());
    }
}
