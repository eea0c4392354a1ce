// SPDX-License-Identifier: GPL-3.0-or-later
//
// The rows of ./dev bench on PostgreSQL: a server of its own that syncs to disk, and pgbench doing
// nothing but the same writes as the limit. Which writes those are is read from PostgreSQL's own
// log of changes (logical decoding), so they are always those of the program as it is.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../tests/support/postgres.mjs';
import { startServer } from '../tests/support/server.mjs';

const exec = promisify(execFile);

export const postgresOptions = [
  'fsync=on',
  'wal_level=logical',
  'shared_buffers=256MB',
  'max_wal_size=4GB',
  'max_pred_locks_per_transaction=256',
];

// A desk with that many tickets on a PostgreSQL that syncs.
export async function withPostgres(tickets, options, work) {
  const postgres = await startPostgres(postgresOptions);
  const server = await startServer({
    ...options,
    engine: 'postgres',
    before: (one) => one.run(['bench-data'], ['--tickets', String(tickets)], { timeout: 3600000 }),
  });
  try {
    const name = server.db.match(/@\/([^?]+)/)[1];
    await postgres.sql(name, 'VACUUM ANALYZE');
    return await work(server, postgres, name);
  } finally {
    await server.stop();
    await postgres.release();
  }
}

const ticks = 100; // a second, in /proc

function spent(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

function children(pid) {
  return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
}

// Processor time of the program and of PostgreSQL, in seconds. Processes that have ended are not
// seen; connections last longer than a measurement.
export function processorTime(server, postgres) {
  const backends = children(postgres.child.pid).reduce((sum, pid) => sum + spent(pid), 0);
  return { steward: spent(server.child.pid), postgres: backends + spent(postgres.child.pid) };
}

// Runs a measurement; adds to what it gives the processor time of each piece of work, in
// microseconds.
export async function withProcessorTime(server, postgres, measure) {
  const before = processorTime(server, postgres);
  const result = await measure();
  const after = processorTime(server, postgres);
  const each = (name) => Math.round(((after[name] - before[name]) / result.requests) * 1e6);
  return { ...result, note: `processor time each: steward ${each('steward')} µs, PostgreSQL ${each('postgres')} µs` };
}

// The changes of rows that `work` makes: [{ table, kind, columns: [{ name, type, value }] }].
async function changesOf(postgres, name, work) {
  await postgres.sql(name, "SELECT 1 FROM pg_create_logical_replication_slot('bench', 'test_decoding')");
  try {
    await work();
    const text = await postgres.sql(
      name,
      "SELECT data FROM pg_logical_slot_get_changes('bench', NULL, NULL, 'include-xids', '0')",
    );
    return parseChanges(text);
  } finally {
    await postgres.sql(name, "SELECT pg_drop_replication_slot('bench')");
  }
}

// "table public.ticket: INSERT: id[bigint]:5 subject[text]:'a ''b''' …"; texts may have line breaks.
export function parseChanges(text) {
  const changes = [];
  for (const part of text.split(/^(?=BEGIN|COMMIT|table )/m)) {
    const head = part.match(/^table public\.(\w+): (INSERT|UPDATE|DELETE): /);
    if (!head) continue;
    const columns = [];
    const column = /(\w+)\[([^\]]+)\]:('(?:[^']|'')*'|\S+)/g;
    for (const m of part.slice(head[0].length).matchAll(column)) {
      columns.push({ name: m[1], type: m[2], value: m[3] });
    }
    changes.push({ table: head[1], kind: head[2], columns });
  }
  return changes;
}

// A script for pgbench that makes the same changes in copies of the tables: new rows with numbers
// of their own, the counter one up, other updates and deletions as inserts of a row of that size.
export function scriptOf(changes) {
  const lines = ['\\set n random(1, 9000000000000000000)', 'BEGIN;'];
  changes.forEach(({ table, kind, columns }, i) => {
    if (table === 'counter') {
      lines.push("UPDATE bench.counter SET value = value + 1 WHERE name = 'ticket';");
      return;
    }
    if (kind === 'DELETE' || table === 'schema_migration') return;
    const names = columns.map((one) => one.name).join(', ');
    const values = columns.map(({ name, type, value }) => {
      if (type === 'bigint' && /^(id|number)$/.test(name)) return `:n::bigint - ${i}`;
      if (type === 'bigint' && name === 'run') return ':n::bigint';
      return value;
    });
    lines.push(`INSERT INTO bench.${table} (${names}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING;`);
  });
  lines.push('COMMIT;');
  return `${lines.join('\n')}\n`;
}

// How many times a second PostgreSQL makes the changes that `work` makes, for that many clients.
export async function changeRate(postgres, name, { clients, seconds, scratch }, work) {
  const changes = await changesOf(postgres, name, work);
  const tables = [...new Set(changes.map((change) => change.table))];
  await postgres.sql(name, 'DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench');
  for (const table of tables) {
    await postgres.sql(name, `CREATE TABLE bench.${table} (LIKE public.${table} INCLUDING ALL)`);
  }
  if (tables.includes('counter')) await postgres.sql(name, 'INSERT INTO bench.counter SELECT * FROM public.counter');
  const file = path.join(scratch, 'changes.sql');
  fs.writeFileSync(file, scriptOf(changes));
  const args = ['-h', postgres.folder, '-U', 'steward', '-n', '-c', clients, '-j', '2', '-T', seconds, '-M', 'prepared', '-f', file, name];
  const { stdout } = await exec(path.join(postgres.bin, 'pgbench'), args.map(String));
  const failed = Number(stdout.match(/number of failed transactions: (\d+)/)?.[1] ?? 0);
  if (failed > 0) throw new Error(`pgbench: ${stdout}`);
  return { rate: Number(stdout.match(/tps = ([\d.]+)/)[1]), rows: changes.length };
}
