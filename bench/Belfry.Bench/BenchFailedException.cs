namespace Belfry.Bench;

/// <summary>A run could not be made; the message says why. Not for promises that did not hold: those are a report.</summary>
internal sealed class BenchFailedException(string message) : Exception(message);
