using System.Runtime.InteropServices;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// A batch without the items that it holds twice (same user, same event). They are found here, because the statement's own
/// look for duplicates sees only what was stored before it.
/// </summary>
internal sealed class DistinctItems
{
    private readonly int[] _place;
    private readonly bool[] _repeats;

    public DistinctItems(IReadOnlyList<NewNotification> items)
    {
        _place = new int[items.Count];
        _repeats = new bool[items.Count];
        var distinct = new List<NewNotification>(items.Count);
        var places = new Dictionary<(Guid, string), int>(items.Count);

        for (var i = 0; i < items.Count; i++)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, (items[i].EventKey, items[i].UserId), out _repeats[i]);
            if (!_repeats[i])
            {
                place = distinct.Count;
                distinct.Add(items[i]);
            }

            _place[i] = place;
        }

        Items = distinct;
    }

    public IReadOnlyList<NewNotification> Items { get; }

    /// <summary>The answers for the whole batch, from those for <see cref="Items"/>.</summary>
    public Appended[] AnswerAll(Appended[] answers)
    {
        if (answers.Length == _place.Length) return answers;

        var all = new Appended[_place.Length];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = answers[_place[i]];
            if (_repeats[i]) all[i] = all[i] with { Duplicate = true };
        }

        return all;
    }
}
