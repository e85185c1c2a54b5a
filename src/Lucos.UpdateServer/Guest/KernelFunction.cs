namespace Lucos.UpdateServer.Guest;

/// <summary>A function as the kernel's symbol table describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Guest-virtual address of its entry.</param>
/// <param name="Size">Bytes of its body, padding not counted.</param>
/// <param name="Room">Bytes up to the next symbol or the end of the code: body and padding.</param>
public readonly record struct KernelFunction(string Name, ulong Address, uint Size, ulong Room);
