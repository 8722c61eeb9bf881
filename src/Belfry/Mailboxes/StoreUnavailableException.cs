namespace Belfry.Mailboxes;

/// <summary>The store did not answer, or not in time. Trying again later is right; what was being written may or may not be stored.</summary>
internal sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
