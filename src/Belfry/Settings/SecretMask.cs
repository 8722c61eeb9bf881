using System.Data.Common;

namespace Belfry.Settings;

/// <summary>Shows that a secret is set, and nothing of it.</summary>
internal static class SecretMask
{
    public const string Mask = "***";

    private static readonly string[] Telling = ["password", "pwd", "secret", "token", "key", "passphrase", "passfile", "jaas"];

    /// <summary>Whether an entry with this name is likely to hold a secret, whatever it belongs to.</summary>
    public static bool IsSecretName(string name) => Telling.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>A connection string keeps what helps to recognise it; anything else is masked whole.</summary>
    public static string Apply(string secret)
    {
        if (secret.Length == 0) return "";
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = secret;
        }
        catch (ArgumentException)
        {
            return Mask;
        }

        foreach (var name in parts.Keys.Cast<string>().Where(IsSecretName).ToList()) parts[name] = Mask;
        return parts.ContainsKey("host") || parts.ContainsKey("server") ? parts.ConnectionString : Mask;
    }
}
