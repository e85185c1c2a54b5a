using System.Runtime.InteropServices;

namespace Lucos.Unicorn.Native;

/// <summary>Owns a <c>uc_engine*</c>.</summary>
internal sealed class EngineHandle : SafeHandle
{
    internal EngineHandle(nint engine)
        : base(0, ownsHandle: true) => SetHandle(engine);

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    protected override bool ReleaseHandle() => UnicornApi.uc_close(handle) == UcError.Ok;
}
