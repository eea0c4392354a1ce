// SPDX-License-Identifier: GPL-3.0-or-later
//
// How agents hear of their tickets: mails at once, a summary a day, and messages to their browsers,
// which a push service of the test's own takes and opens as a browser would (RFC 8291, RFC 8292).
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

let server;
let sink;
let api;
let service;
let tom;
let eva;
let late; // a browser whose service did not answer at first
const taken = []; // what the push service got: { path, headers, body }
let answers = () => 201;

before(async () => {
  sink = await startSink();
  service = http.createServer((req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      taken.push({ path: req.url, headers: req.headers, body: Buffer.concat(chunks) });
      res.writeHead(answers(req.url)).end();
    });
  });
  await new Promise((done) => service.listen(0, '127.0.0.1', done));
  server = await startServer({ smtp: sink.url, env: { STEWARD_TEST_AHEAD_SECONDS: '0', STEWARD_WEBHOOK_NETWORK: '127.0.0.1' } });
  api = await server.api();
  tom = await agent('Tom Berg', 'tom@example.org');
  eva = await agent('Eva Adam', 'eva@example.org');
});
after(async () => {
  for (const one of [api, tom?.visitor, tom?.api, eva?.visitor, eva?.api]) one?.close();
  await server?.stop();
  await sink?.close();
  await new Promise((done) => service.close(done));
});

async function agent(name, email) {
  const { json } = await api.post('/api/v2/users', { user: { name, email, role: 'agent', verified: true, time_zone: 'UTC', password: 'correct horse battery' } });
  const visitor = server.visitor();
  await signIn(visitor, { email, password: 'correct horse battery' });
  return { id: json.user.id, email, visitor, api: await server.api(email) };
}

const origin = () => `http://127.0.0.1:${service.address().port}`;
let browsers = 0;

// A browser as the push service and the page see it.
async function browser(who) {
  const key = crypto.createECDH('prime256v1');
  key.generateKeys();
  const one = { path: `/send/${++browsers}`, key, auth: crypto.randomBytes(16) };
  const page = await who.visitor.get('/account/notices');
  const sent = await who.visitor.submit(page, '/account/notices/browsers', { endpoint: origin() + one.path, public_key: key.getPublicKey('base64url'), auth: one.auth.toString('base64url') });
  assert.equal(sent.location, '/account/notices?done=added', pageText(sent.text));
  one.desk = Buffer.from(page.text.match(/data-push="([^"]+)"/)[1], 'base64url');
  return one;
}

const hmac = (key, ...data) => crypto.createHmac('sha256', key).update(Buffer.concat(data)).digest();

function open(one, { body }) {
  const salt = body.subarray(0, 16);
  assert.equal(body.readUInt32BE(16), 4096);
  assert.equal(body[20], 65);
  const sender = body.subarray(21, 86);
  const input = hmac(hmac(one.auth, one.key.computeSecret(sender)), Buffer.from('WebPush: info\0'), one.key.getPublicKey(), sender, Buffer.from([1]));
  const prk = hmac(salt, input);
  const cek = hmac(prk, Buffer.from('Content-Encoding: aes128gcm\0\x01')).subarray(0, 16);
  const nonce = hmac(prk, Buffer.from('Content-Encoding: nonce\0\x01')).subarray(0, 12);
  const cipher = crypto.createDecipheriv('aes-128-gcm', cek, nonce);
  cipher.setAuthTag(body.subarray(-16));
  const text = Buffer.concat([cipher.update(body.subarray(86, -16)), cipher.final()]);
  assert.equal(text.at(-1), 2);
  return JSON.parse(text.subarray(0, -1).toString('utf8'));
}

