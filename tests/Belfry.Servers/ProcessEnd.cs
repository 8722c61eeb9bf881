namespace Belfry.Servers;

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">128 + n after a signal n that it did not handle.</param>
/// <param name="Duration">From the signal to the end.</param>
public readonly record struct ProcessEnd(int ExitCode, TimeSpan Duration);
