using System.Diagnostics;
using System.Globalization;
using CsCheck;

namespace Belfry.Tests.Security;

/// <summary>
/// Runs a property over generated inputs: a fixed number of always the same in a build; by hand for as long as
/// BELFRY_FUZZ_SECONDS says, from BELFRY_FUZZ_SEED or somewhere new. Each input is made of its own seed, which a failure names.
/// </summary>
internal static class Fuzz
{
    private const ulong FixedSeed = 20_261_123;

    private static readonly TimeSpan? Budget = Read("BELFRY_FUZZ_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public static async Task SampleAsync<T>(Gen<T> gen, int count, Func<T, ValueTask> check, Func<T, string> print, CancellationToken ct)
    {
        var seed = Read("BELFRY_FUZZ_SEED") ?? (Budget is null ? FixedSeed : (ulong)Random.Shared.NextInt64(long.MaxValue / 2));
        Console.WriteLine(Budget is null ? $"Fuzzing with {count} inputs from seed {seed}." : $"Fuzzing for {Budget} from seed {seed}.");

        var start = Stopwatch.GetTimestamp();
        for (var i = 0UL; Budget is { } budget ? Stopwatch.GetElapsedTime(start) < budget : i < (ulong)count; i++)
        {
            ct.ThrowIfCancellationRequested();
            var input = gen.Generate(new PCG(1, seed + i), min: null, out _);
            try
            {
                await check(input);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                throw new FuzzException($"With BELFRY_FUZZ_SEED={seed + i}: {e.Message}\n{print(input)}", e);
            }
        }
    }

    public static Task SampleAsync<T>(Gen<T> gen, int count, Action<T> check, Func<T, string> print, CancellationToken ct) =>
        SampleAsync(
            gen,
            count,
            input =>
            {
                check(input);
                return ValueTask.CompletedTask;
            },
            print,
            ct);

    private static ulong? Read(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <summary>An input that broke the property, and how to have it again.</summary>
internal sealed class FuzzException(string message, Exception cause) : Exception(message, cause);