// Fails unless the token is the desk's, for this service, and for less than a day.
function checkToken(one, { headers }) {
  const [, token, key] = headers.authorization.match(/^vapid t=(\S+), k=(\S+)$/);
  assert.deepEqual(Buffer.from(key, 'base64url'), one.desk);
  const [head, claims, signature] = token.split('.');
  const jwk = { kty: 'EC', crv: 'P-256', x: one.desk.subarray(1, 33).toString('base64url'), y: one.desk.subarray(33).toString('base64url') };
  const good = crypto.verify('sha256', Buffer.from(`${head}.${claims}`), { key: crypto.createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  assert.ok(good, 'the signature');
  const said = JSON.parse(Buffer.from(claims, 'base64url'));
  assert.equal(said.aud, origin());
  assert.ok(said.exp > Date.now() / 1000 && said.exp < Date.now() / 1000 + 86400, String(said.exp));
  assert.deepEqual([headers.ttl, headers['content-encoding']], ['86400', 'aes128gcm']);
}

const messages = (one) => taken.filter((m) => m.path === one.path);
const message = async (one, count = 1) => {
  await until('the message', () => messages(one).length >= count);
  return messages(one)[count - 1];
};

async function ticket(fields = {}) {
  const { json } = await api.post('/api/v2/tickets', { ticket: { subject: 'Printer', comment: { body: 'It is jammed.' }, requester: { name: 'Ana Ruiz', email: 'ana@example.net' }, ...fields } });
  return json.ticket;
}
const change = (id, fields, client = api) => client.put(`/api/v2/tickets/${id}`, { ticket: fields });

async function choose(who, fields) {
  const page = await who.visitor.get('/account/notices');
  const sent = await who.visitor.submit(page, '/account/notices', fields);
  assert.equal(sent.location, '/account/notices?done=saved', pageText(sent.text));
}

test('a browser shows what concerns its owner: sealed for it alone, signed by the desk', async () => {
  const one = await browser(tom);
  const made = await ticket();
  await change(made.id, { assignee_id: tom.id });
  const first = await message(one);
  checkToken(one, first);
  assert.deepEqual(open(one, first), { title: `Admin gives you this: #${made.id} Printer`, body: '', url: `/tickets/${made.id}` });
  assert.ok(!first.body.includes('Printer'), 'nobody between reads it');
  await change(made.id, { comment: { body: 'Look at the drum, please.', public: false } });
  const second = open(one, await message(one, 2));
  assert.equal(second.title, `Admin notes: #${made.id} Printer`);
  assert.equal(second.body, 'Look at the drum, please.');
  assert.match(second.url, new RegExp(`^/tickets/${made.id}#comment-\\d+$`));
  await change(made.id, { comment: { body: '@Tom Berg is it the drum?', public: false } });
  assert.equal(open(one, await message(one, 3)).title, `Admin mentions you: #${made.id} Printer`);
  await change(made.id, { comment: { body: 'I did it myself.', public: true } }, tom.api);
  await change(made.id, { comment: { body: 'It prints.', public: true } });
  assert.equal(open(one, await message(one, 4)).title, `Admin answers: #${made.id} Printer`, 'named in a note is told once; what one did oneself is no news');
  const page = await tom.visitor.get('/account/notices');
  const remove = forms(page.text).find((form) => /remove$/.test(form.action));
  await tom.visitor.submit(page, remove.action);
  await change(made.id, { comment: { body: 'And now?', public: false } });
  const two = await browser(tom);
  const trial = forms((await tom.visitor.get('/account/notices')).text).find((form) => /try$/.test(form.action));
  await tom.visitor.submit(await tom.visitor.get('/account/notices'), trial.action);
  assert.equal(open(two, await message(two)).title, 'This browser shows your news');
  assert.equal(messages(one).length, 4, 'a browser that was removed hears nothing');
});

test('who is switched off, may not see the ticket or was signed out everywhere is not told', async () => {
  const one = await browser(eva);
  await choose(eva, { 'push-assignment': undefined });
  const made = await ticket();
  await change(made.id, { assignee_id: eva.id });
  await change(made.id, { comment: { body: 'See.', public: false } });
  assert.match(open(one, await message(one)).title, /^Admin notes/, 'assignments are switched off');
  // Whoever cannot see the ticket when the message leaves is not told of it.
  const lost = await ticket({ assignee_id: eva.id });
  answers = (path) => (path === one.path ? 503 : 201);
  await change(lost.id, { comment: { body: 'Secret.', public: false } });
  await message(one, 2);
  late = one;
  await api.delete(`/api/v2/tickets/${lost.id}`);
  answers = () => 201;
  const page = await tom.visitor.get('/account/notices');
  const theirs = forms((await eva.visitor.get('/account/notices')).text).find((form) => /remove$/.test(form.action));
  assert.equal((await tom.visitor.submit(page, '/account/notices/browsers', { endpoint: `${origin()}/x`, public_key: 'AAAA', auth: 'AAAA' })).status, 422);
  assert.equal((await tom.visitor.submit(page, '/account/notices/browsers', { endpoint: 'http://10.0.0.1', public_key: one.key.getPublicKey('base64url'), auth: one.auth.toString('base64url') })).status, 422);
  for (const way of ['remove', 'try']) {
    const token = forms(page.text)[0].fields.csrf;
    const sent = await tom.visitor.send(theirs.action.replace(/remove$/, way), { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${token}` });
    assert.equal(sent.status, 404, `${way} of a colleague's browser`);
  }
  const person = await server.api('ana@example.net');
  const ana = server.visitor();
  assert.notEqual((await ana.send('/account/notices')).status, 200);
  person.close();
  ana.close();
});

test('a push service that knows the browser no longer ends it', async () => {
  const one = await browser(eva);
  answers = (path) => (path === one.path ? 410 : 201);
  const made = await ticket();
  await change(made.id, { assignee_id: eva.id });
  await change(made.id, { comment: { body: 'Once.', public: false } });
  await message(one);
  const left = async () => forms((await eva.visitor.get('/account/notices')).text).filter((form) => /remove$/.test(form.action)).length;
  await until('the browser to go', async () => (await left()) === 1);
  answers = () => 201;
});

test('mails come at once where that is wished', async () => {
  await choose(tom, { 'mail-assignment': 'now', 'mail-reply': 'now' });
  const made = await ticket({ subject: 'Scanner' });
  await change(made.id, { assignee_id: tom.id });
  const mail = await sink.wait((m) => m.to.includes(tom.email) && /gives you this/.test(m.subject));
  assert.equal(mail.subject, `Admin gives you this: #${made.id} Scanner`);
  assert.match(mail.text, new RegExp(`/tickets/${made.id}\\s`));
  await change(made.id, { comment: { body: 'Try again.', public: true } });
  const answer = await sink.wait((m) => m.to.includes(tom.email) && /answers/.test(m.subject));
  assert.match(answer.text, /Try again\.[^]*account\/notices/);
  await choose(tom, { 'mail-assignment': 'never', 'mail-reply': 'never' });
});

test('one summary a day holds what may still be seen, and comes at the chosen hour', async () => {
  const hour = (new Date().getUTCHours() + 3) % 24;
  await choose(eva, { 'mail-note': 'digest', 'mail-mention': 'digest', hour: String(hour) });
  const [kept, gone] = [await ticket({ subject: 'Plotter', assignee_id: eva.id }), await ticket({ subject: 'Vanished', assignee_id: eva.id })];
  await change(kept.id, { comment: { body: 'Paper is out.', public: false } });
  await change(kept.id, { comment: { body: '@Eva Adam see the paper', public: false } });
  await change(gone.id, { comment: { body: 'Never mind.', public: false } });
  await api.delete(`/api/v2/tickets/${gone.id}`);
  assert.equal(sink.mails.filter((m) => m.to.includes(eva.email)).length, 0, 'nothing at once');
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = String(3 * 3600);
  await server.start();
  const mail = await sink.wait((m) => m.to.includes(eva.email));
  assert.equal(mail.subject, '2 things at your tickets');
  assert.match(mail.text, new RegExp(`Admin notes: #${kept.id} Plotter\\s+Paper is out\\.[^]*Admin mentions you: #${kept.id} Plotter`));
  assert.ok(!mail.text.includes('Vanished'));
  assert.ok(!messages(late).slice(2).some((m) => /Secret/.test(open(late, m).body)), 'what was tried again is looked up again');
});

test('a new password ends what browsers show', async () => {
  const list = async (who) => forms((await who.visitor.get('/account/notices')).text).filter((form) => /remove$/.test(form.action)).length;
  tom.visitor = server.visitor();
  await signIn(tom.visitor, { email: tom.email, password: 'correct horse battery' });
  assert.equal(await list(tom), 1);
  const page = await tom.visitor.get('/account');
  const sent = await tom.visitor.submit(page, '/account/password', { previous: 'correct horse battery', password: 'four quiet plain words' });
  assert.equal(sent.status, 303, pageText(sent.text));
  assert.equal(await list(tom), 0);
  await browser(tom);
  const other = server.visitor();
  await signIn(other, { email: tom.email, password: 'four quiet plain words' });
  other.close();
  assert.equal((await tom.visitor.submit(await tom.visitor.get('/account'), '/account/sessions/end-others')).status, 303);
  assert.equal(await list(tom), 0);
});
