using Lucos.Abi;
using Lucos.Vmm;

namespace Lucos.Control.Scenarios.Language;

/// <summary>The grammar of scenario files, as data: the checker, the JSON Schema and the reference come from it.</summary>
public static class ScenarioGrammar
{
    /// <summary>Blocks a step may take unless it says otherwise.</summary>
    public const long DefaultBudget = 100_000_000;

    private static readonly TextSpec s_name = new("a name", MapSpec.NamePattern);
    private static readonly TextSpec s_line = new("a line typed into the guest's shell", "[^\\r\\n]+");
    private static readonly IntegerSpec s_budget = new($"give up after this many guest blocks; {DefaultBudget} unless said otherwise", 1, 100_000_000_000);
    private static readonly ChoiceSpec s_via = new("who asks: lucosctl in the guest, or the operator through the doorbell (the default)", "guest", "operator");

    private static readonly BooleanSpec s_verify = new("keep the coherence ledger of its data, and check every transfer; false unless said otherwise");

    /// <summary>A moment.</summary>
    public static AlternativesSpec Moment { get; } = new(
        "the instant at which something is done; exactly one key",
        new FieldSpec("console", new TextSpec("as soon as this text is on the console")),
        new FieldSpec("blocks", new IntegerSpec("after this many guest blocks from here", 1, 100_000_000_000)),
        new FieldSpec("entry", FunctionMoment("before the nth call of the function executes its first instruction",
            new FieldSpec("offset", new IntegerSpec("this many bytes behind the entry instead; must be where an instruction begins", 0, 4095)))),
        new FieldSpec("return", FunctionMoment("when the nth call of the function has just returned")),
        new FieldSpec("active", FunctionMoment("while a call of the function is under way and its thread runs something that it called, from the nth call on")));

    private static readonly ChoiceSpec s_outcome = new(
        "how it must end: a state, or the identifier of a refusal; finished (rolled-back for undo and cancel) unless said otherwise",
        [.. StateNames.All, .. Refusals.All.Select(r => r.Id)]);

    private static readonly FieldSpec s_detail = new("detail", new TextsSpec("texts that the refusal's explanation, or the list of blockers, must contain"));

    /// <summary>What update, undo and cancel take alike.</summary>
    private static readonly IReadOnlyList<FieldSpec> s_change =
    [
        new FieldSpec("at", Moment),
        new FieldSpec("during", new TextSpec("a command typed into the shell before the moment is awaited; its prompt is awaited after the step", "[^\\r\\n]+")),
        new FieldSpec("expect", s_outcome),
        s_detail,
        new FieldSpec("budget", s_budget),
    ];

