using Belfry.Work;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary>Random schedules of claims, renewals, completions, failures and leases that run out, beside a model of a few lines.</summary>
public abstract partial class TaskStoreContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happens_a_task_completes_once_and_only_for_its_newest_holder(int seed)
    {
        const int count = 12;
        var random = new Random(seed);
        var model = new Dictionary<long, Model>();
        var holds = new List<ClaimedTask>();
        var completed = new List<long>();
        var added = await Tasks.AddAsync([.. Enumerable.Range(0, count).Select(n => Named($"t{n}") with { MaxAttempts = 4 })], Cancelled);
        foreach (var task in added) model[task.Id] = new Model();

        for (var step = 0; step < 250; step++)
        {
            var hold = holds.Count > 0 ? holds[random.Next(holds.Count)] : null;
            var current = hold is not null && model.TryGetValue(hold.Id, out var known) && known.Token == hold.Token ? known : null;
            switch (random.Next(6))
            {
                case 0:
                    foreach (var claimed in await ClaimAsync(random.Next(1, 5)))
                    {
                        var state = model[claimed.Id];
                        Assert.False(state.Leased, "Somebody has it.");
                        Assert.Equal(state.Token + 1, claimed.Token);
                        Assert.Equal(state.Attempts, claimed.Attempts);
                        (state.Token, state.Leased, state.Left) = (claimed.Token, true, Lease);
                        holds.Add(claimed);
                    }

                    break;

                case 1 when hold is not null:
                    Assert.Equal(current is not null ? [hold.Id] : [], await Tasks.CompleteAsync([hold.Ref], Cancelled));
                    if (current is null) break;
                    completed.Add(hold.Id);
                    model.Remove(hold.Id);
                    break;

                case 2 when hold is not null:
                    Assert.Equal(current is { Leased: true } ? [hold.Id] : [], await Tasks.RenewAsync([hold.Ref], Lease, Cancelled));
                    if (current is { Leased: true }) current.Left = Lease;
                    break;

                case 3 when hold is not null && current is null or { Leased: true }:
                    var dies = current is not null && current.Attempts + 1 >= 4;
                    Assert.Equal(dies ? [hold!.Id] : [], await Tasks.FailAsync([new TaskFailure(hold!.Ref, "no", TimeSpan.Zero)], Cancelled));
                    if (current is not null) Fail(hold.Id, current);
                    break;

                case 4:
                    var passed = TimeSpan.FromSeconds(random.Next(1, 20));
                    await PassTimeAsync(passed);
                    foreach (var state in model.Values) state.Left -= passed;
                    break;

                case 5:
                    // Not at the very edge: on PostgreSQL real time passes too.
                    if (model.Values.Any(s => s.Leased && Math.Abs(s.Left.TotalSeconds) < 0.9)) break;
                    var late = model.Where(s => s.Value is { Leased: true } && s.Value.Left < TimeSpan.Zero).ToList();
                    var dead = late.Count(s => s.Value.Attempts + 1 >= 4);
                    Assert.Equal((late.Count, dead), await Tasks.ReclaimAsync(100, back: null, Cancelled));
                    foreach (var (id, state) in late) Fail(id, state);
                    break;
            }
        }

        Assert.Equal(completed.Count, completed.Distinct().Count());
        var counts = await Tasks.CountAsync(Cancelled);
        Assert.Equal(model.Count, counts.Due + counts.Held + counts.Scheduled);
        Assert.Equal(count - completed.Count - model.Count, counts.Dead);

        void Fail(long id, Model state)
        {
            state.Leased = false;
            if (++state.Attempts >= 4) model.Remove(id);
        }
    }

    private sealed class Model
    {
        public int Token { get; set; }

        public int Attempts { get; set; }

        public bool Leased { get; set; }

        public TimeSpan Left { get; set; }
    }
}
