// Drains jobs that do nothing: node graphile-worker.mjs <connection string> <count> <concurrent jobs>
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [connectionString, count, concurrentJobs] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const quiet = new Logger(() => (level, message) => { if (level === "error") console.error(message); });
const preset = {
  worker: {
    connectionString,
    concurrentJobs,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    useNodeTime: true,
  },
};

await runMigrations({ connectionString, logger: quiet });
const probe = new pg.Client({ connectionString });
await probe.connect();
const beforeAdd = performance.now();
for (let left = count; left > 0; left -= 1000) {
  await probe.query(
    `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
       SELECT json_populate_record(NULL::graphile_worker.job_spec, '{"identifier":"noop","payload":{"n":1,"text":"a piece of work to do"}}')
       FROM generate_series(1, $1)))`,
    [Math.min(left, 1000)]);
}
const added = (performance.now() - beforeAdd) / 1000;
await probe.query("VACUUM ANALYZE graphile_worker._private_jobs");

let done = 0;
let reached;
const all = new Promise(resolve => { reached = resolve; });
const begin = performance.now();
const runner = await run({ preset, logger: quiet, taskList: { noop: async () => { if (++done === count) reached(); } } });
await all;
while (Number((await probe.query("SELECT count(*) FROM graphile_worker._private_jobs")).rows[0].count) > 0) await new Promise(r => setTimeout(r, 5));
const drained = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ added_per_s: count / added, done_per_s: count / drained }));
await runner.stop();
await probe.end();
process.exit(0);
