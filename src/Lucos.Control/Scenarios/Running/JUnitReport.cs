using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Lucos.Control.Scenarios.Running;

/// <summary>Results in the XML that continuous-integration servers read: a suite per scenario, a case per step.</summary>
public static class JUnitReport
{
    /// <summary>Makes the document.</summary>
    /// <param name="results">The scenarios' results.</param>
    public static XDocument Make(IReadOnlyList<ScenarioResult> results) => new(
        new XElement(
            "testsuites",
            new XAttribute("name", "lucos scenario"),
            new XAttribute("tests", results.Sum(r => r.PlannedSteps)),
            new XAttribute("failures", results.Sum(Failures)),
            results.Select(Suite)));

    /// <summary>The document as a file's bytes: UTF-8 without a byte-order mark.</summary>
    /// <param name="results">The scenarios' results.</param>
    public static byte[] Render(IReadOnlyList<ScenarioResult> results) =>
        Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{Make(results)}\n");

    private static int Failures(ScenarioResult result) => result.Steps.Count(s => s.Problems.Count > 0);

    private static XElement Suite(ScenarioResult result) => new(
        "testsuite",
        new XAttribute("name", result.Name),
        new XAttribute("tests", result.PlannedSteps),
        new XAttribute("failures", Failures(result)),
        new XAttribute("skipped", result.PlannedSteps - result.Steps.Count),
        new XElement("properties", new XElement("property", new XAttribute("name", "seed"), new XAttribute("value", result.Seed))),
        result.Steps.Select(s => Case(result.Name, s)),
        Enumerable.Range(result.Steps.Count + 1, result.PlannedSteps - result.Steps.Count).Select(n => Skipped(result.Name, n)));

    private static XElement Case(string scenario, StepResult step)
    {
        var element = Named(scenario, $"{step.Number} {step.Title}");
        if (step.Problems.Count > 0)
        {
            element.Add(new XElement("failure", new XAttribute("message", Clean(step.Problems[0])), Clean(string.Join('\n', step.Problems))));
        }

        if (step.Lines.Count > 0)
        {
            element.Add(new XElement("system-out", Clean(string.Join('\n', step.Lines))));
        }

        return element;
    }

    private static XElement Skipped(string scenario, int number)
    {
        var element = Named(scenario, string.Create(CultureInfo.InvariantCulture, $"{number} (not run)"));
        element.Add(new XElement("skipped"));
        return element;
    }

    private static XElement Named(string scenario, string name) =>
        new("testcase", new XAttribute("classname", scenario), new XAttribute("name", Clean(name)));

    /// <summary>The guest may print what XML can't hold.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => System.Xml.XmlConvert.IsXmlChar(c) ? c : '\uFFFD'));
}
