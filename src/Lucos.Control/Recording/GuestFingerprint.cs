using System.IO.Hashing;
using System.Runtime.InteropServices;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Control.Recording;

/// <summary>
/// Hashes a machine that stands still: its processors and devices in one number, its RAM by page. XXH3 is for telling runs apart, not for
/// keeping forgers out.
/// </summary>
internal sealed class GuestFingerprint(Machine machine)
{
    private const int PageSize = 4096;
    private readonly ulong[] _pages = new ulong[machine.Memory.Size / PageSize];

    /// <summary>The pages' hashes as of the last <see cref="ReadMemory"/>.</summary>
    internal IReadOnlyList<ulong> Pages => _pages;

    /// <summary>Hash of all registers and of the devices' state, time and blocks among it.</summary>
    internal ulong Processors()
    {
        var hash = new XxHash3();
        foreach (var vcpu in machine.Vcpus)
        {
            Append(hash, vcpu.Registers);
        }

        // The emulator's own state holds more than the processor's (how flags are kept, for instance), and that may depend on where runs stop.
        foreach (var section in machine.State.Save().Where(s => IsDevice(s.Name)))
        {
            hash.Append(section.Content.Span);
        }

        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Hashes RAM and returns the numbers of the pages that are not as at the last call, ascending.</summary>
    internal List<uint> ReadMemory()
    {
        var changed = new List<uint>();
        for (var i = 0; i < _pages.Length; i++)
        {
            var hash = HashOf(machine.Memory.Span(new GuestPhysicalAddress((ulong)i * PageSize), PageSize));
            if (hash != _pages[i])
            {
                _pages[i] = hash;
                changed.Add((uint)i);
            }
        }

        return changed;
    }

    /// <summary>The hashes of the granules of some pages, one page after the other.</summary>
    internal byte[] ReadGranules(IReadOnlyList<uint> pages)
    {
        var granules = new byte[pages.Count * PageGranules.Bytes];
        for (var i = 0; i < pages.Count; i++)
        {
            PageGranules.Hash(
                machine.Memory.Span(new GuestPhysicalAddress((ulong)pages[i] * PageSize), PageSize), granules.AsSpan(i * PageGranules.Bytes, PageGranules.Bytes));
        }

        return granules;
    }

    private static ulong HashOf(ReadOnlySpan<byte> page) => page.IndexOfAnyExcept((byte)0) < 0 ? 0 : XxHash3.HashToUInt64(page);

    private static bool IsDevice(string section) =>
        section is "clock" or "turns" or "machine" or "8259" or "8254" or "16550" or "cmos" or "doorbell"
        || section.StartsWith("apic-", StringComparison.Ordinal);

    private static void Append(XxHash3 hash, RegisterFile r)
    {
        ReadOnlySpan<ulong> values =
        [
            r.Rax, r.Rcx, r.Rdx, r.Rbx, r.Rsp, r.Rbp, r.Rsi, r.Rdi, r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15,
            r.Rip, r.Rflags, r.Cpl, r.Cr0, r.Cr2, r.Cr3, r.Cr4, r.KernelGsBase, r.Tr.Base, r.Gdt.Base, r.Idt.Base,
            r.Cs.Selector, r.Ss.Selector, r.Ds.Selector, r.Es.Selector, r.Fs.Selector, r.Gs.Selector, r.Fs.Base, r.Gs.Base,
        ];
        hash.Append(MemoryMarshal.AsBytes(values));
    }
}
