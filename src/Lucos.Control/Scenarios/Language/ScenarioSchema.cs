using System.Text.Json.Nodes;

namespace Lucos.Control.Scenarios.Language;

/// <summary>The JSON Schema of scenario files, for editors.</summary>
public static class ScenarioSchema
{
    /// <summary>Makes the schema (JSON Schema 2020-12).</summary>
    public static JsonObject Make()
    {
        var schema = ScenarioGrammar.Scenario.ToSchema();
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        schema["title"] = "Lucos scenario";
        return schema;
    }
}
