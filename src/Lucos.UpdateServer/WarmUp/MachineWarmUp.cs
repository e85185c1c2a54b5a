using Lucos.Elf;
using Lucos.UpdateServer.Data;
using Lucos.UpdateServer.Guest;
using Lucos.Vmm;

namespace Lucos.UpdateServer.WarmUp;

/// <summary>
/// Does on a small machine of its own what a data update asks of the real one: a transfer, pages closed and opened, an intercepted store, code
/// that is written over. Without it the first data update of a process stops its guest for the milliseconds in which all that is compiled.
/// </summary>
internal sealed class MachineWarmUp : IGuestListener, IDisposable
{
    private const ulong MemoryBytes = 32 << 20;
    private const ulong Entry = 0x100000;
    private const ulong Transfer = 0x101000;
    private const ulong Source = 0x102000;
    private const ulong Target = 0x103000;
    private const ulong Stack = 0x104000;
    private const ulong StackLength = 0x1000;
    private const int Length = sizeof(ulong);
    private const ulong Blocks = 4;

    // mov eax, 0x103000; mov [rax], rax; 0: jmp 0b
    private static readonly byte[] s_store = [0xb8, 0x00, 0x30, 0x10, 0x00, 0x48, 0x89, 0x00, 0xeb, 0xfe];

    // mov rax, [rdi]; mov [rsi], rax; ret
    private static readonly byte[] s_transfer = [0x48, 0x8b, 0x07, 0x48, 0x89, 0x06, 0xc3];

    private readonly Machine _machine = new(new MachineOptions { MemoryBytes = MemoryBytes });
    private readonly MachineGuest _guest;
    private int _stores;
    private int _boundaries;

    private MachineWarmUp(KernelImage kernel)
    {
        _guest = new MachineGuest(_machine, kernel);
        _guest.Listen(this);
        _guest.Enter(0);
    }

    /// <summary>Runs it.</summary>
    /// <returns>Whether everything was as it should be.</returns>
    public static bool Run(KernelImage kernel)
    {
        using var warmUp = new MachineWarmUp(kernel);
        return warmUp.Transfers() && warmUp.Intercepts(stepped: false) && warmUp.Intercepts(stepped: true);
    }

    public void Dispose() => _machine.Dispose();

    bool IGuestListener.OnStore(in GuestStore store)
    {
        _stores++;
        return true;
    }

    bool IGuestListener.NeedsStep(ulong physical, int size) => true;

    bool IGuestListener.OnLoad(ulong physical, int size) => false;

    void IGuestListener.AtBoundary() => _boundaries++;

    bool IGuestListener.TryReturn(ulong stub, out ulong returnAddress)
    {
        returnAddress = 0;
        return false;
    }

    private bool Transfers()
    {
        Span<byte> value = stackalloc byte[Length];
        _guest.WriteCode(Entry, s_store);
        _guest.WriteCode(Transfer, s_transfer);
        _guest.WritePhysical(Source, BitConverter.GetBytes(Target));
        _guest.BeginTransfers();
        TransferOutcome outcome = _guest.Transfer(
            new TransferCall(Transfer, Source, Target, [new PhysicalPiece(Target, Length)], 0, Length, Stack, StackLength, (uint)s_transfer.Length));
        _guest.EndTransfers();
        _guest.ReadPhysical(Target, value);
        return outcome.Failure is null
            && BitConverter.ToUInt64(value) == Target
            && _guest.TryTranslate(Target, forWriting: true, out ulong physical)
            && _guest.IsRam(physical)
            && _guest.FindPageTables().Count > 0;
    }

    private bool Intercepts(bool stepped)
    {
        _stores = _boundaries = 0;
        _machine.Vcpus[0].Registers = _machine.Vcpus[0].Registers with { Rip = Entry };
        _guest.Monitor([Target], stepped);
        _machine.Run(RunLimits.ForBlocks(Blocks));
        _guest.Unmonitor([Target]);
        return _stores == 1 && _boundaries == 1;
    }
}
