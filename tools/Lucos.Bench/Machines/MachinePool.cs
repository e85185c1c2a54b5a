using Lucos.Control.Guests;

namespace Lucos.Bench.Machines;

/// <summary>The booted machines that several benchmarks share: ours, and QEMU's two ways of running where it is installed.</summary>
public sealed class MachinePool(GuestFiles files, bool useQemu) : IDisposable
{
    private readonly MachineSettings _settings = new();
    private readonly List<BenchMachine> _machines = [];

    /// <summary>All, ours first. The first call boots them.</summary>
    public IReadOnlyList<BenchMachine> Machines
    {
        get
        {
            if (_machines.Count == 0)
            {
                Add(new LucosMachine(files, _settings));
                if (useQemu)
                {
                    Add(new QemuMachine(files, _settings, singleThreaded: false));
                    Add(new QemuMachine(files, _settings, singleThreaded: true));
                }
            }

            return _machines;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _machines.ForEach(m => m.Dispose());

    private void Add(BenchMachine machine)
    {
        _machines.Add(machine);
        machine.AwaitPrompt();
        machine.LoadModule();
    }
}
