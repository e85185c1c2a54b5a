namespace Lucos.UpdateServer;

/// <summary>A hypercall as the vCPU issued it. All of it is the guest's word.</summary>
/// <param name="Number">EAX: the hypercall's number.</param>
/// <param name="Rbx">First argument.</param>
/// <param name="Rcx">Second argument.</param>
/// <param name="Rsi">Third argument.</param>
/// <param name="Rdi">Fourth argument.</param>
/// <param name="Cpl">Privilege level of the code that issued it, 0 to 3.</param>
public readonly record struct HypercallArguments(ulong Number, ulong Rbx, ulong Rcx, ulong Rsi, ulong Rdi, int Cpl);
