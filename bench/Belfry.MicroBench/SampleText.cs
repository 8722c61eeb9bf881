using System.Globalization;
using System.Text;

namespace Belfry.MicroBench;

/// <summary>Text in which a compressor finds what it finds in payloads: the same words again and again, in another order, and numbers.</summary>
internal static class SampleText
{
    private static readonly string[] Words =
        [.. "job posted by company in city remote senior engineer salary title description skills apply before link user connection follower accepted viewed profile".Split(' ')];

    public static string Of(Random random, int length)
    {
        var text = new StringBuilder(length + 20);
        while (text.Length < length) text.Append(CultureInfo.InvariantCulture, $"{Words[random.Next(Words.Length)]} {random.Next(1000)} ");
        return text.ToString(0, length);
    }
}
