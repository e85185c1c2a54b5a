namespace Lucos.Abi;

/// <summary>A shared struct whose first fields are its size and the ABI version (both u32), so that either side can refuse another layout.</summary>
public interface IVersionedStruct : IWireStruct;
