using System.Runtime.InteropServices;
using Lucos.Abi.Fields;

namespace Lucos.Abi;

/// <summary>How an operator's request ended.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OperatorResponse : IVersionedStruct
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary><see cref="AbiVersion.Current"/>.</summary>
    public uint Abi;

    /// <summary>Number of the request.</summary>
    public ulong RequestId;

    /// <summary>A <see cref="Abi.Refusal"/>, or zero when done.</summary>
    public uint Refusal;

    /// <summary>The update, or zero.</summary>
    public uint UpdateId;

    /// <summary>What was refused and why.</summary>
    public Text256 Detail;

    /// <summary>Address of text that a check adds, lines of fields: what applying the package would meet. Zero if there is none.</summary>
    public ulong Forecast;

    /// <summary>Its bytes.</summary>
    public ulong ForecastSize;

    /// <inheritdoc/>
    public static string CName => "lucos_response";
}
