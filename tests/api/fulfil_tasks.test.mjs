// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tasks of requests: which begin when, who may do them, what requesters read of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const password = 'four quiet plain words';
const secret = /zebra/i;
let server;
let sink;
let api;
let admin;
const people = {};
const ids = {};

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  admin = server.visitor();
  await signIn(admin, server.admin);
  for (const [name, role] of [['ana', 'end-user'], ['tom', 'agent'], ['uwe', 'agent']]) {
    const { json } = await api.post('/api/v2/users', { user: { name: `${name[0].toUpperCase()}${name.slice(1)} Lund`, email: `${name}@example.org`, role, verified: true, password } });
    ids[name] = json.user.id;
    people[name] = server.visitor();
    await signIn(people[name], { email: `${name}@example.org`, password });
  }
  ids.group = (await api.post('/api/v2/groups', { group: { name: 'Zebra network' } })).json.group.id;
  await api.post('/api/v2/group_memberships', { group_membership: { user_id: ids.tom, group_id: ids.group } });
  await api.put(`/api/v2/users/${ids.tom}`, { user: { ticket_restriction: 'groups' } });
  await api.put(`/api/v2/users/${ids.uwe}`, { user: { ticket_restriction: 'assigned' } });
});
after(async () => {
  for (const one of [admin, api, ...Object.values(people)]) one?.close();
  await server?.stop();
  await sink?.close();
});

async function ask(service, fields) {
  const page = await people.ana.get(`/services/${service}`);
  const sent = await people.ana.submit(page, new RegExp(`^/services/${service}$`), fields);
  assert.equal(sent.status, 303, sent.text);
  return Number(sent.location.split('/').pop());
}
const starter = (more) => ask(4, { f1: 'Max New', f2: '2026-12-01', f3: 'ana@example.org', f4: 'South 1', ...more });
const shown = async (id) => pageText((await admin.get(`/tickets/${id}/fulfil`)).text);
const request = async (id) => (await people.ana.get(`/requests/${id}`)).text;

// Presses a button of the task of that name.
async function press(who, where, name, act, fields = {}) {
  const page = await who.get(where);
  const at = page.text.indexOf(`<b>${name}</b>`) < 0 ? page.text.indexOf(`>${name}<`) : page.text.indexOf(`<b>${name}</b>`);
  assert.ok(at > 0, `${name} is not on ${where}`);
  const action = page.text.slice(at).match(/action="(\/tasks\/\d+)"/)[1];
  return who.submit(page, action, { ...fields, do: act });
}

test('a new starter: stages follow each other, and what is not needed is not there', async () => {
  const id = await starter({ f5: 'yes', f6: 'Laptop' });
  let page = await shown(id);
  for (const name of ['Make the account and the mailbox', 'Prepare the place to work', 'Set up the computer']) assert.match(page, new RegExp(`Stage 1 ${name} To be done`));
  assert.match(page, /Stage 2 Give programs and rights Comes later/);
  assert.doesNotMatch(page, /telephone/);
  assert.match(pageText(await request(id)), /We prepare it: 0 of 6 things are done\./);
  const where = `/tickets/${id}/fulfil`;
  for (const name of ['Make the account and the mailbox', 'Prepare the place to work']) assert.equal((await press(admin, where, name, 'done')).status, 303);
  assert.match(await shown(id), /Stage 2 Give programs and rights Comes later/);
  await press(admin, where, 'Set up the computer', 'skip', { note: 'Has one' });
  page = await shown(id);
  assert.match(page, /Set up the computer Left out/);
  assert.match(page, /Stage 2 Give programs and rights To be done/);
  await press(admin, where, 'Set up the computer', 'reopen');
  assert.match(await shown(id), /Set up the computer To be done/);
  await press(admin, where, 'Set up the computer', 'done');
  for (const name of ['Give programs and rights', 'Welcome them on the first day and hand everything over', 'Ask after a week whether all is there']) {
    assert.equal((await press(admin, where, name, 'done')).status, 303, name);
  }
  assert.match(pageText(await request(id)), /Everything that had to be prepared is done\./);
  assert.doesNotMatch(await request(id), /account and the mailbox/);
  const ticket = pageText((await admin.get(`/tickets/${id}`)).text);
  assert.match(ticket, /6 of 6 tasks done/);
  assert.match(ticket, /did the task “Set up the computer”/);
});

