using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>A column of many rows as one parameter.</summary>
internal static class PostgresArray
{
    public static NpgsqlParameter<T[]> Of<TFrom, T>(IReadOnlyList<TFrom> rows, NpgsqlDbType type, Func<TFrom, T> column)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(rows[i]);
        return new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = values };
    }
}
