namespace Belfry.Mailboxes.Preferences;

/// <summary>What users want to be told of. Thread-safe; throws <see cref="StoreUnavailableException"/> like every store.</summary>
internal interface IPreferenceStore
{
    /// <summary>The user's own words, as they were stored; null: he has said nothing.</summary>
    Task<byte[]?> FindAsync(string userId, CancellationToken ct);

    /// <summary>Takes the place of what he said before. What is stored after it is stored by it.</summary>
    /// <param name="body">A JSON object.</param>
    Task StoreAsync(string userId, byte[] body, MutedTypes muted, CancellationToken ct);
}
