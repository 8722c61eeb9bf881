using System.Globalization;
using System.Security.Cryptography;

namespace Belfry.Mailboxes;

/// <summary>How the names of histories are made.</summary>
internal static class MailboxEpoch
{
    /// <summary>A new name for a store's history: 10 characters of [0-9a-z], 51 random bits.</summary>
    public static string NewStoreEpoch() => RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 10);

    /// <summary>The epoch of one mailbox: the store's, and the mailbox's generation once it has been erased.</summary>
    public static string Of(string storeEpoch, int generation) =>
        generation == 0 ? storeEpoch : string.Create(CultureInfo.InvariantCulture, $"{storeEpoch}.{generation}");
}
