// SPDX-License-Identifier: GPL-3.0-or-later
//
// The program behind pgbouncer, in session and in transaction mode: files of the api suite as they
// are, and live events by the server's own address.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPgbouncer } from '../support/cluster.mjs';
import { signIn } from '../support/desk.mjs';
import { listenLive } from '../support/live.mjs';
import { startServer } from '../support/server.mjs';

const suite = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../api');
const files = ['tickets', 'sign_in', 'users'].map((name) => path.join(suite, `${name}.test.mjs`));

function runSuite(mode) {
  const env = { ...process.env, STEWARD_TEST_DB: 'postgres', STEWARD_TEST_POOLER: mode };
  delete env.NODE_TEST_CONTEXT; // it is a run of its own
  return new Promise((resolve) => {
    execFile(process.execPath, ['--test', '--test-reporter=tap', ...files], { env, maxBuffer: 1 << 26 }, (error, out) =>
      resolve({ code: error ? error.code : 0, out }),
    );
  });
}

for (const mode of ['session', 'transaction']) {
  test(`the api's tests pass behind pgbouncer in ${mode} mode`, { timeout: 240000 }, async (t) => {
    const { code, out } = await runSuite(mode);
    assert.equal(code, 0, out.slice(-6000));
    const passed = Number(out.match(/^# pass (\d+)/m)[1]);
    assert.ok(passed >= 20, `only ${passed} tests ran`);
    t.diagnostic(`${passed} tests of the api suite`);
  });
}

test('behind a pooler, db_listen makes other servers heard, and doctor says when it is missing', async () => {
  const a = await startServer({ engine: 'postgres' });
  after(() => a.stop());
  const pooler = await startPgbouncer(a.postgres.folder, 'transaction');
  after(() => pooler.stop('SIGINT'));
  const db = pooler.url(a.db.match(/@\/([^?]+)/)[1]);
  const b = await startServer({ data: a.data, db, args: ['--no-jobs', '--db-listen', a.db] });
  after(() => b.stop());

  const deaf = await b.run('doctor', [], { code: null });
  assert.match(deaf.stdout, /TROUBLE +what other servers change is heard of: .*db_listen/);
  const heard = await a.run('doctor', [], { code: null });
  assert.match(heard.stdout, /ok +what other servers change is heard of/);

  const api = await a.api();
  const made = await api.post('/api/v2/tickets.json', { ticket: { subject: 'one', comment: { body: 'x' } } });
  assert.equal(made.status, 201);
  const visitor = b.visitor();
  await signIn(visitor, b.admin);
  const live = await listenLive(visitor, `ticket:${made.json.ticket.id}`);
  await api.put(`/api/v2/tickets/${made.json.ticket.id}.json`, { ticket: { comment: { body: 'y' } } });
  await live.heard('change', `ticket:${made.json.ticket.id}`);
  live.close();
  visitor.close();
  api.close();
});
