// SPDX-License-Identifier: GPL-3.0-or-later
//
// Three servers without background work and two workers on one database, behind HAProxy. All are
// restarted one after the other while people and programs go on: no request fails, no ticket is
// lost or there twice, and each mail is sent once.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startHaproxy } from '../support/cluster.mjs';
import { signIn } from '../support/desk.mjs';
import { Api, Visitor } from '../support/http.mjs';
import { listenLive } from '../support/live.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const failures = [];
const made = new Map(); // subject → number
const latest = { ms: 0 };
let requests = 0;
let going = true;
let counter = 0;

async function timed(what, work, good) {
  const begun = performance.now();
  requests++;
  try {
    const answer = await work();
    if (!good(answer)) failures.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
    latest.ms = Math.max(latest.ms, performance.now() - begun);
    return answer;
  } catch (error) {
    failures.push(`${what}: ${error.message}`);
    return null;
  }
}

async function program(base, [email, token]) {
  const api = new Api(base, email, token);
  while (going) {
    const subject = `p${++counter}`;
    const ticket = {
      subject,
      comment: { body: 'made under way' },
      requester: { name: subject, email: `${subject}@example.net` },
    };
    const answer = await timed('POST ticket', () => api.post('/api/v2/tickets.json', { ticket }), (a) => a.status === 201);
    if (answer) made.set(subject, answer.json.ticket.id);
  }
  api.close();
}

async function person(base, admin) {
  const visitor = new Visitor(base);
  await signIn(visitor, admin);
  await until('a ticket to look at', () => made.size > 0);
  while (going) {
    const id = [...made.values()].at(-1);
    await timed('GET ticket', () => visitor.get(`/tickets/${id}`), (a) => a.status === 200);
  }
  visitor.close();
}

test('all servers are restarted one after the other and no request is lost', { timeout: 180000 }, async (t) => {
  const stops = [];
  after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const sink = await startSink();
  stops.push(() => sink.close());
  const smtp = sink.url;
  const args = ['--no-jobs', '--drain-seconds', '1'];
  const first = await startServer({ engine: 'postgres', args });
  stops.push(() => first.stop());
  const servers = [first];
  const shared = { data: first.data, db: first.db };
  for (let i = 0; i < 2; i++) {
    const server = await startServer({ ...shared, args });
    servers.push(server);
    stops.push(() => server.stop());
  }
  const workers = [];
  for (let i = 0; i < 2; i++) {
    const worker = await startServer({ ...shared, command: 'worker', smtp });
    workers.push(worker);
    stops.push(() => worker.stop());
  }
  const proxy = await startHaproxy(servers);
  stops.push(() => proxy.stop());
  const api = await first.api();
  const token = [first.admin.email, first.tokens.get(first.admin.email)];

  const load = [program(proxy.url, token), program(proxy.url, token), person(proxy.url, first.admin), person(proxy.url, first.admin)];
  await until('the first tickets', () => made.size >= 5);
  const listener = new Visitor(proxy.url);
  await signIn(listener, first.admin);
  const live = await listenLive(listener, 'desk');
  await live.heard('change', 'desk');
  live.close();
  listener.close();

  for (const server of servers) {
    const before = made.size;
    const health = [];
    const halted = server.halt();
    await until('/healthz to say 503', async () => {
      const answer = await server.visitor().send('/healthz').catch((error) => ({ status: 0, error }));
      health.push(answer.status);
      return answer.status === 503;
    });
    await halted;
    await server.start();
    await until('work to go on', () => made.size > before + 5);
  }
  for (const worker of workers) {
    await worker.halt();
    await worker.start();
  }
  going = false;
  await Promise.all(load);
  assert.deepEqual(failures, []);
  assert.ok(made.size > 30, `only ${made.size} tickets were made`);

  const tickets = await api.all('/api/v2/tickets.json?per_page=100', 'tickets');
  const there = tickets.map((ticket) => ticket.subject).sort();
  assert.deepEqual(there, [...made.keys()].sort());
  await until('all mails', () => sink.mails.length >= made.size, 60000);
  const to = sink.mails.map((mail) => String(mail.to)).sort();
  const again = to.filter((address, i) => address === to[i - 1]);
  assert.deepEqual(again, [], 'somebody was sent a mail twice');
  // Timers are rows, one for each in the whole cluster.
  const twice = await first.postgres.sql(
    first.db.match(/@\/([^?]+)/)[1],
    "SELECT kind FROM job WHERE kind LIKE 'timer:%' GROUP BY kind HAVING COUNT(*) <> 1",
  );
  assert.equal(twice, ' ');
  t.diagnostic(`${requests} requests, none failed, slowest ${Math.round(latest.ms)} ms; ${made.size} tickets, ${to.length} mails`);
  api.close();
});

test('four programs that start at once on an empty database migrate it once', { timeout: 60000 }, async () => {
  const first = await startServer({ engine: 'postgres', init: false, before: (server) => server.run('init', ['--admin', 'a@example.org', '--password-file', '-'], { input: 'a long enough password\n' }) });
  const stops = [() => first.stop()];
  after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const postgres = await startPostgres();
  const db = await postgres.createDatabase();
  stops.push(() => postgres.release(db));
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => startServer({ data: first.data, db, args: ['--no-jobs'] })));
  for (const result of results) stops.push(() => result.value?.stop());
  assert.deepEqual(results.map((result) => result.reason?.message ?? 'started'), Array(4).fill('started'));
  const answers = await Promise.all(results.map((result) => result.value.visitor().send('/healthz')));
  assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200, 200]);
});
