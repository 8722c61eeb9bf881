using Belfry.Bench.Commands;

namespace Belfry.Bench;

/// <summary>Not top-level statements: the class they make would have the name of the service's, in the tests that see both.</summary>
internal static class BenchProgram
{
    private static Task<int> Main(string[] args) => BenchCommandLine.RunAsync(args);
}
