namespace Belfry.Hosting.Producers;

/// <summary>Payloads such as an application would send: about 250 bytes of JSON.</summary>
internal static class ExamplePayloads
{
    private static readonly string[] Names = ["Ada Berger", "Noor Haddad", "Mateo Silva", "Ingrid Solheim", "Kwame Mensah", "Yuki Tanaka", "Lena Novak", "Omar Farouk"];
    private static readonly string[] Titles = ["Senior Platform Engineer", "Data Engineer, Streaming", "Database Reliability Engineer", "Backend Developer", "Engineering Manager"];
    private static readonly string[] Companies = ["Nordlicht Systems", "Blue Harbor Labs", "Kestrel Analytics", "Atlas Freight", "Meridian Health"];
    private static readonly string[] Places = ["Berlin, Germany", "Lisbon, Portugal", "Nairobi, Kenya", "Osaka, Japan", "Montreal, Canada"];
    private static readonly string[] Notes = ["We worked together on the migration last year.", "I liked your talk about mailboxes and cursors.", "We met at the meetup in spring, remember?"];

    public static object JobPosted(Random random) => new
    {
        job_id = $"job-{random.Next(1_000_000):D6}",
        title = Pick(random, Titles),
        company = Pick(random, Companies),
        location = Pick(random, Places),
        remote = random.Next(2) == 0,
        salary = new { min = 1000 * random.Next(50, 80), max = 1000 * random.Next(80, 120), currency = "EUR" },
        url = $"https://jobs.example.com/positions/{random.Next(1_000_000):D6}?from=notification",
    };

    public static object ApplicationViewed(Random random) => new
    {
        application_id = $"application-{random.Next(1_000_000):D6}",
        title = Pick(random, Titles),
        company = Pick(random, Companies),
        viewed_by = new { name = Pick(random, Names), role = "Recruiting" },
        message = "Your application has been viewed; an answer usually follows within a week.",
    };

    public static object Connection(Random random) => new
    {
        from = new { id = $"member-{random.Next(1_000_000):D6}", name = Pick(random, Names), headline = $"{Pick(random, Titles)} at {Pick(random, Companies)}" },
        mutual_connections = random.Next(60),
        note = Pick(random, Notes),
    };

    public static object Follower(Random random) => new
    {
        follower = new { id = $"member-{random.Next(1_000_000):D6}", name = Pick(random, Names), headline = $"{Pick(random, Titles)} at {Pick(random, Companies)}" },
        followers_total = random.Next(1, 20_000),
        profile = $"https://network.example.com/in/{random.Next(1_000_000):D6}",
    };

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
