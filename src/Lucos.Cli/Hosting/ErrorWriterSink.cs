using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace Lucos.Cli.Hosting;

/// <summary>Writes log events to a command's standard error, wherever that leads.</summary>
internal sealed class ErrorWriterSink : ILogEventSink
{
    private readonly TextWriter _writer;
    private readonly MessageTemplateTextFormatter _formatter;

    /// <summary>Makes a sink.</summary>
    public ErrorWriterSink(TextWriter writer, string template)
    {
        _writer = writer;
        _formatter = new MessageTemplateTextFormatter(template, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        lock (_writer)
        {
            _formatter.Format(logEvent, _writer);
        }
    }
}
