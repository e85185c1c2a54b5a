using Lucos.Abi;

namespace Lucos.UpdateServer.Data;

/// <summary>A changed data structure of an update as it is at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Where its instances are found.</param>
/// <param name="Placement">Where the new version of an instance lies.</param>
/// <param name="Interception">How a store to an instance is carried out.</param>
/// <param name="Transfer">When state is transferred.</param>
/// <param name="OldSize">Bytes of the old version.</param>
/// <param name="NewSize">Bytes of the new version with what belongs to it.</param>
/// <param name="PreservedFields">Ranges of the old version that no transfer may lose.</param>
/// <param name="Instances">Instances that the server knows; those of a shadow are the guest's business.</param>
/// <param name="IsLeft">Whether nobody is left who handles it, though others are awaited: its instances are not monitored any more.</param>
public sealed record TypeInfo(
    string Name,
    InstanceSource Source,
    Placement Placement,
    Interception Interception,
    TransferPoint Transfer,
    uint OldSize,
    uint NewSize,
    int PreservedFields,
    int Instances,
    bool IsLeft)
{
    internal static IReadOnlyList<TypeInfo> Of(UpdateData data)
    {
        var instances = new int[data.Types.Count];
        foreach (Instance instance in data.Instances.Values)
        {
            instances[instance.TypeIndex]++;
        }

        return
        [
            .. data.Types.Select((type, index) => new TypeInfo(
                type.Name, type.Source, type.Placement, type.Interception, type.Transfer, type.OldSize, type.NewLength, type.Fields.Count, instances[index], data.IsLeft(index))),
        ];
    }
}
