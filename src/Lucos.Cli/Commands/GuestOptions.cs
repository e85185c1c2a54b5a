using System.CommandLine;
using System.Globalization;
using Lucos.Control.Guests;
using Lucos.Vmm;

namespace Lucos.Cli.Commands;

/// <summary>Options that say which guest is booted.</summary>
/// <param name="usual">How many processors it has if nothing is said, in words.</param>
internal sealed class GuestOptions(string usual = "1")
{
    /// <summary>The kernel's image.</summary>
    public Option<string?> Kernel { get; } = new("--kernel") { Description = "The kernel's image; guest-kernel/build/kernel.elf unless said otherwise", HelpName = "F" };

    /// <summary>The initramfs.</summary>
    public Option<string?> Initrd { get; } = new("--initrd") { Description = "The initramfs; guest-kernel/build/initramfs.cpio unless said otherwise", HelpName = "F" };

    /// <summary>The seed.</summary>
    public Option<ulong?> Seed { get; } = new("--seed") { Description = "Seed of everything random in the guest; 1 unless said otherwise", HelpName = "N" };

    /// <summary>The processors.</summary>
    public Option<int?> Cpus { get; } = new("--cpus")
    {
        Description = $"The guest's processors, 1 to {Machine.MaxCpuCount}; {usual} unless said otherwise",
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= Machine.MaxCpuCount)
            {
                return number;
            }

            result.AddError($"'{text}' is no number of processors from 1 to {Machine.MaxCpuCount}.");
            return null;
        },
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(Kernel);
        command.Add(Initrd);
        command.Add(Seed);
        command.Add(Cpus);
    }

    /// <summary>The files that a command line names.</summary>
    public GuestFiles Files(ParseResult parsed) => GuestFiles.Find(parsed.GetValue(Kernel), parsed.GetValue(Initrd));

    /// <summary>An option for the memory, in MiB: <c>64</c>, <c>64M</c>, <c>1G</c>.</summary>
    public static Option<int> Memory() => new("--memory")
    {
        Description = "The guest's memory in MiB, or with a unit: 32M to 3G",
        HelpName = "M",
        DefaultValueFactory = _ => 64,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            var unit = text.Length > 0 && text[^1] is 'G' or 'g' ? 1024 : 1;
            if (int.TryParse(text.TrimEnd('M', 'm', 'G', 'g'), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && (long)number * unit is >= 32 and <= 3072)
            {
                return number * unit;
            }

            result.AddError($"'{text}' is no memory size from 32M to 3G.");
            return 64;
        },
    };
}
