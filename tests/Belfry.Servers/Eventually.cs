namespace Belfry.Servers;

/// <summary>Waits for what another process does and cannot signal.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks <paramref name="condition"/> until it holds; after <paramref name="timeout"/> throws a <see cref="TimeoutException"/> that names <paramref name="what"/>.</summary>
    public static async Task HoldsAsync(
        string what,
        Func<CancellationToken, ValueTask<bool>> condition,
        TimeSpan timeout,
        CancellationToken ct = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(timeout);
        try
        {
            while (!await condition(deadline.Token))
            {
                await Task.Delay(Interval, TimeProvider.System, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"Not within {timeout.TotalSeconds:0.#} s: {what}.");
        }
    }

    /// <inheritdoc cref="HoldsAsync(string, Func{CancellationToken, ValueTask{bool}}, TimeSpan, CancellationToken)"/>
    public static Task HoldsAsync(string what, Func<bool> condition, TimeSpan timeout, CancellationToken ct = default) =>
        HoldsAsync(what, _ => ValueTask.FromResult(condition()), timeout, ct);
}
