namespace Lucos.Vmm.Differential.Tests.Harness;

/// <summary>
/// Where everything lies. The driver is mapped at its physical address, for ring 0 only; what programs use lies in a window of
/// 32 pages at 1 GiB, and is copied from a template before each program together with the page tables.
/// <code>
/// 0x100000  driver (64-bit entry)      0x108000 PVH entry   0x110000 handlers   0x120000 driver's variables and stack
/// 0x200000  template of the window, then of the five page tables
/// 0x240000  the driver's own page tables
/// 0x800000  the window (0x40000000 virtual), then the page tables while a program runs
/// 16 MiB    programs, 2 KiB each       32 MiB  header and records, 8 KiB each
///
/// window pages: 0-2 code, 4-11 data, 14-15 user stack, 17-18 ring 0 stack, 20 IST1, 22 IST2, 24 GDT, 25 IDT, 26-27 TSS; others absent
/// </code>
/// </summary>
internal static class HarnessLayout
{
    internal const ulong MemoryBytes = 64 << 20;
    internal const ulong Driver = 0x100000;
    internal const ulong PvhEntry = 0x108000;
    internal const ulong Handlers = 0x110000;
    internal const int HandlerSize = 32;
    internal const ulong Variables = 0x120000;
    internal const ulong DriverStack = 0x128000;
    internal const ulong UnusedDriverMemory = 0x140000;
    internal const ulong Template = 0x200000;
    internal const int WindowPages = 32;
    internal const int CopiedPages = WindowPages + 5;
    internal const ulong DriverTables = 0x240000;
    internal const ulong WindowPhysical = 0x800000;
    internal const ulong TablesPhysical = WindowPhysical + (WindowPages * 0x1000);
    internal const ulong TestCr3 = TablesPhysical;
    internal const ulong PageDirectory = TablesPhysical + 0x3000;
    internal const ulong PageTable = TablesPhysical + 0x4000;
    internal const ulong Programs = 16 << 20;
    internal const int ProgramSize = 2048;
    internal const ulong Results = 32 << 20;
    internal const ulong Records = Results + 0x1000;
    internal const int RecordSize = 8192;
    internal const int MaxPrograms = (int)((MemoryBytes - (4 << 20) - Records) / RecordSize);

    internal const ulong Window = 0x4000_0000;
    internal const ulong Code = Window;
    internal const ulong Data = Window + 0x4000;
    internal const ulong UserStackTop = Window + (15 * 0x1000) + 0xf00;
    internal const ulong KernelStackTop = Window + (18 * 0x1000) + 0xf00;
    internal const ulong Ist1Top = Window + (20 * 0x1000) + 0xf00;
    internal const ulong Ist2Top = Window + (22 * 0x1000) + 0xf00;
    internal const ulong Gdt = Window + (24 * 0x1000);
    internal const ulong Idt = Window + (25 * 0x1000);
    internal const ulong Tss = Window + (26 * 0x1000) + 0xfd0;

    // The driver's variables.
    internal const ulong Saved = Variables;
    internal const ulong SavedVector = Variables + 0x80;
    internal const ulong CurrentRecord = Variables + 0x88;
    internal const ulong CurrentProgram = Variables + 0x90;
    internal const ulong ProgramCount = Variables + 0x98;
    internal const ulong ReturnStack = Variables + 0xa0;
    internal const ulong DriverGdtr = Variables + 0xb0;
    internal const ulong TestGdtr = Variables + 0xc0;
    internal const ulong TestIdtr = Variables + 0xd0;
    internal const ulong MsrTable = Variables + 0x100;
    internal const ulong DriverGdt = Variables + 0x200;

    // In a program.
    internal const int Frame = 0x80;
    internal const int PatchCount = 0xa8;
    internal const int ActionCount = 0xb0;
    internal const int CodeLength = 0xb8;
    internal const int CodeDestination = 0xc0;
    internal const int ArmTimer = 0xc8;
    internal const int Patches = 0x100;
    internal const int MaxPatches = 24;
    internal const int Actions = 0x280;
    internal const int MaxActions = 15;
    internal const int ActionSize = 24;
    internal const int CodeBytes = 0x400;
    internal const int MaxCode = ProgramSize - CodeBytes;

    // In a record.
    internal const int State = 0;
    internal const int EventCount = 8;
    internal const int Events = 64;
    internal const int MaxEvents = 15;
    internal const int EventSize = 512;
    internal const int PageHashes = Events + (MaxEvents * EventSize);
    internal const int StateRunning = 1;
    internal const int StateShutdown = 2;
    internal const int StateDone = 3;
    internal const ulong Cursor = Results;

    // In an event.
    internal const int EventVector = 0;
    internal const int EventStack = 8;
    internal const int EventHandlerFlags = 16;
    internal const int EventFrame = 24;
    internal const int EventRegisters = 72;
    internal const int EventSystem = 200;

    internal const ushort KernelCode = 0x08;
    internal const ushort KernelData = 0x10;
    internal const ushort UserCode32 = 0x1b;
    internal const ushort UserData = 0x23;
    internal const ushort UserCode = 0x2b;
    internal const ushort TaskState = 0x30;
    internal const ushort LocalTable = 0x40;
    internal const ushort IoBitmap = 0x68;
    internal const ushort GdtLimit = 0xbf;
    internal const int SyscallVector = 0x100;

    internal static ulong WindowPage(int page) => Window + ((ulong)page * 0x1000);

    /// <summary>Physical address of the entry that maps a window page.</summary>
    internal static ulong EntryOf(int page) => PageTable + ((ulong)page * 8);

    /// <summary>Physical address of a window address.</summary>
    internal static ulong Physical(ulong address) => address - Window + WindowPhysical;
}
