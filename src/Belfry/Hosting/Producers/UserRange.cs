namespace Belfry.Hosting.Producers;

/// <summary>The users <c>prefix0</c>, <c>prefix1</c> and so on.</summary>
internal sealed record UserRange(string Prefix, int Count)
{
    public string NameOf(int user) => $"{Prefix}{user}";

    public string Pick(Random random) => NameOf(random.Next(Count));
}
