namespace Lucos.Unicorn.Tests;

/// <summary>Loads from guarded pages are told before they happen, so that what is loaded can be put there in time.</summary>
public sealed class LoadGuardTests
{
    private const ulong Page = 0x4000;
    private const ulong PageSize = 4096;

    // mov rax, [address]; hlt
    private static byte[] LoadFrom(ulong address) => [0x48, 0x8b, 0x04, 0x25, .. BitConverter.GetBytes((uint)address), 0xf4];

    [Test]
    public void ALoadFindsWhatItsReportPutsThere()
    {
        using Fixture fixture = new(LoadFrom(Page + 8));
        fixture.Callbacks.OnGuardedLoadDo = (_, _) => Put(fixture, Page + 8, 42);
        fixture.Engine.GuardLoads([Page / PageSize]);
        Run(fixture);
        Assert.That(fixture.Engine.Rax, Is.EqualTo(42u));
    }

    [Test]
    public void ALoadAcrossPagesIsToldBeforeEitherOfThemIsRead([Values] bool isFirstGuarded)
    {
        using Fixture fixture = new(LoadFrom(Page + PageSize - 4));
        fixture.Callbacks.OnGuardedLoadDo = (address, size) =>
        {
            Assert.That((address, size), Is.EqualTo((Page + PageSize - 4, 8)));
            Put(fixture, Page + PageSize - 4, 0x11223344_55667788);
        };
        fixture.Engine.GuardLoads([(Page / PageSize) + (isFirstGuarded ? 0u : 1u)]);
        Run(fixture);
        Assert.That(fixture.Engine.Rax, Is.EqualTo(0x11223344_55667788u));
    }

    [Test]
    public void LoadsFromOtherPagesAndOnceNothingIsGuardedAreNotTold()
    {
        using Fixture fixture = new(LoadFrom(Page + 8));
        int told = 0;
        fixture.Callbacks.OnGuardedLoadDo = (_, _) => told++;
        foreach (ulong[] pages in new ulong[][] { [], [(Page / PageSize) + 1], [Page / PageSize], [(Page / PageSize) - 1], [] })
        {
            fixture.Engine.GuardLoads(pages);
            int before = told;
            Run(fixture);
            Assert.That(told - before, Is.EqualTo(pages is [Page / PageSize] ? 1 : 0), $"guarded: {string.Join(", ", pages)}");
        }
    }

    private static void Run(Fixture fixture)
    {
        fixture.Meter.Countdown = long.MaxValue;
        Assert.That(fixture.Engine.Run(Fixture.Start), Is.EqualTo(EngineStatus.Stopped));
    }

    private static void Put(Fixture fixture, ulong address, ulong value) => BitConverter.GetBytes(value).CopyTo(fixture.Memory.Slice(address, sizeof(ulong)));
}
