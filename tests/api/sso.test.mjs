// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signing in with an account elsewhere, against a real provider (OpenID Connect).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, unescapeHtml } from '../support/http.mjs';
import { startProvider } from '../support/provider.mjs';
import { startServer } from '../support/server.mjs';
import { totp } from '../support/totp.mjs';

const home = 'https://desk.example';
const people = {
  'u-ana': { email: 'ana@customer.example', email_verified: true, name: 'Ana Ruiz' },
  'u-tom': { email: 'tom@example.org', email_verified: true, name: 'Tom Berg' },
  'u-mallory': { email: 'tom@example.org', email_verified: false, name: 'Mallory' },
  'u-new': { email: 'new@customer.example', email_verified: true, name: 'New Person' },
  'u-nobody': {},
};
let provider;
let server;
let api;
let admin;
let id;

before(async () => {
  provider = await startProvider({ redirect: `${home}/sign-in/came-back`, auth: 'client_secret_basic', claims: (login) => people[login] ?? {} });
  server = await startServer({ env: { STEWARD_PUBLIC_URL: home } });
  api = await server.api();
  for (const user of [{ name: 'Tom Berg', email: 'tom@example.org', role: 'agent' }, { name: 'Ana Ruiz', email: 'ana@customer.example' }]) {
    assert.equal((await api.post('/api/v2/users', { user })).status, 201);
  }
  admin = server.visitor();
  await signIn(admin, server.admin);
});
after(async () => {
  admin?.close();
  await server?.stop();
  await provider?.stop();
});

const fields = () => ({ name: 'Campus', issuer: provider.url, client: 'steward', secret: 'client secret', active: '1' });

async function save(changes = {}) {
  const page = await admin.get(`/admin/sign-on/${id ?? 'new'}`);
  const form = forms(page.text).find((one) => 'issuer' in one.fields);
  const answer = await admin.submit(page, form.action, { ...fields(), ...changes });
  assert.equal(answer.status, 303, answer.text);
}

// Goes there and comes back as `login`; the visitor's answer to that.
async function comeBy(visitor, login, { next, change = (left) => left, agree = true } = {}) {
  const page = await visitor.get(`/sign-in${next ? `?next=${encodeURIComponent(next)}` : ''}`);
  const link = unescapeHtml(page.text.match(/href="(\/sign-in\/with\/[^"]*)"[^>]*>Sign in with Campus</)[1]);
  const leaving = await visitor.send(link);
  assert.equal(leaving.status, 303, leaving.text);
  const left = await provider.visit(leaving.location, login, agree);
  return visitor.send(change(left).slice(home.length));
}

const whoAmI = async (visitor) => (await visitor.get('/account')).text.match(/<p class="menu-title">([^<]*)</)?.[1];

