// SPDX-License-Identifier: GPL-3.0-or-later
//
// A PostgreSQL primary with a synchronous standby, and two servers. The primary is killed while
// tickets are made; the standby is promoted, as whoever watches the two would do. Nobody touches
// Steward: everything acknowledged is there once, and work goes on.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPair } from '../support/cluster.mjs';
import { Api } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const sent = new Map(); // subject → acknowledged
const answers = {};
let going = true;
let counter = 0;

async function program(base, [email, token]) {
  const api = new Api(base, email, token);
  while (going) {
    const subject = `f${++counter}`;
    sent.set(subject, false);
    const answer = await api
      .post('/api/v2/tickets.json', { ticket: { subject, comment: { body: `${subject} in words` } } })
      .catch((error) => ({ status: error.message }));
    answers[answer.status] = (answers[answer.status] ?? 0) + 1;
    if (answer.status === 201) sent.set(subject, true);
    else await sleep(20);
  }
  api.close();
}

const acknowledged = () => [...sent.values()].filter(Boolean).length;

test('the primary is killed and nothing acknowledged is lost', { timeout: 120000 }, async (t) => {
  const stops = [];
  after(async () => {
    going = false;
    for (const stop of stops.reverse()) await stop();
  });
  const pair = await startPair();
  stops.push(() => pair.stop());
  const a = await startServer({ db: pair.url });
  stops.push(() => a.stop());
  const b = await startServer({ db: pair.url, data: a.data, args: ['--no-jobs'] });
  stops.push(() => b.stop());
  const api = await a.api();
  const token = [a.admin.email, a.tokens.get(a.admin.email)];
  const load = [a, a, b, b].map((server) => program(server.url, token));
  await until('tickets before', () => acknowledged() >= 40, 60000);

  const before = acknowledged();
  const died = performance.now();
  await pair.killPrimary();
  await sleep(1000); // until whoever watches is sure
  await pair.promote();
  const after_ = acknowledged();
  await until('tickets after', () => acknowledged() >= after_ + 40, 60000);
  const away = Math.round(performance.now() - died);
  going = false;
  await Promise.all(load);

  const tickets = await api.all('/api/v2/tickets.json?per_page=100', 'tickets');
  const there = new Map();
  for (const ticket of tickets) there.set(ticket.subject, (there.get(ticket.subject) ?? 0) + 1);
  for (const [subject, said] of sent) {
    const count = there.get(subject) ?? 0;
    if (said) assert.equal(count, 1, `${subject} was acknowledged and is there ${count} times`);
    else assert.ok(count <= 1, `${subject} is there ${count} times`);
  }
  // Numbers have no gap, whatever happened in between.
  const ids = tickets.map((ticket) => ticket.id).sort((x, y) => x - y);
  assert.deepEqual(ids, ids.map((_, i) => i + 1));
  const health = await b.visitor().send('/healthz');
  assert.equal(health.status, 200);
  api.close();
  t.diagnostic(`${before} tickets before the death, ${acknowledged()} in all; 40 new ones ${away} ms after it; answers ${JSON.stringify(answers)}`);
});
