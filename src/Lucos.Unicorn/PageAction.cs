namespace Lucos.Unicorn;

/// <summary>Does something with a page of memory.</summary>
/// <param name="offset">Its first byte.</param>
/// <param name="content">Its 4096 bytes, valid during the call.</param>
public delegate void PageAction(ulong offset, ReadOnlySpan<byte> content);
