// SPDX-License-Identifier: GPL-3.0-or-later
//
// Borrowing from outside: what is free when, booking, picking up, bringing back; who sees what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const password = 'four quiet plain words';
const day = (n) => new Date(Date.now() + n * 86400e3).toISOString().slice(0, 10);
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
  for (const [name, role] of [['ana', 'end-user'], ['ben', 'end-user'], ['tom', 'agent']]) {
    await api.post('/api/v2/users', { user: { name: `${name[0].toUpperCase()}${name.slice(1)} Lund`, email: `${name}@example.org`, role, verified: true, password } });
    people[name] = server.visitor();
    await signIn(people[name], { email: `${name}@example.org`, password });
  }
  const made = await people.admin.submit(await people.admin.get('/lending/items/new'), '/lending/items/new', { name: 'Camera 1', kind: 'Camera', label: 'Z-4711', place: 'North 3', days: '5', condition: 'zebra scratch', open: '1' });
  assert.equal(made.status, 303, made.text);
  ids.camera = (await people.ana.get('/loans')).text.match(/href="\/loans\/(\d+)"/)[1];
});
after(async () => {
  for (const one of [api, ...Object.values(people)]) one?.close();
  await server?.stop();
  await sink?.close();
});

const where = () => `/loans/${ids.camera}`;
const book = async (who, from, to) => who.submit(await who.get(where()), where(), { from, to });
// Presses a button at the first loan of the agents' list that `match` finds in its form's neighbourhood.
async function press(act, fields = {}) {
  const page = await people.tom.get('/lending');
  const action = forms(page.text).find((one) => one.action.startsWith('/lending/loans/')).action;
  return people.tom.submit(page, action, { ...fields, do: act });
}

test('a visitor sees what is free, and who has signed in books it', async () => {
  const visitor = server.visitor();
  assert.match((await visitor.get('/services')).text, /href="\/loans"/);
  const list = await visitor.get('/loans');
  assert.match(pageText(list.text), /Camera Camera 1 Free today North 3/);
  assert.match(pageText((await visitor.get(where())).text), /Sign in to book it/);
  visitor.close();
  const booked = await book(people.ana, day(0), day(2));
  assert.equal(booked.status, 303, booked.text);
  const mail = await sink.wait((one) => one.to.includes('ana@example.org'));
  assert.match(mail.text, new RegExp(`Camera 1 is yours from ${day(0)} to ${day(2)}`));
  assert.match(mail.text, /Where: North 3/);
  assert.match(pageText((await people.ana.get('/loans')).text), new RegExp(`Free again on ${day(3)}.*What you borrow Camera 1 ${day(0)} to ${day(2)} Booked`));
});

test('the calendar says what is taken, never by whom', async () => {
  const page = await people.ben.get(where());
  assert.equal([...page.text.matchAll(/<td class="taken">/g)].length, 3);
  for (const text of [page.text, (await people.ben.get('/loans')).text]) assert.doesNotMatch(text, /Ana|zebra|4711/);
  const later = await people.ben.get(`${where()}?week=${day(70)}`);
  assert.equal([...later.text.matchAll(/<td class="taken">/g)].length, 0);
  assert.match(pageText(later.text), /Earlier/);
});

test('no day is booked twice, and mistakes are said', async () => {
  const taken = await book(people.ben, day(2), day(3));
  assert.equal(taken.status, 409);
  assert.match(pageText(taken.text), /Somebody else has it on one of these days/);
  assert.match(taken.text, new RegExp(`value="${day(3)}"`));
  for (const [from, to, words] of [[day(9), day(14), /5 days at most/], [day(9), day(8), /before the first/], ['soon', day(8), /give both days/], ['2020-01-01', '2020-01-02', /over already/]]) {
    const refused = await book(people.ben, from, to);
    assert.equal(refused.status, 422, from);
    assert.match(pageText(refused.text), words);
  }
  const both = await Promise.all([book(people.ana, day(20), day(21)), book(people.ben, day(21), day(22))]);
  assert.deepEqual(both.map((one) => one.status).sort(), [303, 409]);
});

test('an agent hands it out and takes it back, with its condition', async () => {
  assert.match(pageText((await people.tom.get('/lending')).text), /Camera 1 Z-4711 Ana Lund/);
  assert.equal((await press('out', { condition: 'Lens cap is missing' })).status, 303);
  assert.match(pageText((await people.ana.get('/loans')).text), /Picked up/);
  // What is out cannot be cancelled, and nobody cancels for others.
  const cancel = async (who) => {
    const page = await people.ana.get('/loans');
    const id = (await people.tom.get('/lending')).text.match(/\/lending\/loans\/(\d+)/)[1];
    const csrf = (await who.get('/loans')).text.match(/csrf-token" content="([^"]+)"/)[1];
    return (await who.send(`/loans/mine/${id}/cancel`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(csrf)}`, page })).status;
  };
  assert.equal(await cancel(people.ana), 409);
  assert.equal(await cancel(people.ben), 404);
  assert.equal((await press('back', { condition: 'As before' })).status, 303);
  const history = pageText((await people.admin.get(`/lending/items/${ids.camera}`)).text);
  assert.match(history, /Brought back out: Lens cap is missing back: As before/);
  assert.match(pageText((await people.ben.get('/loans')).text), /Free today/);
});

test('who books does not need it after all; what is not lent is not there', async () => {
  const page = await people.ana.get('/loans');
  const mine = forms(page.text).find((one) => /cancel$/.test(one.action));
  const who = mine ? people.ana : people.ben;
  const own = await who.get('/loans');
  const action = forms(own.text).find((one) => /cancel$/.test(one.action)).action;
  assert.equal((await who.submit(own, action)).status, 303);
  assert.match(pageText((await who.get('/loans')).text), /Cancelled/);
  const edit = await people.admin.get(`/lending/items/${ids.camera}`);
  assert.equal((await people.admin.submit(edit, /items/, { name: '', kind: 'Camera' })).status, 422);
  assert.equal((await people.admin.submit(edit, /items/, { name: 'Camera 1', kind: 'Camera', open: '' })).status, 303);
  assert.equal((await people.ana.get(where())).status, 404);
  assert.equal((await people.tom.get(`/lending/items/${ids.camera}`)).status, 403);
  assert.equal((await people.ana.get('/lending')).status, 403);
});
