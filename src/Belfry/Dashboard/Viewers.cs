namespace Belfry.Dashboard;

/// <summary>How many pages are open. A page too many is refused: each one is sent something every second.</summary>
internal sealed class Viewers
{
    private const int Most = 50;

    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= Most) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);
}
