using System.Text.Json.Nodes;
using Lucos.Control.Demo;
using Lucos.Control.Guests;
using Lucos.Control.Packages;

namespace Lucos.Guest.Tests.Scenarios;

public sealed class DemoTests
{
    [Test]
    public void TheDemoComesOutAsItShould()
    {
        var files = GuestFiles.Find(GuestImages.Kernel, GuestImages.Initramfs);
        var report = new DemoRunner(new VmmGuestStarter(files), new PackageFolder(files.Updates)).Run(1, 1, _ => { }, CancellationToken.None);
        var json = report.ToJson();
        var steps = (JsonArray)json["steps"]!;
        Assert.That(report.Succeeded, Is.True, json.ToJsonString());
        Assert.That(
            steps.Select(s => $"{s!["name"]} {s["outcome"]}"),
            Is.EqualTo(new[] { "exploit-before succeeded", "update finished", "exploit-after blocked", "undo rolled-back", "exploit-after-undo succeeded" }));
        Assert.That((double)steps[1]!["pauseMicroseconds"]!, Is.GreaterThan(0));
        Assert.That(report.Load.Requests, Is.GreaterThan(100));
        Assert.That((bool)json["memoryIdenticalAfterUndo"]!, Is.True);
    }

    [Test]
    public void ALoadThatLostSomethingIsNoSuccess()
    {
        DemoStep[] steps = [new("exploit-before", "succeeded", ""), new("update", "finished", ""), new("exploit-after", "blocked", ""), new("undo", "rolled-back", ""), new("exploit-after-undo", "succeeded", "")];
        Assert.That(new DemoReport(steps, new DemoLoad(10, 0, 0, 10, 0), true).Succeeded, Is.True);
        Assert.That(new DemoReport(steps, new DemoLoad(10, 1, 0, 10, 0), true).Succeeded, Is.False);
        Assert.That(new DemoReport(steps, new DemoLoad(10, 0, 0, 10, 0), false).Succeeded, Is.False);
        Assert.That(new DemoReport(steps[..4], new DemoLoad(10, 0, 0, 10, 0), true).Succeeded, Is.False);
    }
}
