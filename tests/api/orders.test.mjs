// SPDX-License-Identifier: GPL-3.0-or-later
//
// Work orders from outside: planned, done and signed for; what the requester follows, and what stays
// inside.
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
const people = {};
const ids = {};

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  people.admin = server.visitor();
  await signIn(people.admin, server.admin);
  for (const [name, role] of [['ana', 'end-user'], ['uwe', 'agent'], ['tom', 'agent']]) {
    const { json } = await api.post('/api/v2/users', { user: { name: `${name[0].toUpperCase()}${name.slice(1)} Lund`, email: `${name}@example.org`, role, verified: true, password } });
    ids[name] = json.user.id;
    people[name] = server.visitor();
    await signIn(people[name], { email: `${name}@example.org`, password });
  }
  await api.put(`/api/v2/users/${ids.uwe}`, { user: { ticket_restriction: 'assigned' } });
  ids.me = (await api.get('/api/v2/users/me')).json.user.id;
});
after(async () => {
  for (const one of [api, ...Object.values(people)]) one?.close();
  await server?.stop();
  await sink?.close();
});

const window = { from: '2030-05-06T09:00', to: '2030-05-06T11:00' };
const order = { kind: 'delivery', what: 'Laptop with dock', place: 'North 3, room 12', parts: 'Zebra dock\r\nZebra cable', note: 'Zebra lift is broken', mine: '1', ...window };

async function make(fields) {
  const { json } = await api.post('/api/v2/tickets', { ticket: { subject: 'A laptop', comment: { body: 'Please' }, requester_id: ids.ana } });
  ids.ticket = json.ticket.id;
  const page = await people.tom.get(`/tickets/${ids.ticket}/fulfil`);
  return people.tom.submit(page, /orders$/, fields);
}
const request = async () => (await people.ana.get(`/requests/${ids.ticket}`)).text;
const go = async (where, act, fields = {}) => people.tom.submit(await people.tom.get(where), where, { ...fields, do: act });

test('a delivery: planned, under way, signed for; the requester follows it', async () => {
  const made = await make(order);
  assert.equal(made.status, 303, made.text);
  const where = made.location;
  assert.match(pageText(await request()), /We bring it to you: Laptop with dock · between .*2030.* and .*2030.* · North 3, room 12/);
  const mail = await sink.wait((one) => one.to.includes('ana@example.org') && /We bring it to you/.test(one.text));
  assert.match(mail.text, /between/);
  const shown = pageText((await people.tom.get(where)).text);
  assert.match(shown, /Delivery Planned Ana Lund · Tom Lund does it/);
  assert.match((await people.tom.get(where)).text, /Zebra cable/);
  const slip = await people.tom.get(`${where}/slip`);
  assert.match(pageText(slip.text), /Delivery: Laptop with dock .*#\d+ A laptop .*Zebra dock/);
  assert.match(slip.text, /<svg class="qr"[^>]*aria-label="[^"]*\/orders\/\d+"/);
  assert.equal((await go(where, 'under_way')).status, 303);
  assert.match(pageText(await request()), /It is on its way to you: Laptop with dock/);
  assert.match(pageText((await people.tom.get('/orders')).text), /Laptop with dock Delivery Under way/);
  assert.equal((await go(where, 'done', { name: 'Bea Neighbour' })).status, 303);
  assert.match(pageText(await request()), /It is with you: Laptop with dock · received by Bea Neighbour/);
  await sink.wait((one) => one.to.includes('ana@example.org') && /received by Bea Neighbour/.test(one.text));
  assert.doesNotMatch(await request(), secret);
  for (const one of sink.mails) assert.doesNotMatch(one.raw, secret);
  assert.doesNotMatch(pageText((await people.tom.get('/orders')).text), /Laptop/);
  const over = await people.tom.get(where);
  assert.doesNotMatch(over.text, /value="done"/);
  const csrf = over.text.match(/csrf-token" content="([^"]+)"/)[1];
  const again = await people.tom.send(where, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(csrf)}&do=failed` });
  assert.equal(again.status, 409);
  assert.match(pageText((await people.admin.get(`/tickets/${ids.ticket}`)).text), /Laptop with dock: done/);
});

test('half a window is none, and another window is told', async () => {
  const wrong = await make({ ...order, to: '' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /value="Laptop with dock"/);
  assert.match(pageText(wrong.text), /A window needs a beginning and an end/);
  assert.equal((await make({ ...order, what: ' ' })).status, 422);
  const { location } = await make({ ...order, kind: 'repair', what: 'Beamer', from: '', to: '' });
  assert.match(pageText(await request()), /We repair it: Beamer · North 3/);
  assert.equal((await go(location, 'save', { ...window, what: 'Beamer', mine: '1' })).status, 303);
  const mail = await sink.wait((one) => /We repair it: Beamer/.test(one.text));
  assert.match(mail.text, /between/);
  // Somebody else's save takes the work from nobody; one's own gives it back.
  assert.equal((await people.admin.submit(await people.admin.get(location), location, { do: 'save', what: 'Beamer', ...window, note: 'Take the long ladder' })).status, 303);
  assert.match(pageText((await people.tom.get(location)).text), /Tom Lund does it/);
  assert.equal((await go(location, 'save', { what: 'Beamer', ...window })).status, 303);
  assert.doesNotMatch(pageText((await people.tom.get(location)).text), /Tom Lund does it/);
  assert.equal((await go(location, 'failed')).status, 303);
  assert.match(pageText(await request()), /It could not be repaired: Beamer\. We write to you about what we can do\./);
});

test('who may not see the ticket knows of no work order', async () => {
  const { location } = await make({ ...order, kind: 'duplication', what: 'Lecture 4' });
  for (const path of [location, `${location}/slip`]) assert.equal((await people.uwe.get(path)).status, 404);
  assert.doesNotMatch((await people.uwe.get('/orders')).text, /Lecture 4/);
  assert.equal((await people.ana.get(location)).status, 403);
  const csrf = (await people.uwe.get('/orders')).text.match(/csrf-token" content="([^"]+)"/)[1];
  const refused = await people.uwe.send(location, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(csrf)}&do=done` });
  assert.equal(refused.status, 404);
  assert.match(pageText(await request()), /We copy it: Lecture 4/);
});