    /// <summary>A step.</summary>
    public static AlternativesSpec Step { get; } = new(
        "one step; exactly one key",
        new FieldSpec("boot", new ObjectSpec("start the guest and wait for the shell's prompt", new FieldSpec("budget", s_budget))),
        new FieldSpec("run", new ObjectSpec("run a command in the guest's shell and judge it",
            new FieldSpec("command", s_line, true),
            new FieldSpec("exit", new IntegerSpec("exit status it must have; 0 unless said otherwise", 0, 255)),
            new FieldSpec("contains", new TextsSpec("texts that its output must contain")),
            new FieldSpec("excludes", new TextsSpec("texts that its output must not contain")),
            new FieldSpec("matches", new TextSpec("a regular expression that its output must match", null, true)),
            new FieldSpec("equals", new TextSpec("what its output must be, apart from white space around it")),
            new FieldSpec("budget", s_budget))),
        new FieldSpec("background", new ObjectSpec("start a command in the background",
            new FieldSpec("name", s_name, true),
            new FieldSpec("command", s_line, true))),
        new FieldSpec("stop", new ObjectSpec("end a background command by a signal and judge its last words",
            new FieldSpec("name", s_name, true),
            new FieldSpec("signal", new ChoiceSpec("TERM unless said otherwise", "TERM", "INT", "KILL")),
            new FieldSpec("exit", new IntegerSpec("exit status it must have; 0 unless said otherwise", 0, 255)),
            new FieldSpec("counters", new MapSpec("counters of its last line (name=number) and what they must be",
                new TextSpec("a number, or a number behind one of > >= < <= =", "(?:>=|<=|>|<|=)? ?[0-9]+"))))),
        new FieldSpec("wait", new ObjectSpec("let the guest run until a moment",
            new FieldSpec("until", Moment, true),
            new FieldSpec("budget", s_budget))),
        new FieldSpec("send", new ObjectSpec("type text on the console", new FieldSpec("text", new TextSpec("the text; a newline is not added"), true))),
        new FieldSpec("update", new ObjectSpec("apply an update",
            [new FieldSpec("package", s_name, true), new FieldSpec("via", s_via), new FieldSpec("verify-coherence", s_verify), .. s_change])),
        new FieldSpec("check", new ObjectSpec("have an update verified without applying it",
            new FieldSpec("package", s_name, true),
            new FieldSpec("via", s_via),
            new FieldSpec("expect", new ChoiceSpec("accepted (the default), or the identifier of a refusal", ["accepted", .. Refusals.All.Select(r => r.Id)])),
            s_detail,
            new FieldSpec("budget", s_budget))),
        new FieldSpec("undo", new ObjectSpec("undo an update", [new FieldSpec("name", s_name, true), new FieldSpec("via", s_via), .. s_change])),
        new FieldSpec("cancel", new ObjectSpec("have the operator cancel an update that is under way", [new FieldSpec("name", s_name, true), .. s_change])),
        new FieldSpec("remember", new ObjectSpec("remember the kernel's text and read-only data",
            new FieldSpec("name", s_name, true))),
        new FieldSpec("expect", new ObjectSpec("judge the guest and the Update Server",
            new FieldSpec("uname", new TextSpec("effective version")),
            new FieldSpec("booted", new TextSpec("booted version")),
            new FieldSpec("status", new MapSpec("state of updates by name", new ChoiceSpec("a state, or none", [.. StateNames.All, "none"]))),
            new FieldSpec("moved", new MapSpec("how many contexts the Update Server moved out of the overwritten bytes, by update", new IntegerSpec("contexts", 0, 4096))),
            new FieldSpec("memory", new TextSpec("the kernel's text and read-only data are as remembered under this name", MapSpec.NamePattern)),
            new FieldSpec("history", new TextsSpec("texts that entries of the history contain, in this order")))),
        new FieldSpec("poweroff", new ObjectSpec("power the guest off from its shell", new FieldSpec("budget", s_budget))));

    /// <summary>A package made from a built one.</summary>
    public static ObjectSpec Package { get; } = new(
        "a package made from a built one by damaging it",
        new FieldSpec("from", s_name, true),
        new FieldSpec("flip-bit", new IntegerSpec("flip this bit, counted over the whole file", 0, 8L << 20)),
        new FieldSpec("truncate", new IntegerSpec("keep this many bytes", 0, 1 << 20)),
        new FieldSpec("build-id", new TextSpec("another build-id, the digest put right", "[0-9a-f]{40}")),
        new FieldSpec("old-byte", new IntegerSpec("invert this byte of the first function's expected bytes, hash and digest put right", 0, 65535)));

    /// <summary>A whole file.</summary>
    public static ObjectSpec Scenario { get; } = new(
        "a Lucos scenario",
        new FieldSpec("scenario", s_name, true),
        new FieldSpec("description", new TextSpec("what it shows")),
        new FieldSpec("seed", new IntegerSpec("the guest's seed; 1 unless said otherwise", 0, long.MaxValue)),
        new FieldSpec("memory", new IntegerSpec("the guest's memory in MiB; 64 unless said otherwise", 32, 3072)),
        new FieldSpec("cpus", new IntegerSpec("the guest's processors; 1 unless said otherwise", 1, Machine.MaxCpuCount)),
        new FieldSpec("packages", new MapSpec("damaged packages by name", Package)),
        new FieldSpec("steps", new ListSpec("what is done, in order", Step), true));

    private static ObjectSpec FunctionMoment(string description, params FieldSpec[] more) => new(
        description,
        [
            new FieldSpec("function", new TextSpec("name of a kernel function", "[A-Za-z_.][A-Za-z0-9_.$]*"), true),
            new FieldSpec("count", new IntegerSpec("which call, counted from here; 1 unless said otherwise", 1, 1_000_000)),
            new FieldSpec("cpu", new IntegerSpec("count only calls that begin on this processor; all unless said otherwise", 0, Machine.MaxCpuCount - 1)),
            .. more,
        ]);
}
