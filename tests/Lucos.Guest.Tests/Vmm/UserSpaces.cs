using System.Security.Cryptography;
using Lucos.Vmm;
using Lucos.Vmm.Memory;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>
/// What all processes have in their halves of the address space. Which of two processes copies a shared page first, and so which frame each of them gets,
/// is a matter of interleaving; what is at an address is not.
/// </summary>
internal sealed class UserSpaces
{
    private const int UserEntries = 256;
    private const int AllEntries = 512;
    private const int LeafLevel = 0;
    private const ulong Present = 1;
    private const ulong FrameBits = 0x000ffffffffff000;

    private readonly GuestMemory _memory;

    /// <summary>Walks the tables of all processes.</summary>
    internal UserSpaces(Machine machine, KernelStructures structures)
    {
        _memory = machine.Memory;
        foreach (var (process, cr3) in structures.AddressSpaces())
        {
            Walk(process, cr3 & FrameBits, 3, 0);
        }
    }

    /// <summary>The frames that pages and tables lie in.</summary>
    internal HashSet<ulong> Frames { get; } = [];

    /// <summary>Each page: process, address, rights, and a hash of what it holds.</summary>
    internal List<string> Pages { get; } = [];

    private void Walk(string process, ulong table, int level, ulong start)
    {
        for (var i = 0; i < (level == 3 ? UserEntries : AllEntries); i++)
        {
            var entry = BitConverter.ToUInt64(Frame(table)[(i * sizeof(ulong))..]);
            if ((entry & Present) == 0)
            {
                continue;
            }

            var address = start + ((ulong)i << (12 + (9 * level)));
            Frames.Add(entry & FrameBits);
            if (level == LeafLevel)
            {
                Pages.Add($"{process} 0x{address:x} {entry & ~FrameBits:x} {Convert.ToHexString(SHA256.HashData(Frame(entry & FrameBits)))}");
            }
            else
            {
                Walk(process, entry & FrameBits, level - 1, address);
            }
        }
    }

    private ReadOnlySpan<byte> Frame(ulong physical) => _memory.Span(new GuestPhysicalAddress(physical), 4096);
}
