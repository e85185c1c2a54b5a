using System.Buffers.Binary;
using Lucos.UpdateServer.Guest;
using Lucos.UpdateServer.Stubs;

namespace Lucos.UpdateServer.Transactions;

/// <summary>Carries a step out.</summary>
internal sealed class PlannedWrite(IGuest guest, StubTable stubs, Step step) : IUndoable
{
    public StepKind Kind => step.Kind;

    public void Do() => Act(step);

    public void Undo() => Act(step.Inverse);

    public override string ToString() => step.ToString();

    private void Act(Step act)
    {
        if (act.Kind == StepKind.Cpu)
        {
            guest.SetRip((int)act.Address, BinaryPrimitives.ReadUInt64LittleEndian(act.New));
        }
        else if (act.Kind == StepKind.StubTarget)
        {
            Find(act).ReturnAddress = BinaryPrimitives.ReadUInt64LittleEndian(act.New);
        }
        else if (act.IsCode)
        {
            guest.WriteCode(act.Address, act.New);
        }
        else if (!guest.TryWrite(act.Address, act.New))
        {
            throw new InvalidOperationException($"{act}: not mapped writable");
        }
    }

    private Stub Find(Step act) => stubs.TryFind(act.Address, out Stub stub) ? stub : throw new InvalidOperationException($"{act}: no stub");
}
