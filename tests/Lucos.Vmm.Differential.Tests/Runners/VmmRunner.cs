using Lucos.Vmm.Differential.Tests.Harness;
using Lucos.Vmm.Differential.Tests.Results;
using Lucos.Vmm.Memory;

namespace Lucos.Vmm.Differential.Tests.Runners;

/// <summary>Runs an image on the machine under test. A processor that shuts down gets a new machine with the records so far.</summary>
internal static class VmmRunner
{
    private const ulong BlockBudget = 400_000_000;

    internal static MemoryImage Run(HarnessImage image)
    {
        byte[] records = new byte[0x1000 + (image.Programs.Count * HarnessLayout.RecordSize)];
        while (true)
        {
            using Machine machine = new(new MachineOptions { MemoryBytes = HarnessLayout.MemoryBytes });
            machine.Memory.Write(new GuestPhysicalAddress(HarnessLayout.Driver), image.DriverImage);
            machine.Memory.Write(new GuestPhysicalAddress(HarnessLayout.Programs), image.ProgramBytes);
            machine.Memory.Write(new GuestPhysicalAddress(HarnessLayout.Results), records);
            MachineStop stop = machine.Run(RunLimits.ForBlocks(BlockBudget));
            if (stop is MachineStop.PowerOff { Value: 0x31 })
            {
                return Copy(machine);
            }

            if (stop is not MachineStop.TripleFault)
            {
                MemoryImage memory = Copy(machine);
                int program = (int)memory.Word(HarnessLayout.Cursor);
                throw new InvalidOperationException(
                    $"{image.Programs[program].Name} stopped with {stop} at RIP {machine.Vcpus[0].Registers.Rip:x}; so far:\n{memory.Record(program)}");
            }

            machine.Memory.Read(new GuestPhysicalAddress(HarnessLayout.Results), records);
        }
    }

    private static MemoryImage Copy(Machine machine) =>
        new(machine.Memory.Span(new GuestPhysicalAddress(0), (int)HarnessLayout.MemoryBytes).ToArray());
}
