using Lucos.Abi;
using Lucos.Tests.Shared;
using Lucos.UpdateServer.States;
using Lucos.UpdateServer.Tests.World;

namespace Lucos.UpdateServer.Tests;

public sealed class TransitionTableTests
{
    [Test]
    public void ReadmeShowsTheTableThatTheServerUses()
    {
        string readme = File.ReadAllText(FindReadme());
        int start = readme.IndexOf("<!-- transitions -->\n", StringComparison.Ordinal) + "<!-- transitions -->\n".Length;
        int end = readme.IndexOf("<!-- /transitions -->", StringComparison.Ordinal);

        Assert.That(readme[start..end], Is.EqualTo(TransitionTable.Render()));
    }

    [Test]
    public void EveryCommandHasItsRow()
    {
        foreach (UpdateCommand command in Enum.GetValues<UpdateCommand>())
        {
            Assert.That(TransitionTable.For(command).Command, Is.EqualTo(command));
        }
    }

    [Test]
    public void EveryStateIsReachedByARowAndLeftByOneUnlessItIsTheEnd()
    {
        UpdateState[] ends = [UpdateState.RolledBack, UpdateState.Refused, UpdateState.Aborted];
        foreach (UpdateState state in Enum.GetValues<UpdateState>().Where(state => state != UpdateState.None))
        {
            bool reached = state == UpdateState.Submitted || TransitionTable.Rows.Any(row => row.Next == state);
            bool left = TransitionTable.Rows.Any(row => row.Next is not null && row.IsAllowedIn(state));
            Assert.That((reached, left), Is.EqualTo((true, !ends.Contains(state))), state.ToString());
        }
    }

    /// <summary>The manager's commands in every state that the guest can see: legal ones work, illegal ones name the state.</summary>
    [Test]
    public void ManagersCommandsAreLegalExactlyWhereTheTableSaysSo()
    {
        foreach (UpdateState state in new[] { UpdateState.Draining, UpdateState.Finished, UpdateState.RollingBack, UpdateState.RolledBack, UpdateState.Refused, UpdateState.Aborted })
        {
            foreach (UpdateCommand command in new[] { UpdateCommand.RollBack, UpdateCommand.ReportOld, UpdateCommand.ReportNew, UpdateCommand.Release })
            {
                var world = new TestWorld();
                (UpdateSpec spec, long id) = Bring(world, state);
                Assert.That(world.Server.Updates[^1].State, Is.EqualTo(state));

                long answer = Run(world, command, spec, id);

                bool legal = TransitionTable.For(command).IsAllowedIn(state);
                Assert.That(answer == Refusal.WrongState.ToResult(), Is.Not.EqualTo(legal), $"{command} in {state}: {answer}");
                if (!legal)
                {
                    Assert.That(world.Server.Updates[^1].State, Is.EqualTo(state));
                }
            }
        }
    }

    [Test]
    public void RefusedCommandNamesItselfAndTheState()
    {
        var world = new TestWorld();
        (UpdateSpec spec, long id) = Bring(world, UpdateState.RolledBack);

        Assert.That(world.RollBack(spec, id), Is.EqualTo(Refusal.WrongState.ToResult()));
        Assert.That(world.Journal.Records[^1].Detail, Does.Contain("roll-back of fix: it is rolled-back"));
    }

    private static long Run(TestWorld world, UpdateCommand command, UpdateSpec spec, long id)
    {
        spec.Contexts.Clear();
        return command switch
        {
            UpdateCommand.RollBack => world.RollBack(spec, id),
            UpdateCommand.ReportOld => world.Report(id, newCode: false),
            UpdateCommand.ReportNew => world.Report(id, newCode: true),
            _ => world.Call(Hypercall.Released, (ulong)id),
        };
    }

    private static (UpdateSpec Spec, long Id) Bring(TestWorld world, UpdateState state)
    {
        UpdateSpec spec = world.MakeUpdate("fix", "alpha");
        ulong inside = world.Guest.Function("alpha").Address + 8;
        switch (state)
        {
            case UpdateState.Refused:
                spec.Functions[0].OldHash[0] ^= 1;
                Assert.That(world.Apply(spec), Is.Negative);
                return (spec, world.Server.Updates[^1].Id);
            case UpdateState.Aborted:
                world.Fault.Reset(0);
                Assert.That(world.Apply(spec), Is.EqualTo(Refusal.Internal.ToResult()));
                world.Fault.Reset(-1);
                return (spec, world.Server.Updates[^1].Id);
            case UpdateState.Draining:
                world.AddContext(spec, inside);
                break;
        }

        long id = world.ApplyWell(spec);
        if (state == UpdateState.RollingBack)
        {
            world.AddContext(spec, spec.Functions[0].NewAddress + 4);
        }

        if (state is UpdateState.RollingBack or UpdateState.RolledBack)
        {
            Assert.That(world.RollBack(spec, id), Is.EqualTo((long)state));
        }

        return (spec, id);
    }

    private static string FindReadme() => Path.Combine(RepositoryRoot.Find(), "src", "Lucos.UpdateServer", "README.md");
}
