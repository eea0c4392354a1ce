// SPDX-License-Identifier: GPL-3.0-or-later
//
// Agreement to requests: a manager decides by a mail, without an account; refusals with their
// reason; deputies; limits; what requesters read, and what they never read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const password = 'four quiet plain words';
const secret = /zebra/i;

let server;
let sink;
let api;
let admin;
let ana;
const ids = {};

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  admin = server.visitor();
  await signIn(admin, server.admin);
  for (const [name, role] of [['ana', 'end-user'], ['boss', 'end-user'], ['cfo', 'end-user'], ['tom', 'agent'], ['dana', 'agent']]) {
    const { json } = await api.post('/api/v2/users', { user: { name: `${name[0].toUpperCase()}${name.slice(1)} Lund`, email: `${name}@example.org`, role, verified: true, password } });
    ids[name] = json.user.id;
  }
  ana = server.visitor();
  await signIn(ana, { email: 'ana@example.org', password });
});
after(async () => {
  for (const one of [admin, ana, api]) one?.close();
  await server?.stop();
  await sink?.close();
});

async function step(service, fields) {
  const page = await admin.get(`/admin/services/${service}/steps`);
  return admin.submit(page, new RegExp(`/services/${service}/steps$`), { people: '', ...fields });
}

async function leads(person, manager) {
  const page = await admin.get(`/people/${ids[person]}/edit`);
  return admin.submit(page, `/people/${ids[person]}`, { manager });
}

// Asks for software as Ana: a service of its own number for each test that needs other steps.
async function ask(service, fields) {
  const sent = await ana.submit(await ana.get(`/services/${service}`), new RegExp(`^/services/${service}$`), fields);
  assert.equal(sent.status, 303, sent.text);
  return Number(sent.location.split('/').pop());
}

const mailTo = (who, subject) => sink.wait((mail) => mail.to.includes(`${who}@example.org`) && subject.test(mail.subject ?? mail.headers.subject));
const linkIn = (mail) => (mail.text ?? mail.raw).match(/\/approve\/[0-9]+-[0-9]+-[0-9a-f]+/)[0];
const laptop = (why) => ({ f1: 'Laptop', f4: why });

async function decide(link, answer, fields = {}) {
  const nobody = server.visitor();
  const page = await nobody.get(link);
  const sent = await nobody.send(link, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ csrf: page.text.match(/name="csrf-token" content="([^"]+)"/)[1], answer, ...fields }).toString() });
  const shown = sent.status === 303 ? await nobody.get(link) : sent;
  nobody.close();
  return { page, sent, shown };
}

