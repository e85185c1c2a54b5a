using System.Diagnostics;
using Lucos.Abi.Rendering;
using Lucos.Tests.Shared;

namespace Lucos.Abi.Tests;

public sealed class CHeaderTests
{
    private static readonly string s_include = Path.Combine(RepositoryRoot.Find(), "guest-kernel", "include");
    private static readonly string s_path = Path.Combine(s_include, "lucos_abi.h");

    [Test]
    public void CommittedHeaderIsWhatTheAbiRenders()
    {
        var rendered = CHeader.Render(DocComments.Load(Path.Combine(AppContext.BaseDirectory, "Lucos.Abi.xml")));
        if (Environment.GetEnvironmentVariable("LUCOS_RENDER") == "1")
        {
            Directory.CreateDirectory(s_include);
            File.WriteAllText(s_path, rendered);
        }

        Assert.That(File.Exists(s_path) ? File.ReadAllText(s_path) : "", Is.EqualTo(rendered),
            "lucos_abi.h has drifted from Lucos.Abi: LUCOS_RENDER=1 dotnet test tests/Lucos.Abi.Tests writes it anew");
    }

    [Test]
    public void HeaderCompilesFreestandingWithEveryWarning()
    {
        var (exit, errors) = Compile("#include \"lucos_abi.h\"\nint main(void) { return lucos_refusal_name(1)[0] + lucos_refusal_advice(1)[0] + lucos_update_state_name(1)[0]; }\n");
        Assert.That(exit, Is.Zero, errors);
    }

    [Test]
    public void StaticAssertionsRefuseAnotherLayout()
    {
        var (exit, errors) = Compile("#define lucos_u64 unsigned\n#include \"lucos_abi.h\"\n");
        Assert.That(exit, Is.Not.Zero);
        Assert.That(errors, Does.Contain("size of lucos_manager_info"));
    }

    private static (int Exit, string Errors) Compile(string source)
    {
        var start = new ProcessStartInfo("gcc", ["-xc", "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", s_include, "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var gcc = Process.Start(start)!;
        gcc.StandardInput.Write(source);
        gcc.StandardInput.Close();
        var errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return (gcc.ExitCode, errors);
    }
}
