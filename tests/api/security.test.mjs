// SPDX-License-Identifier: GPL-3.0-or-later
//
// What attackers try by HTTP: other people's objects, forged forms, headers that lie, files that
// would run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { Api, request, urlencoded } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

const password = 'four plain words here';
let server;
let admin;
let ticket;
const people = {};

async function person(name, role) {
  const email = `${name}@safe.example`;
  const file = path.join(server.folder, 'secret');
  fs.writeFileSync(file, `${password}\n`);
  await server.run(['user', 'add', email], ['--name', name, '--role', role, '--password-file', file]);
  const visitor = server.visitor();
  await signIn(visitor, { email, password });
  const api = await server.api(email);
  people[name] = { email, password, visitor, api, id: (await api.get('/api/v2/users/me')).json.user.id };
}

before(async () => {
  server = await startServer();
  admin = await server.api();
  for (const [name, role] of [['ana', 'end-user'], ['eve', 'end-user'], ['tom', 'agent']]) await person(name, role);
  const made = await admin.post('/api/v2/tickets', {
    ticket: {
      subject: 'Seen by ana', requester_id: people.ana.id, tags: ['secrettagword'],
      comment: { body: 'public words', public: true },
    },
  });
  ticket = made.json.ticket.id;
  await admin.put(`/api/v2/tickets/${ticket}`, { ticket: { comment: { body: 'secretnoteword', public: false } } });
});
after(async () => {
  for (const one of Object.values(people)) one.visitor.close();
  await server.stop();
});

function post(visitor, where, fields, headers = {}) {
  return visitor.send(where, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: urlencoded(fields),
  });
}

async function csrfOf(visitor) {
  return (await visitor.get('/account')).text.match(/name="csrf" value="([^"]+)"/)[1];
}

test('internal notes and tags reach no end user', async () => {
  const { visitor, api } = people.ana;
  const page = await visitor.get(`/requests/${ticket}`);
  assert.match(page.text, /public words/);
  const pages = ['/', '/requests', `/requests/${ticket}`, '/account', `/tickets/${ticket}`, '/search?q=secretnoteword',
    `/tickets/${ticket}/as-requester`, '/ask'];
  for (const where of pages) {
    const answer = await visitor.send(where);
    assert.doesNotMatch(answer.text, /secretnoteword|secrettagword/, where);
  }
  const fragment = await visitor.send(`/requests/${ticket}`, { headers: { 'hx-request': 'true' } });
  assert.doesNotMatch(fragment.text, /secretnoteword|secrettagword/);
  for (const where of [`/api/v2/tickets/${ticket}`, `/api/v2/tickets/${ticket}/comments`, `/api/v2/tickets/${ticket}/audits`]) {
    const answer = await api.get(where);
    assert.notEqual(answer.status, 200, where);
    assert.doesNotMatch(answer.text, /secretnoteword|secrettagword/, where);
  }
  const preview = await people.tom.visitor.get(`/tickets/${ticket}/as-requester`);
  assert.equal(preview.status, 200);
  assert.doesNotMatch(preview.text.replace(/<nav[\s\S]*?<\/nav>/g, ''), /secretnoteword/);
});

test("another person's request is not found, neither to read nor to answer", async () => {
  const { visitor } = people.eve;
  assert.equal((await visitor.send(`/requests/${ticket}`)).status, 404);
  const before = (await admin.get(`/api/v2/tickets/${ticket}/comments`)).json.comments.length;
  const answer = await post(visitor, `/requests/${ticket}`, { csrf: await csrfOf(visitor), body: 'let me in', solved: '1' });
  assert.equal(answer.status, 404);
  assert.equal((await admin.get(`/api/v2/tickets/${ticket}/comments`)).json.comments.length, before);
});

