// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two servers on one database are one desk: sessions, live pages and who is looking at what.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Visitor } from '../support/http.mjs';
import { signIn } from '../support/desk.mjs';
import { listenLive } from '../support/live.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let a;
let b;
let ann;
let ticket;

before(async () => {
  a = await startServer({ engine: 'postgres' });
  b = await startServer({ data: a.data, db: a.db, args: ['--no-jobs'] });
  const api = await a.api();
  const made = await api.post('/api/v2/tickets.json', { ticket: { subject: 'one', comment: { body: 'x' } } });
  ticket = made.json.ticket.id;
  api.close();
  ann = a.visitor();
  await signIn(ann, a.admin);
});

after(async () => {
  ann?.close();
  await b?.stop();
  await a?.stop();
});

// The same browser, sent to the other server.
function elsewhere(visitor, server) {
  const other = new Visitor(server.url);
  other.cookies = visitor.cookies;
  return other;
}

async function changeOnA(text) {
  const api = await a.api();
  const answer = await api.put(`/api/v2/tickets/${ticket}.json`, { ticket: { comment: { body: text } } });
  api.close();
  assert.equal(answer.status, 200);
}

test('who signs in at one server is signed in at the other, and signs out of both', async () => {
  const bea = a.visitor();
  await signIn(bea, a.admin);
  const there = elsewhere(bea, b);
  const page = await there.get(`/tickets/${ticket}`);
  assert.equal(page.status, 200);
  const home = await bea.get('/');
  await bea.submit(home, /sign-out/);
  const gone = await there.send(`/tickets/${ticket}`);
  assert.equal(gone.status, 303);
  bea.close();
  there.close();
});

test('a form of one server is accepted by the other', async () => {
  const there = elsewhere(ann, b);
  const page = await ann.get(`/tickets/${ticket}`);
  page.url = new URL(page.url, b.url).pathname;
  const answer = await there.submit(page, `/tickets/${ticket}/comments`, { body: 'written on a, sent to b' });
  assert.equal(answer.status, 303);
  there.close();
});

test('a change at one server is seen live at the other', async () => {
  const there = elsewhere(ann, b);
  const live = await listenLive(there, `ticket:${ticket},desk`);
  await changeOnA('hello from afar');
  await live.heard('change', `ticket:${ticket}`);
  await live.heard('change', 'desk');
  live.close();
  there.close();
});

test('who is at a ticket at one server is shown at the other', async () => {
  await a.run(['user', 'add', 'cleo@example.org'], ['--name', 'Cleo There', '--role', 'agent', '--password-file', '-'], {
    input: 'a long enough password\n',
  });
  const cleo = b.visitor();
  await signIn(cleo, { email: 'cleo@example.org', password: 'a long enough password' });
  const here = async (visitor, doing) => {
    const page = await visitor.get(`/tickets/${ticket}`);
    const [, csrf] = page.text.match(/name="csrf-token" content="([^"]+)"/);
    return visitor.send(`/tickets/${ticket}/here`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-csrf-token': csrf },
      body: `doing=${doing}`,
    });
  };
  assert.equal((await here(cleo, 'typing')).status, 200);
  await until('Cleo to be seen at the other server', async () => {
    const answer = await here(ann, 'viewing');
    return JSON.parse(answer.text).some((one) => one.name === 'Cleo There' && one.doing === 'typing');
  });
  cleo.close();
});

test('after a lost connection all open pages look again, and changes are heard again', async () => {
  const there = elsewhere(ann, b);
  const live = await listenLive(there, `ticket:${ticket}`);
  const database = a.db.match(/@\/([^?]+)/)[1];
  await a.postgres.sql(
    database,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  await live.heard('refresh', '*');
  live.events.length = 0;
  await changeOnA('after the loss');
  await until('the change or a late refresh', () => live.events.length > 0);
  live.events.length = 0;
  await changeOnA('and once more');
  await live.heard('change', `ticket:${ticket}`);
  live.close();
  there.close();
});

test('a server with another secret does not start', async () => {
  const data = path.join(a.folder, 'other');
  fs.mkdirSync(data, { mode: 0o700 });
  const refused = await startServer({ data, db: a.db }).then(
    () => 'it started',
    (error) => error.message,
  );
  assert.match(refused, /another secret/);
});
