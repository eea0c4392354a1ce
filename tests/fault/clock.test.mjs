// SPDX-License-Identifier: GPL-3.0-or-later
//
// A machine's clock that is set, ahead and back, by hours and days, while the desk is at work: by
// libfaketime, from a file that changes. Sessions stay, numbers grow, work in the background is
// done, mails leave, and what is owed is measured anew from there. The optimised program, because
// the sanitizers want to be the first library.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const found = [library, library.replace('x86_64', 'aarch64')].find((file) => fs.existsSync(file));
process.env.STEWARD_PROGRAM ||= path.resolve('build/src/cmd/steward');
const { startServer } = await import('../support/server.mjs');
const skip = !found ? 'libfaketime is not there' : /asan/.test(process.env.STEWARD_PROGRAM) && 'sanitizers want to be first';

const hour = 3600;
// Of the machine, one after the other, in seconds from the real time.
const steps = [2 * hour, -1 * hour, -25 * hour, 23 * hour, 0];

test('a clock that is set ahead and back disturbs nothing', { skip, timeout: 240000 }, async (t) => {
  const sink = await startSink();
  const server = await startServer({
    smtp: sink.url,
    env: {},
    before(it) {
      const file = path.join(it.data, 'clock');
      fs.writeFileSync(file, '+0');
      Object.assign(it.options.env, {
        LD_PRELOAD: found, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
    },
  });
  after(async () => {
    await server.stop();
    await sink.close();
  });
  const setClock = (seconds) => fs.writeFileSync(path.join(server.data, 'clock'), `${seconds < 0 ? '' : '+'}${seconds}`);
  const api = await server.api();
  const agent = server.visitor();
  await signIn(agent, server.admin);
  const ok = (answer, status = 200) => {
    assert.equal(answer.status, status, answer.text);
    return answer.json;
  };
  ok(await api.post('/api/v2/slas/policies', {
    sla_policy: { title: 'All', filter: { all: [], any: [] }, policy_metrics: [{ priority: 'urgent', metric: 'first_reply_time', target: 60, business_hours: false }] },
  }), 201);
  const tickets = [];
  ok(await api.post('/api/v2/users', { user: { name: 'P', email: 'p@example.net', verified: true } }), 201);
  const theirs = await server.api('p@example.net');
  // Asked by a requester, so that a reply is owed; made urgent by the desk.
  const make = async () => {
    const { request } = ok(await theirs.post('/api/v2/requests', { request: { subject: 'dark', comment: { body: 'x' } } }), 201);
    const { ticket, audit } = ok(await api.put(`/api/v2/tickets/${request.id}`, { ticket: { priority: 'urgent' } }));
    tickets.push({ ...ticket, audit: audit.id });
    return ticket;
  };
  const breaches = async (id) => ok(await api.get(`/api/v2/tickets/${id}/metric_events`)).ticket_metric_events
    .filter((event) => event.type === 'breach').length;
  await make();
  const answered = await make();
  let slowest = 0;
  for (const [number, step] of steps.entries()) {
    setClock(step);
    const wanted = Date.now() + step * 1000;
    const begun = performance.now();
    let ticket;
    await until('the new time', async () => {
      ticket = await make();
      return Math.abs(Date.parse(ticket.created_at) - wanted) < 60000;
    }, 20000);
    // The session, and words in the order in which they were written.
    assert.equal((await agent.get('/desk')).url, '/desk', `signed out by step ${number}`);
    assert.equal((await answerForm(agent, answered.id, `answer ${number}`, { public: '1' })).status, 303);
    const { job_status: status } = ok(await api.post('/api/v2/tickets/create_many', { tickets: [{ subject: `m${number}`, comment: { body: 'x' } }] }));
    await until('work in the background', async () => ok(await api.get(`/api/v2/job_statuses/${status.id}`)).job_status.status === 'completed', 30000);
    await until('the mail', () => sink.mails.some((mail) => mail.raw.includes(`answer ${number}`)), 30000);
    slowest = Math.max(slowest, performance.now() - begun);
    // What is owed is owed an hour after it was asked for, by the clock of now.
    const { slas } = ok(await api.get(`/api/v2/tickets/${ticket.id}?include=slas`)).ticket;
    const [first] = slas.policy_metrics;
    assert.ok(Math.abs(Date.parse(first.breach_at) - Date.parse(ticket.created_at) - hour * 1000) < 2000, JSON.stringify(first));
    assert.equal(first.stage, 'active');
    if (number === 0) await until('the first to be late', async () => (await breaches(1)) === 1, 30000);
  }
  assert.match(server.log, /the clock was set ahead/);
  assert.match(server.log, /the clock was set back/);
  assert.equal(await breaches(1), 1, 'late once, however often the hour comes');
  const ids = tickets.map((ticket) => ticket.id);
  const audits = tickets.map((ticket) => ticket.audit);
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  assert.deepEqual(audits, [...audits].sort((a, b) => a - b));
  const { comments } = ok(await api.get(`/api/v2/tickets/${answered.id}/comments`));
  assert.deepEqual(comments.slice(1).map((one) => one.body), steps.map((_, number) => `answer ${number}`));
  const doubled = steps.filter((_, number) => sink.mails.filter((mail) => mail.raw.includes(`answer ${number}`)).length !== 1);
  assert.deepEqual(doubled, [], 'each mail once');
  t.diagnostic(`${steps.length} steps, ${ids.length} tickets; the slowest step took ${Math.round(slowest)} ms until all was done`);
  agent.close();
  theirs.close();
  api.close();
  const check = await server.run('check', [], { code: null });
  assert.equal(check.code, 0, check.stdout);
});
