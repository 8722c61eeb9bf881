using Microsoft.Extensions.Configuration.Memory;

namespace Belfry.Settings;

/// <summary>Values that some part of the program gives, and what a person calls the place they come from.</summary>
internal sealed class NamedValues(string origin, IEnumerable<KeyValuePair<string, string?>> values) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(origin, new MemoryConfigurationSource { InitialData = values });

    /// <summary>Knows where its values come from.</summary>
    internal sealed class Provider(string origin, MemoryConfigurationSource source) : MemoryConfigurationProvider(source)
    {
        public string Origin { get; } = origin;
    }
}
