using System.Text.Json.Nodes;
using Lucos.Cli.Output;
using Lucos.Control.Results;

namespace Lucos.Cli.Commands;

/// <summary>What is said of the Update Manager's answers, and which exit codes they lead to.</summary>
internal static class UpdateAnswers
{
    /// <summary>Reports what became of a request.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="verb">What was asked.</param>
    /// <param name="answer">The answer, with the update as it is now.</param>
    public static ExitCode Report(ResultWriter writer, string verb, JsonObject answer)
    {
        if (answer["refusal"]?.GetValue<string>() is { } refusal)
        {
            return Refused(writer, verb, answer, refusal);
        }

        var update = answer["update"] as JsonObject;
        writer.Result(verb, answer, o => Write(o, answer, update));
        return answer["timedOut"]?.GetValue<bool>() == true ? ExitCode.TimedOut
            : verb != "apply" ? ExitCode.Done
            : (string?)update?["state"] switch
            {
                "refused" => ExitCode.Refused,
                "aborted" => ExitCode.RolledBack,
                // Without a reason of its own somebody took it back.
                "rolling-back" or "rolled-back" => update!["refusal"] is null ? ExitCode.TimedOut : ExitCode.RolledBack,
                _ => ExitCode.Done,
            };
    }

    /// <summary>Reports a refusal.</summary>
    public static ExitCode Refused(ResultWriter writer, string verb, JsonObject answer, string refusal)
    {
        writer.Result(verb, answer, o => o.WriteLine($"refused: {refusal}: {answer["detail"]}\n  what to do: {answer["whatToDo"]}"));
        return refusal switch
        {
            "cancelled" => ExitCode.TimedOut,
            "already-applied" when verb == "plan" => ExitCode.Done,
            _ => ExitCode.Refused,
        };
    }

    private static void Write(TextWriter output, JsonObject answer, JsonObject? update)
    {
        if (answer["timedOut"]?.GetValue<bool>() == true)
        {
            output.WriteLine($"timed-out: {answer["detail"]}");
        }

        output.WriteLine(update is null ? $"{answer["detail"]}" : string.Join('\n', UpdateText.Describe(update)));
    }
}