test('a form counts only with the token of its own session and from our own pages', async () => {
  const { visitor } = people.ana;
  const csrf = await csrfOf(visitor);
  const foreign = await csrfOf(people.eve.visitor);
  const where = '/account/sessions/end-others';
  assert.equal((await post(visitor, where, {})).status, 403);
  assert.equal((await post(visitor, where, { csrf: foreign })).status, 403);
  for (const site of ['cross-site', 'same-site']) {
    assert.equal((await post(visitor, where, { csrf }, { 'sec-fetch-site': site })).status, 403);
  }
  for (const origin of ['http://evil.example', 'null', `${server.url}.evil.example`]) {
    assert.equal((await post(visitor, where, { csrf }, { origin })).status, 403);
  }
  assert.equal((await post(visitor, where, { csrf }, { origin: server.url, 'sec-fetch-site': 'same-origin' })).status, 303);
});

test('a session alone writes nothing through the API', async () => {
  const answer = await people.tom.visitor.send(`/api/v2/tickets/${ticket}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket: { comment: { body: 'forged' } } }),
  });
  assert.equal(answer.status, 403);
});

test('nobody makes themselves more than they are', async () => {
  const { api, id } = people.ana;
  const ceo = { email: 'ceo@elsewhere.example' };
  for (const user of [{ role: 'admin' }, ceo, { verified: true, ...ceo }, { ticket_restriction: 'organization' }, { organization_id: 1 }, { notes: 'x' },
    { identities: [{ type: 'email', value: 'ceo@elsewhere.example' }] }]) {
    const answer = await api.put(`/api/v2/end_users/${id}`, { user });
    assert.ok([403, 422].includes(answer.status), `${JSON.stringify(user)}: ${answer.status}`);
  }
  const admins = (await admin.get('/api/v2/users/me')).json.user.id;
  const { tom } = people;
  assert.equal((await tom.api.put(`/api/v2/users/${tom.id}`, { user: { role: 'admin' } })).status, 403);
  assert.equal((await tom.api.put(`/api/v2/users/${admins}`, { user: { name: 'x' } })).status, 403);
  assert.equal((await tom.api.post(`/api/v2/users/${admins}/identities`, { identity: { type: 'email', value: 'tom2@safe.example', verified: true } })).status, 403);
  assert.equal((await tom.api.post('/api/v2/users', { user: { name: 'x', email: 'x@safe.example', role: 'admin' } })).status, 403);
  assert.equal((await tom.api.put(`/api/v2/users/${id}`, { user: { password: 'another four plain words' } })).status, 403);
  const other = await tom.api.get('/api/v2/users/me', { 'x-on-behalf-of': server.admin.email });
  assert.equal(other.status, 403);
});

test('next= and Host lead nowhere else', async () => {
  for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', '\\\\evil.example', '/a\r\nSet-Cookie: x=y', 'javascript:alert(1)', '/%0d%0aX: y', '/\tevil']) {
    const visitor = server.visitor();
    const page = await visitor.get('/sign-in');
    const answer = await visitor.submit(page, '/sign-in', { email: people.ana.email, password, next });
    assert.equal(answer.status, 303, next);
    assert.match(answer.location, /^\/(?![/\\])[\x21-\x7e]*$/, next);
    assert.ok(!answer.location.includes('evil.example') || answer.location.startsWith('/%'), answer.location);
    assert.ok(!answer.cookies.some((line) => line.startsWith('x=')));
    visitor.close();
  }
});

test('cookies are for this server only, and for no script', async () => {
  const visitor = server.visitor();
  const page = await visitor.get('/sign-in');
  const answer = await visitor.submit(page, '/sign-in', { email: people.ana.email, password });
  assert.ok(answer.cookies.length > 0);
  for (const line of answer.cookies) {
    assert.match(line, /; HttpOnly/);
    assert.match(line, /; SameSite=Lax/);
    assert.match(line, /; Path=\//);
    assert.doesNotMatch(line, /Domain=/i);
  }
  // An address that no proxy of ours vouches for is not believed to have come by TLS or from afar.
  const forged = await request(`${server.url}/sign-in`, {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '203.0.113.9' },
  });
  assert.equal(forged.headers['strict-transport-security'], undefined);
  assert.doesNotMatch(forged.text, /evil\.example/);
  assert.doesNotMatch(server.log, /203\.0\.113\.9/);
  visitor.close();
});

test('paths that climb are refused', async () => {
  for (const where of ['/%2e%2e/etc/passwd', '/assets/%2e%2e%2f%2e%2e%2fsecret', '/assets/..%5c..%5csecret', '/a%00b', '/assets/../secret', '/./desk', '//evil.example/..']) {
    const answer = await new Promise((resolve, reject) => {
      request(server.url, { agent: undefined }).then(() => {
        import('node:http').then(({ get }) => get({ host: '127.0.0.1', port: server.port, path: where }, (res) => { res.resume(); resolve(res); }).on('error', reject));
      }, reject);
    });
    assert.ok([400, 404].includes(answer.statusCode), `${where}: ${answer.statusCode}`);
  }
});

test('files that could run are only saved, whatever they claim to be', async () => {
  const { visitor } = people.ana;
  const page = await visitor.get(`/requests/${ticket}`);
  const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const files = [
    { name: 'a.svg', type: 'image/svg+xml', bytes: script },
    { name: 'b.html', type: 'text/html', bytes: script },
    { name: 'c.xml', type: 'application/xhtml+xml', bytes: script },
  ];
  const sent = await visitor.submit(page, new RegExp(`/requests/${ticket}$`), { body: 'files', files });
  assert.equal(sent.status, 303, sent.text);
  const links = [...(await visitor.get(`/requests/${ticket}`)).text.matchAll(/\/attachments\/token\/[\w-]+/g)].map((one) => one[0]);
  assert.ok(links.length >= 3);
  for (const link of links) {
    const file = await visitor.send(link);
    assert.match(file.headers['content-disposition'], /^attachment/);
    assert.equal(file.headers['content-type'], 'application/octet-stream');
    assert.equal(file.headers['x-content-type-options'], 'nosniff');
    assert.match(file.headers['content-security-policy'], /default-src 'none'.*sandbox$/);
  }
});

test('the frame of a mail may run nothing', async () => {
  const list = (await admin.get(`/api/v2/tickets/${ticket}/comments`)).json.comments;
  for (const more of ['', '?images=1']) {
    const frame = await people.tom.visitor.send(`/comments/${list[0].id}/html${more}`);
    assert.equal(frame.status, 200);
    const policy = frame.headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script-src|allow-scripts|allow-forms|allow-top-navigation/);
    assert.match(policy, /sandbox/);
  }
  assert.equal((await people.ana.visitor.send(`/comments/${list[0].id}/html`)).status, 403);
});

test('who is suspended or deleted is out, with token, session and password', async () => {
  await person('gone', 'agent');
  const { api, visitor, id, email } = people.gone;
  assert.equal((await api.get('/api/v2/tickets')).status, 200);
  await admin.put(`/api/v2/users/${id}`, { user: { suspended: true } });
  const basic = new Api(server.url);
  basic.headers = { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}` };
  for (const step of ['suspended', 'deleted']) {
    assert.equal((await api.get('/api/v2/tickets')).status, 401, step);
    assert.equal((await basic.get('/api/v2/tickets')).status, 401, step);
    assert.equal((await visitor.send('/desk')).status, 303, step);
    assert.equal((await admin.delete(`/api/v2/users/${id}`)).status < 500, true);
  }
  basic.close();
});

test('guessing passwords slows down', async () => {
  const api = new Api(server.url);
  api.headers = { authorization: `Basic ${Buffer.from(`${people.eve.email}:wrong`).toString('base64')}` };
  const answers = [];
  for (let i = 0; i < 8; i++) answers.push((await api.get('/api/v2/tickets')).status);
  assert.equal(answers[0], 401);
  assert.ok(answers.includes(429), answers.join(' '));
  // Who is signed in stays so.
  assert.equal((await people.eve.visitor.send('/account')).status, 200);
  api.close();
});
