using System.Buffers.Binary;
using Lucos.Vmm.Cpu;

namespace Lucos.Control.Debugging.Registers;

/// <summary>
/// The registers in gdb's order, one table for the target description and for the packets. Features, names and sizes are gdb's
/// (features/i386 of its sources); the control registers are in the core feature, where QEMU has them too.
/// </summary>
internal static class RegisterTable
{
    private static readonly string[] s_untold = ["fiseg", "fioff", "foseg", "fooff", "fop"];

    /// <summary>The features with their registers, in the order of their numbers.</summary>
    internal static IReadOnlyList<RegisterFeature> Features { get; } =
    [
        new("org.gnu.gdb.i386.core", [.. General(), .. Segments(), .. FloatingPoint(), .. Control()]),
        new("org.gnu.gdb.i386.sse", [.. Vectors()]),
        new("org.gnu.gdb.i386.segments",
        [
            Number("fs_base", 64, r => r.General.Fs.Base, (r, v) => r.General.Fs = r.General.Fs with { Base = v }),
            Number("gs_base", 64, r => r.General.Gs.Base, (r, v) => r.General.Gs = r.General.Gs with { Base = v }),
        ]),
    ];

    /// <summary>All registers by their numbers.</summary>
    internal static IReadOnlyList<DebugRegister> Registers { get; } = [.. Features.SelectMany(f => f.Registers)];

    /// <summary>The number of a register.</summary>
    internal static int IndexOf(string name) => Registers.Select((r, i) => (r, i)).First(p => p.r.Name == name).i;

    private static IEnumerable<DebugRegister> General() =>
    [
        Number("rax", 64, r => r.General.Rax, (r, v) => r.General.Rax = v),
        Number("rbx", 64, r => r.General.Rbx, (r, v) => r.General.Rbx = v),
        Number("rcx", 64, r => r.General.Rcx, (r, v) => r.General.Rcx = v),
        Number("rdx", 64, r => r.General.Rdx, (r, v) => r.General.Rdx = v),
        Number("rsi", 64, r => r.General.Rsi, (r, v) => r.General.Rsi = v),
        Number("rdi", 64, r => r.General.Rdi, (r, v) => r.General.Rdi = v),
        Number("rbp", 64, r => r.General.Rbp, (r, v) => r.General.Rbp = v, RegisterType.DataPointer),
        Number("rsp", 64, r => r.General.Rsp, (r, v) => r.General.Rsp = v, RegisterType.DataPointer),
        Number("r8", 64, r => r.General.R8, (r, v) => r.General.R8 = v),
        Number("r9", 64, r => r.General.R9, (r, v) => r.General.R9 = v),
        Number("r10", 64, r => r.General.R10, (r, v) => r.General.R10 = v),
        Number("r11", 64, r => r.General.R11, (r, v) => r.General.R11 = v),
        Number("r12", 64, r => r.General.R12, (r, v) => r.General.R12 = v),
        Number("r13", 64, r => r.General.R13, (r, v) => r.General.R13 = v),
        Number("r14", 64, r => r.General.R14, (r, v) => r.General.R14 = v),
        Number("r15", 64, r => r.General.R15, (r, v) => r.General.R15 = v),
        Number("rip", 64, r => r.General.Rip, (r, v) => r.General.Rip = v, RegisterType.CodePointer),
        Number("eflags", 32, r => r.General.Rflags, (r, v) => r.General.Rflags = v, RegisterType.Flags),
    ];

    // A selector alone does not make a segment: they are read-only, their bases are not.
    private static IEnumerable<DebugRegister> Segments() =>
    [
        Number("cs", 32, r => r.General.Cs.Selector),
        Number("ss", 32, r => r.General.Ss.Selector),
        Number("ds", 32, r => r.General.Ds.Selector),
        Number("es", 32, r => r.General.Es.Selector),
        Number("fs", 32, r => r.General.Fs.Selector),
        Number("gs", 32, r => r.General.Gs.Selector),
    ];

    // The addresses of the last x87 instruction and operand are kept by the emulator where nobody can read them.
    private static IEnumerable<DebugRegister> FloatingPoint() =>
    [
        .. Enumerable.Range(0, FloatingPointFile.X87Count).Select(i => new DebugRegister(
            $"st{i}", 80, RegisterType.Extended, (r, to) => r.FloatingPoint.X87(i).CopyTo(to), (r, from) => from.CopyTo(r.FloatingPoint.X87(i)))),
        Number("fctrl", 32, r => r.FloatingPoint.ControlWord, (r, v) => r.FloatingPoint.ControlWord = (ushort)v),
        Number("fstat", 32, r => r.FloatingPoint.StatusWord),
        Number("ftag", 32, r => r.FloatingPoint.TagWord),
        .. s_untold.Select(name => new DebugRegister(name, 32, RegisterType.Integer, null, null)),
    ];

    private static IEnumerable<DebugRegister> Control() =>
    [
        Number("k_gs_base", 64, r => r.General.KernelGsBase, (r, v) => r.General.KernelGsBase = v),
        Number("cr0", 64, r => r.General.Cr0, (r, v) => r.General.Cr0 = v),
        Number("cr2", 64, r => r.General.Cr2, (r, v) => r.General.Cr2 = v),
        Number("cr3", 64, r => r.General.Cr3, (r, v) => r.General.Cr3 = v),
        Number("cr4", 64, r => r.General.Cr4, (r, v) => r.General.Cr4 = v),
        Number("cr8", 64, _ => 0),
        Number("efer", 64, r => r.General.Efer, (r, v) => r.General.Efer = v),
    ];

    private static IEnumerable<DebugRegister> Vectors() =>
    [
        .. Enumerable.Range(0, FloatingPointFile.VectorCount).Select(i => new DebugRegister(
            $"xmm{i}", 128, RegisterType.Vector, (r, to) => r.FloatingPoint.Vector(i).CopyTo(to), (r, from) => from.CopyTo(r.FloatingPoint.Vector(i)))),
        Number("mxcsr", 32, r => r.FloatingPoint.Mxcsr, type: RegisterType.VectorStatus),
    ];

    private static DebugRegister Number(
        string name, int bits, Func<ProcessorRegisters, ulong> read, Action<ProcessorRegisters, ulong>? write = null, RegisterType type = RegisterType.Integer) =>
        new(name, bits, type, (r, to) => Put(read(r), to), write is null ? null : (r, from) => write(r, Get(from)));

    private static void Put(ulong value, Span<byte> to)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..to.Length].CopyTo(to);
    }

    private static ulong Get(ReadOnlySpan<byte> from)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        from.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