test('a manager approves a laptop by mail, without an account', async () => {
  assert.equal((await leads('ana', 'boss@example.org')).status, 303);
  assert.match(pageText((await admin.get(`/people/${ids.ana}`)).text), /Manager Boss Lund/);
  assert.equal((await step(1, { name: 'Zebra tier 2', kind: 'manager' })).status, 303);
  const id = await ask(1, laptop('To work at home'));
  const waiting = pageText((await ana.get(`/requests/${id}`)).text);
  assert.match(waiting, /We wait for Boss Lund to agree\./);
  const mail = await mailTo('boss', /Ana Lund: Equipment request: Laptop/);
  assert.match(mail.text, /To work at home/);
  assert.doesNotMatch(mail.raw, secret);
  const link = linkIn(mail);
  // Mail scanners look at links.
  const scanner = server.visitor();
  for (const method of ['GET', 'HEAD', 'GET']) assert.equal((await scanner.send(link, { method })).status, 200);
  assert.match(pageText((await scanner.get(link)).text), /I agree/);
  assert.equal((await scanner.get(link.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status, 404);
  scanner.close();
  assert.match(pageText((await ana.get(`/requests/${id}`)).text), /We wait for Boss Lund/);

  const { shown } = await decide(link, 'yes');
  assert.match(pageText(shown.text), /Boss Lund agreed\. Thank you\./);
  const again = await decide(link, 'no', { reason: 'After all' });
  assert.equal(again.sent.status, 409);
  const told = await mailTo('ana', /^Agreed: Equipment request: Laptop/);
  assert.match(told.text, /Everybody who had to agree did/);
  const agreed = await ana.get(`/requests/${id}`);
  assert.match(pageText(agreed.text), /Boss Lund agreed\./);
  for (const text of [agreed.text, told.raw, waiting, shown.text]) assert.doesNotMatch(text, secret);
  const staff = pageText((await admin.get(`/tickets/${id}`)).text);
  assert.match(staff, /Fulfilment Agreed/);
  assert.match(staff, /heard that Boss Lund agrees/);
  assert.match(pageText((await admin.get(`/tickets/${id}/fulfil`)).text), /Zebra tier 2 Agreed The manager of who asked Boss Lund: Agreed/);
});

test('a refusal needs a reason, which the requester reads', async () => {
  const id = await ask(1, laptop('For games'));
  const mail = await sink.wait((one) => one.to.includes('boss@example.org') && /For games/.test(one.text));
  const link = linkIn(mail);
  const silent = await decide(link, 'no');
  assert.equal(silent.sent.status, 422);
  assert.match(pageText(silent.sent.text), /Please say why/);
  const { shown } = await decide(link, 'no', { reason: 'The old one is <b>good</b>.' });
  assert.match(pageText(shown.text), /Boss Lund did not agree: The old one is/);
  assert.doesNotMatch(shown.text, /<b>good/);
  const told = await mailTo('ana', /^Not agreed: /);
  assert.match(told.text, /The old one is <b>good<\/b>\./);
  assert.match(pageText((await ana.get(`/requests/${id}`)).text), /Boss Lund did not agree: .*The old one/);
  assert.match(pageText((await admin.get(`/tickets/${id}`)).text), /Fulfilment Refused/);
});

test('small sums pass; large ones need all who were named, one step after the other', async () => {
  await step(5, { name: 'Zebra budget', kind: 'all', people: 'boss@example.org\r\ncfo@example.org', limit_mark: '2', limit: '100' });
  const wrong = await step(5, { name: 'Nobody', kind: 'one', people: 'noone@example.org' });
  assert.equal(wrong.status, 422);
  assert.match(pageText(wrong.text), /nobody here with one of these addresses/);
  const copies = (n) => ({ f1: 'Tape', f2: String(n), f4: 'yes' });
  const few = await ask(5, copies(100));
  assert.doesNotMatch(pageText((await ana.get(`/requests/${few}`)).text), /agree/);
  const many = await ask(5, copies(101));
  const [one, two] = [await mailTo('boss', /Media duplication/), await mailTo('cfo', /Media duplication/)];
  assert.match(pageText((await ana.get(`/requests/${many}`)).text), /We wait for these people to agree: Boss Lund, Cfo Lund\./);
  await decide(linkIn(one), 'yes');
  assert.match(pageText((await ana.get(`/requests/${many}`)).text), /Boss Lund agreed\. .*We wait for Cfo Lund to agree/);
  await decide(linkIn(two), 'yes');
  await mailTo('ana', /^Agreed: Media duplication/);
  // The link of one person is not the other's.
  assert.notEqual(linkIn(one), linkIn(two));
});

test('who is away is covered by the deputy; a request that ends asks nobody', async () => {
  await step(7, { name: 'Zebra desk', kind: 'one', people: 'tom@example.org' });
  const absence = await api.post('/api/v2/absences', { absence: { user_id: ids.tom, deputy_id: ids.dana, from: new Date(Date.now() - 3600e3).toISOString(), to: new Date(Date.now() + 86400e3).toISOString() } });
  assert.equal(absence.status, 201, JSON.stringify(absence.json));
  const id = await ask(7, { f1: 'Maths', f3: 'To count' });
  const mail = await mailTo('dana', /Software request/);
  assert.match(mail.text, /You can decide because Tom Lund is away/);
  const dana = server.visitor();
  await signIn(dana, { email: 'dana@example.org', password });
  assert.match(pageText((await dana.get('/approvals')).text), /Software request: Maths Ana Lund/);
  const other = await ask(7, { f1: 'Chess', f3: 'To play' });
  await decide(linkIn(mail), 'yes');
  assert.match(pageText((await ana.get(`/requests/${id}`)).text), /Dana Lund agreed\./);
  assert.match(pageText((await admin.get(`/tickets/${id}/fulfil`)).text), /Tom Lund: Agreed · decided by Dana Lund/);
  await api.put(`/api/v2/tickets/${other}`, { ticket: { status: 'solved' } });
  const late = await sink.wait((one) => one.to.includes('dana@example.org') && /Chess/.test(one.text));
  const { page, sent } = await decide(linkIn(late), 'yes');
  assert.match(pageText(page.text), /nothing left to decide/);
  assert.equal(sent.status, 409);
  assert.match(pageText((await dana.get('/approvals')).text), /Nothing waits/);
  dana.close();
});

test('where nobody can be asked staff see it and ask somebody', async () => {
  assert.equal((await leads('ana', '')).status, 303);
  const id = await ask(1, laptop('Nobody leads me'));
  assert.match(pageText((await ana.get(`/requests/${id}`)).text), /Somebody has to agree first\. We are finding out who\./);
  const page = await admin.get(`/tickets/${id}/fulfil`);
  assert.match(pageText(page.text), /Nobody can be asked/);
  const self = await admin.submit(page, /approvals$/, { email: 'ana@example.org' });
  assert.equal(self.status, 422);
  assert.match(pageText(self.text), /Nobody agrees to what they ask for themselves/);
  assert.equal((await admin.submit(page, /approvals$/, { email: 'cfo@example.org' })).status, 303);
  const mail = await sink.wait((one) => one.to.includes('cfo@example.org') && /Nobody leads me/.test(one.text));
  assert.equal((await admin.submit(page, /approvals$/, { email: 'cfo@example.org' })).status, 422);
  await decide(linkIn(mail), 'yes');
  assert.match(pageText((await ana.get(`/requests/${id}`)).text), /Cfo Lund agreed/);
  // Requesters do not see the desk's side of it, and nobody leads themselves.
  assert.equal((await ana.get(`/tickets/${id}/fulfil`)).status, 403);
  assert.equal((await ana.get('/admin/services/1/steps')).status, 403);
  const loop = await leads('ana', 'ana@example.org');
  assert.equal(loop.status, 422);
  assert.match(pageText(loop.text), /Nobody is their own manager/);
});

test('steps are arranged by buttons', async () => {
  const names = async () => [...(await admin.get('/admin/services/2/steps')).text.matchAll(/<b>(\w+)<\/b>/g)].map((one) => one[1]);
  const change = async (at, fields) => {
    const page = await admin.get('/admin/services/2/steps');
    const id = [...page.text.matchAll(/services\/2\/steps\/(\d+)/g)].map((one) => one[1]).filter((one, i, all) => all.indexOf(one) === i)[at];
    return admin.submit(page, `/admin/services/2/steps/${id}`, fields);
  };
  for (const name of ['First', 'Second']) assert.equal((await step(2, { name, kind: 'one', people: 'boss@example.org' })).status, 303);
  assert.deepEqual(await names(), ['First', 'Second']);
  assert.equal((await change(1, { do: 'up' })).status, 303);
  assert.deepEqual(await names(), ['Second', 'First']);
  assert.equal((await change(0, { do: 'remove' })).status, 303);
  assert.deepEqual(await names(), ['First']);
  assert.equal((await change(0, { do: 'save', name: 'Renamed', kind: 'manager', people: '' })).status, 303);
  assert.deepEqual(await names(), ['Renamed']);
  assert.equal((await step(2, { name: 'Sum', kind: 'manager', limit_mark: '1', limit: '5' })).status, 422);
});
