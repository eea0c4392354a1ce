// SPDX-License-Identifier: GPL-3.0-or-later
//
// A password is no longer enough by itself, wherever no page can ask for the second step: basic
// authentication, the password grant, merging with an account by its password.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms } from '../support/http.mjs';
import { runProgram, startServer } from '../support/server.mjs';
import { totp } from '../support/totp.mjs';

const password = 'four plain words here';
let server;
let strict;

async function withPeople(one) {
  const api = await one.api();
  for (const user of [
    { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' },
    { name: 'Ana Ruiz', email: 'ana@customer.example' },
    { name: 'Ana R.', email: 'ana@home.example' },
  ]) {
    const made = await api.post('/api/v2/users', { user });
    assert.equal(made.status, 201);
    assert.equal((await api.post(`/api/v2/users/${made.json.user.id}/password`, { password })).status, 200);
  }
  const made = await api.post('/api/v2/oauth/clients', { client: { name: 'App', identifier: 'app' } });
  api.close();
  return made.json.client.secret;
}

const basic = (one, email) =>
  fetch(`${one.url}/api/v2/requests`, { headers: { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}` } }).then((answer) => answer.status);

function grant(one, secret, username) {
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'app', client_secret: secret, scope: 'read', username, password });
  return fetch(`${one.url}/oauth/tokens`, { method: 'POST', body }).then((answer) => answer.status);
}

function mergeInto(one, email) {
  const authorization = `Basic ${Buffer.from(`ana@home.example:${password}`).toString('base64')}`;
  return fetch(`${one.url}/api/v2/users/me/merge`, {
    method: 'PUT', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ user: { email, password } }),
  }).then((answer) => answer.status);
}

async function addApp(one, email) {
  const visitor = one.visitor();
  await signIn(visitor, { email, password });
  const shown = await visitor.submit(await visitor.get('/account/factors'), '/account/factors/app', {});
  const letters = shown.text.match(/<code>([A-Z2-7 ]+)<\/code>/)[1];
  const form = forms(shown.text).find((found) => 'secret' in found.fields);
  const added = await visitor.submit(shown, form.action, { ...form.fields, name: 'phone', code: totp(letters) });
  assert.equal(added.status, 200);
  visitor.close();
}

before(async () => {
  [server, strict] = await Promise.all([startServer(), startServer({ env: { STEWARD_TWO_FACTORS: 'staff' } })]);
});
after(async () => {
  await server?.stop();
  await strict?.stop();
});

test('with a second step, a password alone opens nothing for programs', async () => {
  const secret = await withPeople(server);
  for (const email of ['tom@example.org', 'ana@customer.example']) {
    assert.equal(await basic(server, email), 200);
    assert.equal(await grant(server, secret, email), 200);
    await addApp(server, email);
    assert.equal(await basic(server, email), 401, email);
    assert.equal(await grant(server, secret, email), 400, email);
  }
  assert.equal(await mergeInto(server, 'ana@customer.example'), 422, 'nobody takes over an account by its password');
});

test('where staff must have one, their passwords open nothing for programs even before they have', async () => {
  const secret = await withPeople(strict);
  assert.equal(await basic(strict, 'tom@example.org'), 401);
  assert.equal(await grant(strict, secret, 'tom@example.org'), 400);
  assert.equal(await basic(strict, 'ana@customer.example'), 200, 'requesters may do as before');
});

test('a setting that means neither is an error, not "optional"', async () => {
  const answer = await runProgram(['serve', '--data', server.data, '--listen', '127.0.0.1:0'], { env: { STEWARD_TWO_FACTORS: 'Staff' } });
  assert.notEqual(answer.code, 0);
  assert.match(answer.stderr, /two_factors/);
});
