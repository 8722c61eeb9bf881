namespace Belfry.Original.Delivery;

/// <summary>What this process stamps on the rows that it claims; new with each start.</summary>
internal sealed class InstanceId
{
    public string Value { get; } = $"{Environment.MachineName}-{Guid.CreateVersion7()}";
}
