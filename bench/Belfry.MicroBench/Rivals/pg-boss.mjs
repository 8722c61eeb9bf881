// Drains jobs that do nothing: node pg-boss.mjs <connection string> <count> <workers>
import { PgBoss } from "pg-boss";

const [connectionString, count, localConcurrency] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const queue = "noop";
const boss = new PgBoss({ connectionString, max: 10 });
boss.on("error", console.error);
await boss.start();
await boss.createQueue(queue);
const beforeAdd = performance.now();
for (let left = count; left > 0; left -= 1000) {
  await boss.insert(queue, Array.from({ length: Math.min(left, 1000) }, () => ({ data: { n: 1, text: "a piece of work to do" } })));
}
const added = (performance.now() - beforeAdd) / 1000;

const open = "SELECT count(*) FROM pgboss.job WHERE name = 'noop' AND state < 'completed'";
await boss.getDb().executeSql("VACUUM ANALYZE pgboss.job");
let done = 0;
let reached;
const all = new Promise(resolve => { reached = resolve; });
const begin = performance.now();
await boss.work(queue, { batchSize: 500, localConcurrency, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }, async jobs => {
  done += jobs.length;
  if (done === count) reached();
});
await all;
while (Number((await boss.getDb().executeSql(open)).rows[0].count) > 0) await new Promise(r => setTimeout(r, 5));
const drained = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ added_per_s: count / added, done_per_s: count / drained }));
process.exit(0);
