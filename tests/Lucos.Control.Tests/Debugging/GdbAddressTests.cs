using Lucos.Control.Debugging;
using Lucos.Control.Results;

namespace Lucos.Control.Tests.Debugging;

public sealed class GdbAddressTests
{
    [TestCase("1234", "127.0.0.1:1234")]
    [TestCase(":1234", "127.0.0.1:1234")]
    [TestCase("tcp::1234", "127.0.0.1:1234")]
    [TestCase("0", "127.0.0.1:0")]
    [TestCase("0.0.0.0:7", "0.0.0.0:7")]
    [TestCase("[::1]:65535", "[::1]:65535")]
    [TestCase("localhost:9", "127.0.0.1:9")]
    public void AnAddressIsThisMachineUnlessAHostIsNamed(string text, string address) =>
        Assert.That(GdbAddress.Parse(text).ToString(), Is.EqualTo(address));

    [TestCase("")]
    [TestCase(":")]
    [TestCase("65536")]
    [TestCase("-1")]
    [TestCase("localhost")]
    [TestCase("localhost:port")]
    [TestCase("no host:1")]
    public void WhatIsNoAddressIsRefusedByName(string text)
    {
        var refused = Assert.Throws<LucosException>(() => GdbAddress.Parse(text));
        Assert.That((refused!.Reason, refused.Code), Is.EqualTo(("bad-gdb-address", ExitCode.Usage)));
        Assert.That(refused.Message, Does.Contain("HOST:PORT"));
    }
}
