using Lucos.Unicorn.Native;

namespace Lucos.Unicorn;

/// <summary>
/// A processor as the library gives it: 64-bit mode, no paging, no hooks, no clock. Benchmarks measure the machine against it; it can
/// run straight-line user code and nothing else.
/// </summary>
public sealed unsafe class BareEngine : IDisposable
{
    private const uint PermissionAll = 7;
    private readonly EngineHandle _handle;
    private readonly SharedMemory _memory;

    /// <summary>Makes an engine whose physical memory, from address 0 on, is <paramref name="memory"/>.</summary>
    /// <param name="memory">Its RAM; the caller disposes of it after this object.</param>
    /// <exception cref="UnicornException">The library is missing or too old.</exception>
    public BareEngine(SharedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        UnicornLibrary.Version.Require();
        _memory = memory;
        _handle = Engine.Open();
        UnicornException.ThrowIfFailed(
            UnicornApi.uc_mem_map_ptr(_handle, 0, memory.Length, PermissionAll, memory.Pointer), "uc_mem_map_ptr");
    }

    /// <summary>Calls a function and runs until it returns.</summary>
    /// <param name="function">Address of its first instruction.</param>
    /// <param name="argument">Its first argument (RDI).</param>
    /// <param name="stackTop">A 16-byte aligned address with free memory below it.</param>
    /// <param name="returnAddress">Where the run ends: an address that the function does not reach otherwise.</param>
    /// <exception cref="UnicornException">The code faulted.</exception>
    public void Call(ulong function, ulong argument, ulong stackTop, ulong returnAddress)
    {
        ulong stack = stackTop - sizeof(ulong);
        BitConverter.TryWriteBytes(_memory.Slice(stack, sizeof(ulong)), returnAddress);
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, UcRegister.Rdi, &argument), "uc_reg_write(RDI)");
        UnicornException.ThrowIfFailed(UnicornApi.uc_reg_write(_handle.Pointer, UcRegister.Rsp, &stack), "uc_reg_write(RSP)");
        UnicornException.ThrowIfFailed(UnicornApi.uc_emu_start(_handle, function, returnAddress, 0, 0), "uc_emu_start");
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
