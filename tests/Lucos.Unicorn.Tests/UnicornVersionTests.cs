namespace Lucos.Unicorn.Tests;

/// <summary>Which library is accepted.</summary>
public sealed class UnicornVersionTests
{
    [Test]
    public void TheLoadedLibraryIsNewEnough() =>
        Assert.That(() => UnicornLibrary.Version.Require(), Throws.Nothing);

    [TestCase(0x02000100u)]
    [TestCase(0x02010100u)]
    [TestCase(0x020103ffu)]
    public void AnOldLibraryIsRefusedWithHowToGetANewerOne(uint packed)
    {
        UnicornVersion version = UnicornVersion.Decode(packed);
        Assert.That(
            version.Require,
            Throws.TypeOf<UnicornException>().With.Message.Contains("unicorn-too-old").And.Message.Contains(version.ToString())
                .And.Message.Contains("tools/lucos"));
    }

    [TestCase(0x02010400u)]
    [TestCase(0x02020000u)]
    [TestCase(0x03000000u)]
    public void ANewLibraryIsAccepted(uint packed) => Assert.That(UnicornVersion.Decode(packed).Require, Throws.Nothing);
}
