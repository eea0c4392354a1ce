// SPDX-License-Identifier: GPL-3.0-or-later
//
// Access to a mailbox is granted at its provider: there and back with a code, bound to the session,
// once; what comes of it opens the mailbox, and nothing of it can be read in the database.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { dovecotMissing, startDovecot } from '../support/dovecot.mjs';
import { pageText, unescapeHtml } from '../support/http.mjs';
import { addMailbox, boxes, deliver, post } from '../support/mailboxes.mjs';
import { startProvider } from '../support/provider.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const address = 'granted@desk.example';
const home = 'https://desk.example';

describe('granting access to a mailbox', { skip: dovecotMissing() || false }, () => {
  let provider;
  let dovecot;
  let server;
  let admin;
  let id;

  before(async () => {
    provider = await startProvider({ redirect: `${home}/admin/mailboxes/granted` });
    dovecot = await startDovecot({ oauth: provider.check });
    server = await startServer({ env: { STEWARD_PUBLIC_URL: `${home}/` } });
    admin = server.visitor();
    await signIn(admin, server.admin);
  });
  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
    await provider?.stop();
  });

  const fields = () => ({
    address, port: dovecot.imapPort, auth: 'oauth', secret: '', authorize_url: provider.authorize,
    token_url: provider.token, client: 'steward', token_secret: 'client secret', scope: 'openid offline_access',
  });

  // Presses the button; the address of the provider that the page leads to.
  async function begin(visitor = admin) {
    const page = await post(visitor, `/admin/mailboxes/${id}/grant`, {});
    assert.equal(page.status, 200, page.text);
    const [, link] = page.text.match(/href="(http[^"]*\/auth\?[^"]*)"/);
    return unescapeHtml(link);
  }
  const back = (left, visitor = admin) => visitor.send(left.slice(home.length));

  test('without a token the mailbox says what it waits for', async () => {
    await addMailbox(admin, fields());
    await until('it to say so', async () => /has not been granted yet/.test(await boxes(admin, address)));
    const { text } = await admin.get('/admin/mailboxes');
    id = text.match(/\/admin\/mailboxes\/(\d+)"/)[1];
    assert.match((await admin.get(`/admin/mailboxes/${id}/edit`)).text, /https:\/\/desk\.example\/admin\/mailboxes\/granted/);
  });

  test('the way there asks for a code, with a challenge, and says where it leads', async () => {
    const page = await post(admin, `/admin/mailboxes/${id}/grant`, {});
    assert.match(pageText(page.text), /leads to 127\.0\.0\.1:\d+ now\. Sign in there as granted@desk\.example/);
    const asked = new URL(await begin()).searchParams;
    assert.equal(asked.get('response_type'), 'code');
    assert.equal(asked.get('redirect_uri'), `${home}/admin/mailboxes/granted`);
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.match(asked.get('code_challenge'), /^[\w-]{43}$/);
    assert.match(asked.get('state'), /^[\w-]{40,}$/);
    assert.notEqual(asked.get('state'), new URL(await begin()).searchParams.get('state'));
  });

  test('an answer is taken from nobody else, with no other state, and not twice', async () => {
    const left = await provider.visit(await begin(), address);
    const other = server.visitor();
    await signIn(other, server.admin);
    const count = provider.asked.length;
    assert.equal((await back(left, other)).status, 422, 'another session, though the same person');
    assert.equal((await back(left, server.visitor())).status, 303, 'nobody: to sign in');
    const forged = new URL(left);
    forged.searchParams.set('state', 'x'.repeat(43));
    assert.equal((await back(forged.href)).status, 422);
    forged.searchParams.delete('state');
    assert.equal((await back(forged.href)).status, 422);
    assert.equal(provider.asked.length, count, 'the provider was not asked for any of them');
    // A code of somebody else's, slipped in under the right state: its challenge is another.
    const [mine, theirs] = [await begin(), await begin()].map((link) => new URL(link));
    const code = new URL(await provider.visit(mine.href, 'thief@desk.example')).searchParams.get('code');
    const swapped = await back(`${home}/admin/mailboxes/granted?code=${code}&state=${theirs.searchParams.get('state')}`);
    assert.equal(swapped.status, 422);
    assert.match(pageText(swapped.text), /invalid_grant/);
    assert.match(await boxes(admin, address), /has not been granted yet/);
    other.close();
  });

  test('who turns back at the provider reads so, and may begin anew', async () => {
    const answer = await back(await provider.visit(await begin(), address, false));
    assert.equal(answer.status, 422);
    assert.match(pageText(answer.text), /The provider granted no access: access_denied/);
  });

  test('a scope without a refresh token is said', async () => {
    // A name that begins like a number of this machine is another machine's: nothing goes there in the open.
    const open = { host: '127.evil.example', security: 'none', user: address, folder: 'INBOX', after: 'leave', poll_seconds: '60', ...fields() };
    assert.equal((await post(admin, `/admin/mailboxes/${id}`, open)).status, 422);
    assert.equal((await post(admin, `/admin/mailboxes/${id}`, { ...open, host: '127.0.0.1', token_url: 'http://127.evil.example/token' })).status, 422);
    const change = async (scope) => assert.equal((await post(admin, `/admin/mailboxes/${id}`, { host: '127.0.0.1', security: 'none', user: address, folder: 'INBOX', after: 'leave', poll_seconds: '60', ...fields(), scope })).status, 303);
    await change('openid');
    const answer = await back(await provider.visit(await begin(), address));
    assert.equal(answer.status, 422);
    assert.match(pageText(answer.text), /gave no refresh token/);
    await change('openid offline_access');
  });

  test('access that was granted opens the mailbox, each time with a new refresh token', async () => {
    const left = await provider.visit(await begin(), address);
    const answer = await back(left);
    assert.equal(answer.status, 303, pageText(answer.text));
    assert.equal(answer.location, `/admin/mailboxes/${id}`);
    assert.equal((await back(left)).status, 422, 'once');
    await until('it to work', async () => (await boxes(admin, address)).includes('Working'), 20000);
    await deliver(dovecot, address, { subject: 'By what was granted' });
    const api = await server.api();
    const arrived = async () => (await api.get('/api/v2/tickets.json')).json.tickets.some((one) => one.subject === 'By what was granted');
    await until('the ticket', arrived, 20000);
    for (let i = 0; i < 2; i++) {
      const count = provider.asked.length;
      await post(admin, `/admin/mailboxes/${id}/ask`, {});
      await until('a new connection', () => provider.asked.length > count, 20000);
      await until('it to work', async () => (await boxes(admin, address)).includes('Working'), 20000);
    }
    assert.deepEqual(provider.asked.slice(-3), Array(3).fill('refresh_token'));
    api.close();
  });

  test('no secret of it is readable in the database', { skip: Boolean(process.env.STEWARD_TEST_DB) }, async () => {
    const link = new URL(await begin());
    const bytes = ['steward.db', 'steward.db-wal'].map((name) => path.join(server.data, name))
      .filter((file) => fs.existsSync(file)).map((file) => fs.readFileSync(file, 'latin1')).join('');
    assert.ok(bytes.includes('offline_access') && bytes.includes(`${home}/admin/mailboxes/granted`), 'the rows were looked at');
    assert.ok(!bytes.includes('client secret'));
    assert.ok(!bytes.includes(link.searchParams.get('state')));
  });
});

test('an address that is none is refused, those of large providers are filled in', async () => {
  const server = await startServer({ args: ['--no-jobs'] });
  after(() => server.stop());
  const admin = server.visitor();
  await signIn(admin, server.admin);
  const fields = { address: 'a@desk.example', auth: 'oauth', secret: '', token_url: 'https://provider.example/token', client: 'c' };
  const wrong = await addMailbox(admin, { ...fields, authorize_url: 'http://provider.example/auth' }, 422);
  assert.match(pageText(wrong.text), /where access is granted begins with https/);
  assert.match(pageText((await addMailbox(admin, fields, 422)).text), /password is missing/);
  await addMailbox(admin, { ...fields, authorize_url: 'https://provider.example/auth' });
  const [, id] = (await admin.get('/admin/mailboxes')).text.match(/\/admin\/mailboxes\/(\d+)"/);
  const answer = await post(admin, `/admin/mailboxes/${id}/grant`, {});
  assert.ok(pageText(answer.text).includes(`${server.url}/admin/mailboxes/granted`), 'public_url as it is without one');
  assert.match((await admin.get('/admin/mailboxes/new?provider=microsoft')).text, /outlook\.office365\.com/);
  admin.close();
});
