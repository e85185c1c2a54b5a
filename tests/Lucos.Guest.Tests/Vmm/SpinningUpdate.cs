using Lucos.Packaging;
using Lucos.Tests.Shared;

namespace Lucos.Guest.Tests.Vmm;

/// <summary>An update whose startup function keeps the guest's only processor busy with interrupts off: meanwhile nobody answers the doorbell.</summary>
internal static class SpinningUpdate
{
    internal const string Name = "spins";

    /// <summary>The package, built against the kernel that the guest runs.</summary>
    /// <param name="rounds">How often its loop goes round; 0 for ever.</param>
    internal static byte[] Build(ulong rounds)
    {
        var source = $$"""
            #include <kernel/percpu.h>
            #include <kernel/process.h>
            #include <kernel/syscall.h>
            #include <kernel/trap.h>
            #include <lucos_update.h>

            LUCOS_UPDATE("{{Name}}", "1.0", "keeps the processor");

            static s64 same_getpid(void) { return current_process()->pid; }

            static int spin(void)
            {
                irq_disable();
                for (u64 round = 0; {{rounds}}UL == 0 || round < {{rounds}}UL; round++)
                    asm volatile("" ::: "memory");
                irq_enable();
                return 0;
            }

            LUCOS_REPLACE(sys_getpid, same_getpid);
            LUCOS_STARTUP(spin);
            """;
        var diagnostics = new DiagnosticBag();
        return PackageBuilder.Build(UpdateCompiler.Compile(source, "-fno-omit-frame-pointer", "-Wno-type-limits"), UpdatableGuest.Kernel, diagnostics)
            ?? throw new AssertionException(string.Join('\n', diagnostics));
    }
}
