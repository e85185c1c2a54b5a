namespace Lucos.Unicorn.Native;

/// <summary>Result codes of the C library (<c>uc_err</c>); the ones that the binding tells apart.</summary>
internal enum UcError
{
    Ok = 0,
    ReadUnmapped = 6,
    WriteUnmapped = 7,
    FetchUnmapped = 8,
    InvalidInstruction = 10,
    WriteProtected = 12,
    ReadProtected = 13,
    FetchProtected = 14,
    Exception = 21,
}
