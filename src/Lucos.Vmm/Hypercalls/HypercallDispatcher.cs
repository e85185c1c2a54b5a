using Lucos.Abi;
using Lucos.Vmm.Cpu;

namespace Lucos.Vmm.Hypercalls;

/// <summary>Hands a hypercall to the handler that knows its number, and writes the result to RAX.</summary>
public sealed class HypercallDispatcher
{
    private readonly List<IHypercallHandler> _handlers = [];
    private readonly Machine _machine;

    internal HypercallDispatcher(Machine machine) => _machine = machine;

    /// <summary>Hypercalls served so far, refused ones too.</summary>
    public ulong Count { get; internal set; }

    /// <summary>Adds a handler; the first one that knows a number serves it.</summary>
    public void Register(IHypercallHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handlers.Add(handler);
    }

    /// <summary>Serves the hypercall that a processor stands behind.</summary>
    public void Dispatch(Vcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        Count++;
        vcpu.Backend.WriteResult(Serve(vcpu));
    }

    private long Serve(Vcpu vcpu)
    {
        RegisterFile registers = vcpu.Registers;
        if (registers.Cpl != 0)
        {
            return Refusal.NotPrivileged.ToResult();
        }

        HypercallContext context = new(
            _machine, vcpu, registers.Rax, registers.Rbx, registers.Rcx, registers.Rsi, registers.Rdi, registers.Cpl);
        foreach (IHypercallHandler handler in _handlers)
        {
            if (handler.Handle(context) is { } result)
            {
                return result;
            }
        }

        return Refusal.UnknownHypercall.ToResult();
    }
}
