using System.Diagnostics;
using Lucos.Bench.Reports;
using Lucos.Vmm;
using Lucos.Vmm.Cpu;
using Lucos.Vmm.Memory;

namespace Lucos.Bench.Benchmarks;

/// <summary>What updates of data need of the machine: intercepted stores, calls of guest functions, and guarding pages. No kernel takes part.</summary>
public sealed class GuardBenchmark : IBenchmark
{
    private const ulong MemoryBytes = 64 << 20;
    private const ulong Code = 0x100000;
    private const ulong Function = 0x110000;
    private const ulong Data = 0x200000;
    private const ulong StackTop = 0x300000;
    private const ulong BootPageTables = 0x4000;
    private static readonly int[] s_pageCounts = [10, 100, 1_000, 10_000];

    /// <inheritdoc/>
    public string Name => "guard";

    /// <inheritdoc/>
    public string Group => "guard";

    /// <inheritdoc/>
    public string About => "stores to guarded pages, calls of guest functions, guarding pages";

    /// <inheritdoc/>
    public void Run(BenchContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Progress($"{Name}: {About}");
        context.Add(Stores("guard-none", context, null, default));
        context.Add(Stores("guard-emulate", context, StoreMethod.Emulate, StoreReaction.Continue));
        context.Add(Stores("guard-emulate-boundary", context, StoreMethod.Emulate, StoreReaction.Boundary));
        context.Add(Stores("guard-step", context, StoreMethod.Step, StoreReaction.Continue));
        context.Add(Stores("guard-step-boundary", context, StoreMethod.Step, StoreReaction.Boundary));
        context.Add(Stores("guard-step-transfer", context, StoreMethod.Step, StoreReaction.Boundary, calls: true));
        context.Add(ServiceCalls(context));
        foreach (int count in s_pageCounts)
        {
            context.Add(Pages($"guard-{count}-scattered", context, count, stride: 16_000 / count));
            context.Add(Pages($"guard-{count}-in-a-row", context, count, stride: 1));
        }
    }

    // A loop of one block with one store.
    private static Measurement Stores(string name, BenchContext context, StoreMethod? method, StoreReaction reaction, bool calls = false)
    {
        const ulong stores = 20_000;
        using Machine machine = Make();
        Listener listener = new(machine, reaction, calls ? Call(new Everywhere()) : null);
        if (method is { } chosen)
        {
            machine.Protection.Protect(new GuestPhysicalAddress(Data), listener, chosen);
        }

        return Sample(name, context, () => machine.Run(RunLimits.ForBlocks(stores)), stores);
    }

    private static Measurement ServiceCalls(BenchContext context)
    {
        const ulong calls = 10_000;
        using Machine machine = Make();
        ServiceCall call = Call(new Everywhere());
        return Sample(
            "guard-service-call",
            context,
            () =>
            {
                for (ulong i = 0; i < calls; i++)
                {
                    Require(machine.Service.Call(in call));
                }
            },
            calls);
    }

    private static Measurement Pages(string name, BenchContext context, int count, int stride)
    {
        using Machine machine = Make();
        Listener listener = new(machine, StoreReaction.Continue, null);
        GuestPhysicalAddress[] pages = [.. Enumerable.Range(0, count).Select(i => new GuestPhysicalAddress((ulong)(i * stride) << 12))];
        List<double> samples = [];
        for (int run = 0; run < context.Amount.Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            machine.Protection.Protect(pages, listener, StoreMethod.Step);
            samples.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            machine.Protection.Unprotect(pages, listener);
        }

        return Measurement.Of(name, Unit.Microseconds, samples);
    }

    private static Measurement Sample(string name, BenchContext context, Action action, ulong times)
    {
        List<double> samples = [];
        action();
        for (int run = 0; run < context.Amount.Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            samples.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / times);
        }

        return Measurement.Of(name, Unit.NanosecondsEach, samples);
    }

    private static Machine Make()
    {
        Machine machine = new(new MachineOptions { MemoryBytes = MemoryBytes });

        // mov ebx, Data; 0: mov [rbx], eax; jmp 0b
        machine.Memory.Write(new GuestPhysicalAddress(Code), [0xbb, 0x00, 0x00, 0x20, 0x00, 0x89, 0x03, 0xeb, 0xfc]);

        // Eight times mov rax, [rdi + n]; mov [rsi + n], rax; then ret
        List<byte> transfer = [];
        for (byte at = 0; at < 64; at += 8)
        {
            transfer.AddRange([0x48, 0x8b, 0x47, at, 0x48, 0x89, 0x46, at]);
        }

        machine.Memory.Write(new GuestPhysicalAddress(Function), [.. transfer, 0xc3]);
        return machine;
    }

    private static ServiceCall Call(IStoreFilter filter) =>
        new(new(Function), BootPageTables, Data, Data + 0x10000, 0, new(StackTop - 0x2000), new(StackTop), 1_000, filter);

    private static void Require(ServiceCallResult result)
    {
        if (!result.Succeeded)
        {
            throw new InvalidOperationException($"the transfer function did not return: {result}");
        }
    }

    private sealed class Everywhere : IStoreFilter
    {
        public bool Allows(GuestPhysicalAddress address, int size) => true;
    }

    private sealed class Listener(Machine machine, StoreReaction reaction, ServiceCall? call) : IWriteListener
    {
        public StoreReaction OnStore(in GuardedStore store) => reaction;

        public bool AtBoundary(Vcpu vcpu)
        {
            if (call is { } transfer)
            {
                Require(machine.Service.Call(in transfer));
            }

            return true;
        }
    }
}
