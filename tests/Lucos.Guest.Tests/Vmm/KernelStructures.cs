using System.Buffers.Binary;
using Lucos.Elf;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// Walks the guest kernel's lists. The offsets are those of its structures (include/kernel/slab.h, thread.h, module.h, percpu.h, mm/slab.c); where one
/// is wrong the lists lead nowhere, which fails the test.
/// </summary>
internal sealed class KernelStructures(VirtualMemory space, KernelImage kernel)
{
    private const ulong DirectMap = 0xffff800000000000;
    private const ulong PageSize = 4096;
    internal const int CpuSize = 152;
    internal const int ThreadOfCpu = 8;
    internal const int NameOfThread = 4;
    internal const int ThreadNameSize = 16;

    private static readonly (int Offset, string Name)[] s_threadFields =
    [
        (0, "tid"), (4, "name"), (20, "state"), (24, "stack"), (40, "saved_rsp"), (48, "user_frame"), (56, "process"), (64, "waiting_on"), (72, "wait_link"),
        (88, "run_link"), (104, "all_link"), (120, "queued"), (121, "on_cpu"), (124, "last_cpu"), (128, "allowed_cpus"), (132, "slice"), (136, "vruntime"),
        (144, "started_ns"), (152, "vm"), (160, "cpu_ticks"), (168, "switches"), (176, "signals"), (180, "should_stop"), (184, "exit_code"), (192, "function"),
    ];

    private static readonly (int Offset, string Name)[] s_cpuFields =
    [
        (0, "self"), (8, "thread"), (16, "kernel_rsp"), (24, "user_rsp"), (32, "id"), (36, "preempt_count"), (40, "irq_depth"), (44, "need_resched"), (48, "idle"),
        (56, "switched_from"), (64, "vm"), (72, "apic_id"), (76, "start_state"), (80, "ticks"), (88, "passes"), (96, "flushes"), (112, "syncs"), (128, "idling"),
        (136, "parked_frame"), (144, "stopped"),
    ];

    internal static string ThreadField(ulong offset) => FieldOf(s_threadFields, offset);

    internal static string CpuField(ulong offset) => FieldOf(s_cpuFields, offset % CpuSize);

    internal List<SlabRange> Slabs()
    {
        var slabs = new List<SlabRange>();
        foreach (var cache in List(Symbol("cache_list"), 144))
        {
            foreach (var list in (ulong[])[112, 128])
            {
                slabs.AddRange(List(cache + list, 0).Select(slab => new SlabRange(
                    Text(cache + 16, 32), slab - DirectMap, slab - DirectMap + (Word(cache + 64) * PageSize), Word(slab + 24) - DirectMap, Word(cache + 56))));
            }
        }

        Assert.That(slabs, Has.Some.Property(nameof(SlabRange.Cache)).EqualTo("thread"), "the layout of struct kmem_cache is another one");
        return slabs;
    }

    /// <summary>Each process, and where its page tables begin.</summary>
    internal IEnumerable<(string Process, ulong Cr3)> AddressSpaces() => List(Symbol("process_list"), 72)
        .Where(process => Word(process + 152) != 0)
        .Select(process => ($"{(uint)Word(process)} {Text(process + 12, 16)}", Word(Word(process + 152))));

    /// <summary>Where the kernel keeps an entry of 16 bytes for each page frame.</summary>
    internal ulong PageArray => Word(Symbol("page_array")) - DirectMap;

    /// <summary>Where it keeps a bit for each, which tells whether the frame is in use.</summary>
    internal ulong PageBitmap => Word(kernel.Symbols.All.Single(s => s.QualifiedName is "bitmap" or "bitmap.in.page.c").Value) - DirectMap;

    internal List<StackRange> Stacks() => List(Symbol("thread_list"), 104)
        .Select(thread => new StackRange(Text(thread + 4, 16), Word(thread + 24), Word(thread + 24) + Word(thread + 32), Word(thread + 40))).ToList();

    internal List<SymbolRange> ModuleSymbols()
    {
        var symbols = new List<SymbolRange>();
        foreach (var module in List(Symbol("module_list"), 0))
        {
            var at = Word(module + 120);
            for (var left = (uint)Word(module + 112); left > 0; left--, at += 48)
            {
                symbols.Add(new SymbolRange($"{Text(module + 16, 64)}: {Text(Word(at + 24), 128)}", Word(at), Word(at + 8)));
            }
        }

        return symbols;
    }

    private static string FieldOf((int Offset, string Name)[] fields, ulong offset) => fields.Last(field => (ulong)field.Offset <= offset).Name;

    /// <summary>The structures in a list, whose links are that far inside of them.</summary>
    private IEnumerable<ulong> List(ulong head, ulong link)
    {
        for (var at = Word(head); at != head; at = Word(at))
        {
            yield return at - link;
        }
    }

    private ulong Symbol(string name) => kernel.Symbols.FindOnly(name)!.Value;

    private string Text(ulong address, int limit)
    {
        Assert.That(space.TryReadText(new GuestVirtualAddress(address), limit, out var text), Is.True, $"0x{address:x} is no text");
        return text;
    }

    private ulong Word(ulong address)
    {
        var word = new byte[sizeof(ulong)];
        Assert.That(space.TryRead(new GuestVirtualAddress(address), word), Is.True, $"0x{address:x} is not mapped");
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }
}
