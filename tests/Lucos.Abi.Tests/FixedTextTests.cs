using Lucos.Abi.Fields;

namespace Lucos.Abi.Tests;

public sealed class FixedTextTests
{
    [Test]
    public void TextReadsBack() =>
        Assert.That(Text16.From("naïve").TryGet(out var text) ? text : null, Is.EqualTo("naïve"));

    [Test]
    public void TooLongTextIsCutBetweenCharactersAndEndsInNul()
    {
        var field = Text16.From(new string('a', 14) + "ïz");
        Assert.That(field.TryGet(out var text), Is.True);
        Assert.That(text, Is.EqualTo(new string('a', 14)));
    }

    [Test]
    public void TextWithoutNulIsRefused()
    {
        var field = default(Text16);
        ((Span<byte>)field).Fill((byte)'a');
        Assert.That(field.TryGet(out _), Is.False);
        Assert.That(field.ToString(), Is.EqualTo(new string('a', 16)));
    }

    [Test]
    public void TextThatIsNotUtf8IsRefused()
    {
        var field = default(Text16);
        ((Span<byte>)field)[0] = 0xff;
        Assert.That(field.TryGet(out _), Is.False);
    }

    [Test]
    public void BytesOfAnotherLengthThrow() =>
        Assert.That(() => Bytes20.From(new byte[19]), Throws.ArgumentException);
}
