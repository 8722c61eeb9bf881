namespace Belfry.Original.Table;

internal sealed partial class NotificationTable
{
    internal static class Sql
    {
        /// <summary>Under a lock, because CREATE … IF NOT EXISTS by two instances at once makes one of them fail.</summary>
        public const string Create = """
            SELECT pg_advisory_xact_lock(7215004);
            CREATE TABLE IF NOT EXISTS notifications (
                notification_id uuid PRIMARY KEY,
                user_id varchar(255) NOT NULL,
                event_type varchar(100) NOT NULL,
                priority varchar(10) NOT NULL DEFAULT 'MEDIUM',
                status varchar(20) NOT NULL DEFAULT 'not_pushed',
                instance_id varchar(255),
                lease_timeout timestamptz,
                retry_count integer NOT NULL DEFAULT 0,
                event_timestamp timestamptz NOT NULL,
                notification_received_timestamp timestamptz NOT NULL,
                payload jsonb NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX IF NOT EXISTS notifications_user ON notifications (user_id, status, priority DESC, created_at);
            CREATE INDEX IF NOT EXISTS notifications_claimed ON notifications (lease_timeout) WHERE status = 'claimed';
            """;

        public const string CreateIndexAsPublished = """
            CREATE INDEX IF NOT EXISTS notifications_pending ON notifications (status, priority DESC, created_at) WHERE status = 'not_pushed'
            """;

        /// <summary>The same index in the order that was meant: as text, HIGH comes before LOW and LOW before MEDIUM.</summary>
        public const string CreateIndexRepaired = """
            CREATE INDEX IF NOT EXISTS notifications_pending_ranked
            ON notifications (status, (CASE priority WHEN 'HIGH' THEN 0 WHEN 'LOW' THEN 2 ELSE 1 END), created_at) WHERE status = 'not_pushed'
            """;

        public const string InsertOne = """
            INSERT INTO notifications
                (notification_id, user_id, event_type, priority, event_timestamp, notification_received_timestamp, payload)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """;

        /// <summary>One round trip and one transaction for any number of rows; what is there already stays as it is.</summary>
        public const string InsertMany = """
            INSERT INTO notifications
                (notification_id, user_id, event_type, priority, event_timestamp, notification_received_timestamp, payload)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::jsonb[])
            ON CONFLICT (notification_id) DO NOTHING
            """;

        public const string ClaimAsPublished = """
            UPDATE notifications n
            SET status = 'claimed', instance_id = $1, lease_timeout = now() + $2
            FROM (
                SELECT notification_id FROM notifications
                WHERE status = 'not_pushed'
                ORDER BY priority DESC, created_at
                LIMIT $3
                FOR UPDATE SKIP LOCKED
            ) next
            WHERE n.notification_id = next.notification_id
            RETURNING n.notification_id, n.user_id, n.event_type, n.priority, n.event_timestamp, n.notification_received_timestamp, n.payload,
                n.created_at
            """;

        public const string ClaimRepaired = """
            UPDATE notifications n
            SET status = 'claimed', instance_id = $1, lease_timeout = now() + $2
            FROM (
                SELECT notification_id FROM notifications
                WHERE status = 'not_pushed'
                ORDER BY CASE priority WHEN 'HIGH' THEN 0 WHEN 'LOW' THEN 2 ELSE 1 END, created_at
                LIMIT $3
                FOR UPDATE SKIP LOCKED
            ) next
            WHERE n.notification_id = next.notification_id
            RETURNING n.notification_id, n.user_id, n.event_type, n.priority, n.event_timestamp, n.notification_received_timestamp, n.payload,
                n.created_at
            """;

        /// <summary>Asks neither for the owner nor for the lease: fault 8 of the original, which both variants have.</summary>
        public const string MarkOne = "UPDATE notifications SET status = $2 WHERE notification_id = $1";

        public const string MarkMany = "UPDATE notifications SET status = $2 WHERE notification_id = ANY($1)";

        /// <summary>Counts the retries, which nobody ever reads.</summary>
        public const string Reclaim = """
            UPDATE notifications
            SET status = 'not_pushed', instance_id = NULL, lease_timeout = NULL, retry_count = retry_count + 1
            WHERE status = 'claimed' AND lease_timeout < now()
            """;
    }
}
