using Belfry.Settings;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Telemetry;

internal static class LoggingServices
{
    private const string Utc = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <summary>The log on the console, in the form that <see cref="LoggingOptions"/> asks for.</summary>
    public static void AddBelfryLogging(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<LoggingOptions>();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, Utc));
        builder.Logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, Utc.TrimEnd()));
        builder.Services.AddOptions<ConsoleLoggerOptions>().Configure<IOptions<LoggingOptions>>((console, logging) =>
            console.FormatterName = logging.Value.Format is LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple);
    }
}
