// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stock from outside: taking out for a ticket, the history, one mail when it is low.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const password = 'four quiet plain words';
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
  for (const [name, role] of [['ana', 'end-user'], ['tom', 'agent']]) {
    const { json } = await api.post('/api/v2/users', { user: { name: `${name} Lund`, email: `${name}@example.org`, role, verified: true, password } });
    ids[name] = json.user.id;
    people[name] = server.visitor();
    await signIn(people[name], { email: `${name}@example.org`, password });
  }
});
after(async () => {
  for (const one of [api, ...Object.values(people)]) one?.close();
  await server?.stop();
  await sink?.close();
});

const move = async (who, act, amount, more = {}) => who.submit(await who.get(ids.where), ids.where, { do: act, amount: String(amount), ...more });
const mails = () => sink.mails.filter((mail) => /Stock is low/.test(mail.raw)).length;

test('what goes out has a line, and what is low is said once', async () => {
  const made = await people.admin.submit(await people.admin.get('/stock'), '/stock', { name: 'Toner', place: 'Cellar', minimum: '3' });
  assert.equal(made.status, 303, made.text);
  ids.where = made.location;
  assert.equal((await move(people.tom, 'put', 5, { note: 'From the dealer' })).status, 303);
  const { json } = await api.post('/api/v2/tickets', { ticket: { subject: 'Pale print', comment: { body: 'It is pale' }, requester_id: ids.ana } });
  assert.equal((await move(people.tom, 'take', 2, { ticket: String(json.ticket.id) })).status, 303);
  assert.match(pageText((await people.tom.get(ids.where)).text), new RegExp(`3 there .*-2 tom Lund · #${json.ticket.id} .*\\+5 tom Lund .*From the dealer`));
  assert.doesNotMatch(pageText((await people.tom.get('/stock')).text), /Low/);
  assert.equal((await move(people.tom, 'take', 1)).status, 303);
  const mail = await sink.wait((one) => /Stock is low: Toner/.test(one.raw));
  assert.match(mail.text, /Toner: 2 left, the minimum is 3\./);
  assert.match(pageText((await people.tom.get('/stock')).text), /Toner 2 there Low: the minimum is 3 Cellar/);
  await move(people.tom, 'take', 1);
  const much = await move(people.tom, 'take', 2);
  assert.equal(much.status, 409);
  assert.match(pageText(much.text), /There is not as much in stock/);
  // Filled up and low again: a second mail, and the one before was the only one.
  await move(people.tom, 'put', 4);
  await move(people.tom, 'take', 4, { note: 'Second time' });
  await sink.wait(() => mails() === 2);
});

test('who may what', async () => {
  assert.equal((await people.ana.get('/stock')).status, 403);
  assert.equal((await move(people.tom, 'take', 0)).status, 422);
  assert.equal((await move(people.tom, 'take', 1, { ticket: '99999' })).status, 404);
  const page = await people.tom.get(ids.where);
  assert.doesNotMatch(page.text, /\/edit"/);
  const refused = await people.tom.send(`${ids.where}/edit`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(page.text.match(/csrf-token" content="([^"]+)"/)[1])}&name=x&minimum=1` });
  assert.equal(refused.status, 403);
  assert.equal((await people.admin.submit(await people.admin.get(ids.where), /edit$/, { name: 'Toner, black', minimum: '0' })).status, 303);
  assert.match(pageText((await people.tom.get('/stock')).text), /Toner, black 1 there/);
});
