using Microsoft.Extensions.Logging;

namespace Belfry.SystemTests.Original;

/// <summary>Waits for the first warning that is logged.</summary>
internal sealed class FailureLog<T> : ILogger<T>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task FailedAsync() => _failed.Task.WaitAsync(Patience);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _failed.TrySetResult();
    }
}
