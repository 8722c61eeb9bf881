namespace Belfry.Servers;

/// <summary>A server did not start, or ended, or refused what it was told; the message carries the end of its log.</summary>
public sealed class ServerFailedException(string message, Exception? inner = null) : Exception(message, inner);