test('tasks wait for agreement, and a refusal ends them', async () => {
  await admin.submit(await admin.get('/admin/services/4/steps'), /services\/4\/steps$/, { name: 'Lead', kind: 'one', people: 'tom@example.org' });
  const id = await starter();
  assert.match(await shown(id), /Make the account and the mailbox Comes later/);
  assert.doesNotMatch(pageText(await request(id)), /We prepare it/);
  const link = async () => (await people.tom.get('/approvals')).text.match(/\/approve\/[0-9a-f-]+/)[0];
  let where = await link();
  await people.tom.submit(await people.tom.get(where), where, { answer: 'yes' });
  assert.match(await shown(id), /Make the account and the mailbox To be done/);
  const other = await starter();
  where = await link();
  await people.tom.submit(await people.tom.get(where), where, { answer: 'no', reason: 'Not now' });
  assert.match(await shown(other), /Make the account and the mailbox Left out/);
  await admin.submit(await admin.get('/admin/services/4/steps'), /services\/4\/steps\/\d+$/, { do: 'remove' });
});

test('a group does its tasks without seeing more of the ticket than it may', async () => {
  const add = await admin.submit(await admin.get('/admin/services/7/steps'), /services\/7\/tasks$/, { task: 'Zebra cabling', stage: '1', group: String(ids.group) });
  assert.equal(add.status, 303, add.text);
  assert.match(pageText((await admin.get('/admin/services/7/steps')).text), /Stage 1 Zebra cabling Zebra network/);
  const id = await ask(7, { f1: 'Maths', f3: 'To count' });
  const uwe = await people.uwe.get('/tasks');
  assert.doesNotMatch(uwe.text, secret);
  const tom = await people.tom.get('/tasks');
  assert.match(pageText(tom.text), /Zebra cabling/);
  assert.doesNotMatch(tom.text, /Maths/);
  const action = forms(tom.text).find((one) => /^\/tasks\/\d+$/.test(one.action)).action;
  assert.equal((await people.uwe.submit({ ...uwe, text: tom.text.replaceAll(/name="csrf" value="[^"]+"/g, `name="csrf" value="${uwe.text.match(/csrf-token" content="([^"]+)"/)[1]}"`) }, action, { do: 'done' })).status, 404);
  assert.equal((await people.tom.submit(tom, action, { do: 'take' })).status, 303);
  assert.match(pageText((await people.tom.get('/tasks')).text), /Zebra cabling Zebra network · Tom Lund/);
  assert.equal((await people.tom.submit(tom, action, { do: 'done', note: 'Socket 7' })).status, 303);
  assert.equal((await people.tom.submit(tom, action, { do: 'done' })).status, 409);
  assert.match(await shown(id), /Zebra cabling Done Zebra network · Tom Lund · by Tom Lund .* Socket 7/);
  assert.doesNotMatch(await request(id), secret);
  assert.equal((await people.ana.get('/tasks')).status, 403);
});

test('agents add tasks to any ticket; a solved one has none left', async () => {
  const { json } = await api.post('/api/v2/tickets', { ticket: { subject: 'Move', comment: { body: 'To room 7' }, requester_id: ids.ana, assignee_id: (await api.get('/api/v2/users/me')).json.user.id } });
  const where = `/tickets/${json.ticket.id}/fulfil`;
  assert.equal((await admin.submit(await admin.get(where), /\d\/tasks$/, { task: ' ' })).status, 422);
  assert.equal((await admin.submit(await admin.get(where), /\d\/tasks$/, { task: 'Carry boxes' })).status, 303);
  assert.equal((await admin.submit(await admin.get(where), /\d\/tasks$/, { task: 'Lay cables' })).status, 303);
  assert.match(await shown(json.ticket.id), /Carry boxes To be done/);
  await press(admin, where, 'Carry boxes', 'done');
  await press(admin, where, 'Lay cables', 'done');
  await sink.wait((mail) => mail.to.includes(server.admin.email) && new RegExp(`All tasks of #${json.ticket.id} are done`).test(mail.raw));
  assert.equal(sink.mails.filter((mail) => mail.raw.includes(`All tasks of #${json.ticket.id} `)).length, 1);
  await admin.submit(await admin.get(where), /\d\/tasks$/, { task: 'Third' });
  await api.put(`/api/v2/tickets/${json.ticket.id}`, { ticket: { status: 'solved' } });
  assert.match(await shown(json.ticket.id), /Third Left out/);
  assert.equal((await press(admin, where, 'Third', 'reopen')).status, 409);
});