test('an administrator sets it; wrong input is kept and said, the secret is never shown', async () => {
  const page = await admin.get('/admin/sign-on/new');
  assert.ok(page.text.includes(`${home}/sign-in/came-back`));
  const wrong = await admin.submit(page, '/admin/sign-on', { ...fields(), issuer: 'http://id.example', client: '' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /begins with https/);
  assert.match(wrong.text, /value="Campus"/);
  for (const issuer of ['http://127.evil.example', 'http://localhost.evil.example', 'ftp://127.0.0.1', 'https:', 'javascript:alert(1)']) {
    assert.equal((await admin.submit(page, '/admin/sign-on', { ...fields(), issuer })).status, 422, issuer);
  }
  await save();
  const list = await admin.get('/admin/sign-on');
  id = list.text.match(/\/admin\/sign-on\/(\d+)"/)[1];
  const edit = await admin.get(`/admin/sign-on/${id}`);
  assert.doesNotMatch(edit.text, /client secret/);
  const tried = await admin.submit(edit, `/admin/sign-on/${id}/try`, {});
  assert.match(tried.text, /The provider answers/);
  await save({ issuer: `${provider.url}/` });
  const other = await admin.submit(await admin.get(`/admin/sign-on/${id}`), `/admin/sign-on/${id}/try`, {});
  assert.match(other.text, /calls itself/);
  await save({ secret: '' });
  assert.match((await admin.get('/admin?q=OpenID')).text, /Single sign-on/);
});

test('somebody known comes in by their verified address, and lands where they were going', async () => {
  const ana = server.visitor();
  const answer = await comeBy(ana, 'u-ana', { next: '/requests/open' });
  assert.deepEqual([answer.status, answer.location], [303, '/requests/open'], answer.text);
  assert.equal((await ana.get('/requests')).status, 200);
  ana.close();
  const tom = server.visitor();
  assert.equal((await comeBy(tom, 'u-tom')).location, '/desk');
  assert.equal(await whoAmI(tom), 'Tom Berg');
  tom.close();
  assert.match((await admin.get('/admin/sign-on')).text, /2 people came by it/);
});

test('from then on the account counts, whatever becomes of its address', async () => {
  people['u-ana'].email = 'ana.ruiz@elsewhere.example';
  const ana = server.visitor();
  assert.equal((await comeBy(ana, 'u-ana')).location, '/requests');
  ana.close();
  const { users } = (await api.get('/api/v2/users/search.json?query=elsewhere')).json;
  assert.deepEqual(users, []);
});

test('an address that is not verified is nobody’s, unless the provider is trusted', async () => {
  const mallory = server.visitor();
  const refused = await comeBy(mallory, 'u-mallory');
  assert.equal(refused.status, 422);
  assert.match(refused.text, /not verified your mail address/);
  assert.equal((await mallory.send('/desk')).status, 303);
  const nobody = await comeBy(mallory, 'u-nobody');
  assert.match(nobody.text, /gives no mail address/);
  await save({ trusts_mail: '1' });
  assert.equal((await comeBy(mallory, 'u-mallory')).location, '/desk');
  await save();
  mallory.close();
});

test('newcomers become requesters only where they are welcome', async () => {
  const visitor = server.visitor();
  const refused = await comeBy(visitor, 'u-new');
  assert.match(refused.text, /Nobody here has your mail address/);
  await save({ newcomers: '1' });
  assert.equal((await comeBy(visitor, 'u-new')).location, '/requests');
  visitor.close();
  const [user] = (await api.get('/api/v2/users/search.json?query=new@customer.example')).json.users;
  assert.deepEqual([user.name, user.role], ['New Person', 'end-user']);
});

test('an answer without its question signs nobody in', async () => {
  const visitor = server.visitor();
  const strip = (name) => (left) => left.replace(new RegExp(`([?&])${name}=[^&]*`), `$1${name}=x`);
  for (const change of [strip('state'), strip('code'), strip('iss')]) {
    const answer = await comeBy(visitor, 'u-ana', { change });
    assert.equal(answer.status, 422, answer.text);
    assert.equal((await visitor.send('/requests')).status, 303);
  }
  // Somebody else's finished way there, given to me as a link.
  const mallory = server.visitor();
  let stolen;
  await comeBy(mallory, 'u-mallory', { change: (left) => { stolen = left; return left; } });
  assert.match((await visitor.send(stolen.slice(home.length))).text, /belongs to no sign-in/);
  assert.match((await comeBy(visitor, 'u-ana', { agree: false })).text, /did not let you in/);
  assert.equal((await visitor.send('/sign-in/came-back')).status, 422);
  assert.equal((await visitor.send('/sign-in/with/424242')).status, 404);
  // Used once: the provider takes the code back, and the cookie is gone.
  let once;
  assert.equal((await comeBy(visitor, 'u-ana', { change: (left) => { once = left; return left; } })).status, 303);
  assert.equal((await visitor.send(once.slice(home.length))).status, 422);
  mallory.close();
  visitor.close();
});

test('where a path leads elsewhere it is not followed', async () => {
  const visitor = server.visitor();
  assert.equal((await comeBy(visitor, 'u-ana', { next: '//evil.example/x' })).location, '/requests');
  visitor.close();
});

test('who is suspended stays out; a second step is asked for, unless the provider asks for it', async () => {
  const tom = server.visitor();
  assert.equal((await comeBy(tom, 'u-tom')).location, '/desk');
  const shown = await tom.submit(await tom.get('/account/factors'), '/account/factors/app', {});
  const letters = shown.text.match(/<code>([A-Z2-7 ]+)<\/code>/)[1];
  const form = forms(shown.text).find((found) => 'secret' in found.fields);
  assert.equal((await tom.submit(shown, form.action, { ...form.fields, name: 'phone', code: totp(letters) })).status, 200);
  tom.close();
  const again = server.visitor();
  assert.equal((await comeBy(again, 'u-tom')).location, '/sign-in/second');
  assert.equal((await again.send('/desk')).status, 303);
  again.close();
  await save({ second_step: '1' });
  const trusted = server.visitor();
  assert.equal((await comeBy(trusted, 'u-tom')).location, '/desk');
  trusted.close();
  const [ana] = (await api.get('/api/v2/users/search.json?query=ana@customer.example')).json.users;
  await api.put(`/api/v2/users/${ana.id}`, { user: { suspended: true } });
  const out = server.visitor();
  assert.match((await comeBy(out, 'u-ana')).text, /cannot be used to sign in/);
  out.close();
});

test('one that is switched off, or gone, lets nobody in', async () => {
  await save({ active: [] });
  const visitor = server.visitor();
  assert.doesNotMatch((await visitor.get('/sign-in')).text, /Sign in with Campus/);
  assert.equal((await visitor.send(`/sign-in/with/${id}`)).status, 404);
  visitor.close();
  const removed = await admin.submit(await admin.get(`/admin/sign-on/${id}`), `/admin/sign-on/${id}/remove`, {});
  assert.equal(removed.status, 303);
  assert.match((await admin.get('/admin/sign-on')).text, /None yet/);
  const { audit_logs: log } = (await api.get('/api/v2/audit_logs.json?filter[source_type]=sign_in_provider')).json;
  assert.ok(log.some((one) => one.action === 'create') && log.some((one) => one.action === 'destroy'));
});
