using System.Globalization;
using System.Text.Json.Nodes;
using Lucos.Control.Guests;
using Lucos.Vmm.Cpu;

namespace Lucos.Control.Sockets;

/// <summary>What the verb <c>info</c> tells of a guest.</summary>
internal static class GuestDescription
{
    /// <summary>Describes a guest that stands still for a moment.</summary>
    /// <param name="name">What operators call it.</param>
    /// <param name="guest">The guest.</param>
    /// <param name="holders">Who holds it still.</param>
    public static JsonObject Of(string name, IGuest guest, IReadOnlySet<string> holders) => new()
    {
        ["name"] = name,
        ["pid"] = Environment.ProcessId,
        ["state"] = holders.Count > 0 ? "paused" : "running",
        ["holders"] = new JsonArray([.. holders.Select(h => (JsonNode)h)]),
        ["effective"] = guest.EffectiveVersion,
        ["booted"] = guest.BootedVersion,
        ["nanoseconds"] = guest.VirtualNanoseconds,
        ["blocks"] = guest.Blocks,
        ["idlePeriods"] = guest.IdlePeriods,
        ["memoryBytes"] = guest.MemoryBytes,
        ["pendingInput"] = guest.PendingInput,
        ["processors"] = new JsonArray([.. guest.Processors.Select(Of)]),
        ["updates"] = new JsonArray([.. guest.Updates.Select(u => (JsonNode)ControlJson.Of(u, guest.Now()))]),
    };

    private static JsonNode Of(ProcessorView processor) => new JsonObject
    {
        ["index"] = processor.Index,
        ["state"] = StateName(processor.State),
        ["registers"] = Of(processor.Registers),
        ["backtrace"] = new JsonArray([.. processor.Backtrace.Select(f => (JsonNode)new JsonObject
        {
            ["address"] = Hex(f.Address.Value),
            ["symbol"] = f.Symbol,
        })]),
    };

    private static string StateName(VcpuState state) => state switch
    {
        VcpuState.Running => "running",
        VcpuState.Halted => "halted",
        VcpuState.HaltedForever => "halted-forever",
        _ => "waiting-for-start",
    };

    private static JsonObject Of(RegisterFile r)
    {
        (string Name, ulong Value)[] registers =
        [
            ("rax", r.Rax), ("rbx", r.Rbx), ("rcx", r.Rcx), ("rdx", r.Rdx), ("rsi", r.Rsi), ("rdi", r.Rdi), ("rbp", r.Rbp), ("rsp", r.Rsp),
            ("r8", r.R8), ("r9", r.R9), ("r10", r.R10), ("r11", r.R11), ("r12", r.R12), ("r13", r.R13), ("r14", r.R14), ("r15", r.R15),
            ("rip", r.Rip), ("rflags", r.Rflags), ("cr0", r.Cr0), ("cr2", r.Cr2), ("cr3", r.Cr3), ("cr4", r.Cr4),
        ];
        var json = new JsonObject();
        foreach (var (name, value) in registers)
        {
            json[name] = Hex(value);
        }

        json["cpl"] = r.Cpl;
        return json;
    }

    /// <summary>As text: numbers of 64 bits don't survive most readers of JSON.</summary>
    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x16}");
}
