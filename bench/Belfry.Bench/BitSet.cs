using System.Numerics;

namespace Belfry.Bench;

/// <summary>A growing set of small numbers, a bit each. Not for several threads.</summary>
internal sealed class BitSet
{
    private const int WordBits = 64;

    private ulong[] _words = [];

    public int Count { get; private set; }

    /// <summary>False when it was in the set already.</summary>
    public bool Add(int number)
    {
        var (word, bit) = PlaceOf(number);
        if (word >= _words.Length) Array.Resize(ref _words, Math.Max(word + 1, 2 * _words.Length));
        if ((_words[word] & bit) != 0) return false;

        _words[word] |= bit;
        Count++;
        return true;
    }

    public bool Contains(int number)
    {
        var (word, bit) = PlaceOf(number);
        return word < _words.Length && (_words[word] & bit) != 0;
    }

    /// <summary>How many are in both.</summary>
    public int CountShared(BitSet other)
    {
        var count = 0;
        for (var i = 0; i < Math.Min(_words.Length, other._words.Length); i++) count += BitOperations.PopCount(_words[i] & other._words[i]);
        return count;
    }

    /// <summary>Those that are not in the other set, ascending.</summary>
    public IEnumerable<int> Except(BitSet other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            var left = i < other._words.Length ? _words[i] & ~other._words[i] : _words[i];
            for (; left != 0; left &= left - 1) yield return i * WordBits + BitOperations.TrailingZeroCount(left);
        }
    }

    /// <summary>The smallest from 1 on that is not in the set.</summary>
    public int FirstMissing()
    {
        for (var number = 1; ; number++)
        {
            if (!Contains(number)) return number;
        }
    }

    private static (int Word, ulong Bit) PlaceOf(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return (number / WordBits, 1UL << (number % WordBits));
    }
}
