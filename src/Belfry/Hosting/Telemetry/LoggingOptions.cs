using System.ComponentModel;
using Belfry.Settings;

namespace Belfry.Hosting.Telemetry;

/// <summary>How the log is written. What is written is set by the usual <c>Logging__LogLevel__*</c>.</summary>
[SettingsSection("Belfry:Logging")]
internal sealed class LoggingOptions
{
    [Description("'text': one line a message, for people. 'json': one JSON object a message, for collectors.")]
    public LogFormat Format { get; set; } = LogFormat.Text;
}

/// <summary>The forms of the log.</summary>
internal enum LogFormat
{
    /// <summary>One line a message.</summary>
    Text,

    /// <summary>One JSON object a message.</summary>
    Json,
}
