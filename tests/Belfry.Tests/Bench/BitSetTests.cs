using Belfry.Bench;
using CsCheck;

namespace Belfry.Tests.Bench;

public sealed class BitSetTests
{
    private static readonly Gen<int[]> Numbers = Gen.Int[0, 300].Array[0, 100];

    [Fact]
    public void It_is_a_set() => Numbers.Sample(numbers =>
    {
        var set = new BitSet();
        var known = new HashSet<int>();
        return numbers.All(number => set.Add(number) == known.Add(number)) && set.Count == known.Count && Enumerable.Range(0, 400).All(n => set.Contains(n) == known.Contains(n));
    });

    [Fact]
    public void It_compares_with_another() => Gen.Select(Numbers, Numbers).Sample((a, b) =>
        Of(a).Except(Of(b)).SequenceEqual(a.Except(b).Order()) && Of(a).CountShared(Of(b)) == a.Intersect(b).Count());

    [Fact]
    public void It_finds_the_first_that_is_missing() => Assert.Equal(3, Of([0, 1, 2, 4]).FirstMissing());

    private static BitSet Of(int[] numbers)
    {
        var set = new BitSet();
        foreach (var number in numbers) set.Add(number);
        return set;
    }
}
