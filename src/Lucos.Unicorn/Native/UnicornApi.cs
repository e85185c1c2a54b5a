using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Lucos.Unicorn.Native;

/// <summary>
/// The C API. <c>uc_hook_add</c> and <c>uc_ctl</c> are variadic in C; on x86-64 Linux a fixed signature passes integer arguments the same way.
/// </summary>
internal static unsafe partial class UnicornApi
{
    private const string Library = "unicorn";

    static UnicornApi() => NativeLibrary.SetDllImportResolver(typeof(UnicornApi).Assembly, Resolve);

    [LibraryImport(Library)]
    internal static partial uint uc_version(uint* major, uint* minor);

    [LibraryImport(Library)]
    internal static partial byte* uc_strerror(UcError error);

    [LibraryImport(Library)]
    internal static partial UcError uc_open(int arch, int mode, nint* engine);

    [LibraryImport(Library)]
    internal static partial UcError uc_close(nint engine);

    [LibraryImport(Library)]
    internal static partial UcError uc_emu_start(EngineHandle engine, ulong begin, ulong until, ulong timeout, nuint count);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial UcError uc_emu_stop(nint engine);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial UcError uc_reg_read(nint engine, UcRegister register, void* value);

    [LibraryImport(Library)]
    internal static partial UcError uc_reg_write(nint engine, UcRegister register, void* value);

    [LibraryImport(Library)]
    internal static partial UcError uc_mem_map_ptr(EngineHandle engine, ulong address, ulong size, uint permissions, void* host);

    [LibraryImport(Library)]
    internal static partial UcError uc_mmio_map(EngineHandle engine, ulong address, ulong size, void* read, nint readData, void* write, nint writeData);

    [LibraryImport(Library)]
    internal static partial UcError uc_mem_unmap(EngineHandle engine, ulong address, ulong size);

    // The two that RegionRemoval uses are not of the API.
    [LibraryImport(Library)]
    internal static partial nint find_memory_mapping_x86_64(EngineHandle engine, ulong address);

    [LibraryImport(Library)]
    internal static partial void memory_unmap_x86_64(EngineHandle engine, nint region);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial UcError uc_vmem_translate(nint engine, ulong address, uint permission, ulong* physical);

    [LibraryImport(Library)]
    internal static partial UcError uc_hook_add(EngineHandle engine, nint* hook, int type, void* callback, nint userData, ulong begin, ulong end, int instruction);

    [LibraryImport(Library)]
    internal static partial UcError uc_hook_del(EngineHandle engine, nint hook);

    [LibraryImport(Library)]
    internal static partial UcError uc_ctl(EngineHandle engine, uint control, ulong first, ulong second);

    [LibraryImport(Library)]
    internal static partial UcError uc_context_alloc(EngineHandle engine, nint* context);

    [LibraryImport(Library)]
    internal static partial nuint uc_context_size(EngineHandle engine);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial UcError uc_context_save(nint engine, nint context);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial UcError uc_context_restore(nint engine, nint context);

    [LibraryImport(Library)]
    internal static partial UcError uc_context_free(nint context);

    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path) =>
        name == Library ? UnicornLibrary.Load() : 0;
}
