namespace Lucos.UpdateServer.Stubs;

/// <summary>A stub that stands in the place of a return address.</summary>
/// <param name="number">Which stub of the stub area it is.</param>
/// <param name="slot">Guest-virtual address of the eight bytes that hold its address.</param>
/// <param name="returnAddress">The return address that it stands for.</param>
internal sealed class Stub(int number, ulong slot, ulong returnAddress)
{
    public int Number { get; } = number;

    public ulong Slot { get; } = slot;

    /// <summary>Where who returns by it goes on. Changes when the context in the caller is moved.</summary>
    public ulong ReturnAddress { get; set; } = returnAddress;

    /// <summary>How many updates await its return.</summary>
    public int Waiting { get; set; }
}
