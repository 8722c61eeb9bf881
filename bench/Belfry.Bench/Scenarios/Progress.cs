using System.Diagnostics;
using System.Globalization;

namespace Belfry.Bench.Scenarios;

/// <summary>Tells a waiting person what the run does, on stderr: stdout has the report alone.</summary>
internal sealed class Progress(TextWriter output)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public void Say(string what) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_start).TotalSeconds,7:0.0} s  {what}"));
}
