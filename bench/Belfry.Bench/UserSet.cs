using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Bench;

/// <summary>The users of one run, by number. No other run has the same, so a database may have been used before. Immutable.</summary>
internal sealed class UserSet
{
    private readonly byte[][] _utf8Names;

    public UserSet(uint run, int count)
    {
        Run = run;
        Prefix = string.Create(CultureInfo.InvariantCulture, $"bench-{run:x8}-");
        _utf8Names = [.. Enumerable.Range(0, count).Select(user => Encoding.UTF8.GetBytes(NameOf(user)))];
    }

    public uint Run { get; }

    public string Prefix { get; }

    public int Count => _utf8Names.Length;

    /// <summary>
    /// Whether what the followers service publishes goes to topics, one for each user with him as its member. Each such event is a
    /// task of its own, and tasks may overtake each other.
    /// </summary>
    public bool FollowersByTopic { get; init; }

    /// <summary>Whether all of a user's events come in one way, which keeps their order.</summary>
    public bool OneWayIn { get; init; } = true;

    public static UserSet OfNewRun(int count, bool followersByTopic) =>
        new((uint)RandomNumberGenerator.GetInt32(int.MaxValue), count) { FollowersByTopic = followersByTopic };

    /// <summary>The topic of a user's followers.</summary>
    public string TopicOf(int user) => "followers-of-" + NameOf(user);

    public string NameOf(int user) => Prefix + user.ToString(CultureInfo.InvariantCulture);

    public byte[] Utf8NameOf(int user) => _utf8Names[user];

    /// <summary>False for the name of somebody who is not one of these.</summary>
    public bool TryFind(string name, out int user)
    {
        user = -1;
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out user)
            && user < Count;
    }
}
