using System.Buffers.Binary;
using Lucos.Vmm.Differential.Tests.Harness;

namespace Lucos.Vmm.Differential.Tests.Results;

/// <summary>A machine's RAM after a run.</summary>
internal sealed class MemoryImage(byte[] bytes)
{
    /// <summary>The record of a program.</summary>
    internal ProgramRecord Record(int program) =>
        new(bytes.AsMemory((int)HarnessLayout.Records + (program * HarnessLayout.RecordSize), HarnessLayout.RecordSize));

    internal ulong Word(ulong physical) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((int)physical));
}
