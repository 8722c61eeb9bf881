using System.Text.Json;
using System.Text.Json.Serialization;

namespace Belfry.Hosting.Auth;

/// <summary>Throw-away keys for trying things out: made once, kept in the data folder, readable by this account only.</summary>
/// <param name="Secret">Signs users' tokens.</param>
/// <param name="ApiKey">May publish.</param>
/// <param name="AdminKey">Opens the admin listener.</param>
internal sealed record DevKeys(string Secret, string ApiKey, string AdminKey)
{
    public const string FileName = "keys.json";

    public static DevKeys LoadOrMake(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path))
        {
            // Whole or not at all: another process may be doing the same.
            var made = JsonSerializer.SerializeToUtf8Bytes(new DevKeys(KeyHash.NewKey(), KeyHash.NewKey(), KeyHash.NewKey()), DevKeysJson.Default.DevKeys);
            PrivateFile.TryCreate(path, made);
        }

        return JsonSerializer.Deserialize(File.ReadAllBytes(path), DevKeysJson.Default.DevKeys)
            ?? throw new InvalidDataException($"'{path}' holds no keys; remove it.");
    }

    /// <summary>The keys as settings, for what has none yet.</summary>
    public IEnumerable<KeyValuePair<string, string?>> AsSettings(AuthOptions configured)
    {
        if (!configured.HasUsers) yield return new("Belfry:Auth:Secret", Secret);
        if (configured.ApiKeys.Count == 0) yield return new("Belfry:Auth:ApiKeys:dev", KeyHash.Format(ApiKey));
        if (configured.AdminKeys.Count == 0) yield return new("Belfry:Auth:AdminKeys:dev", KeyHash.Format(AdminKey));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DevKeys))]
internal sealed partial class DevKeysJson : JsonSerializerContext;
