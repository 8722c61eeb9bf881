namespace Belfry.Original.Table;

/// <summary>The values of the column <c>status</c>.</summary>
internal static class NotificationStatus
{
    public const string NotPushed = "not_pushed";
    public const string Claimed = "claimed";
    public const string Delivered = "delivered";
    public const string Failed = "failed";
}
