// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stewardship from outside: who becomes a person's one contact, and that they stay.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';

let server;
let api;
let person;
const ids = {};
const clients = {};

before(async () => {
  server = await startServer();
  api = await server.api();
  for (const [name, locale] of [['tom', 'en-US'], ['dana', 'en-US'], ['uwe', 'en-US']]) {
    const { json } = await api.post('/api/v2/users', {
      user: { name: name[0].toUpperCase() + name.slice(1), email: `${name}@example.org`, role: 'agent', verified: true, locale },
    });
    ids[name] = json.user.id;
    clients[name] = await server.api(`${name}@example.org`);
  }
  const { json } = await api.post('/api/v2/users', {
    user: { name: 'Person', email: 'person@example.net', role: 'end-user', verified: true },
  });
  ids.person = json.user.id;
  person = await server.api('person@example.net');
});
after(async () => {
  for (const one of [api, person, ...Object.values(clients)]) one?.close();
  await server?.stop();
});

let count = 0;
async function create(ticket = {}, client = api) {
  const requester = ticket.requester_id ? {} : { requester: { name: 'Somebody', email: `s${++count}@example.net`, ...(ticket.locale ? { locale_id: ticket.locale } : {}) } };
  const { status, json } = await client.post('/api/v2/tickets', {
    ticket: { subject: 'Printer', comment: { body: 'It is jammed.' }, ...requester, ...ticket },
  });
  assert.equal(status, 201, JSON.stringify(json));
  return json.ticket;
}
const load = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json.ticket;
const change = async (id, ticket, client = api) => {
  const { status, json } = await client.put(`/api/v2/tickets/${id}`, { ticket });
  assert.equal(status, 200, JSON.stringify(json));
  return json.ticket;
};
const card = (name, steward, client = api) => client.put(`/api/v2/stewards/${ids[name]}`, { steward });

test('while nobody takes requests, whoever is assigned first is the steward', async () => {
  const ticket = await create();
  assert.equal(ticket.steward_id, null);
  assert.equal((await change(ticket.id, { assignee_id: ids.dana })).steward_id, ids.dana);
  assert.equal((await change(ticket.id, { assignee_id: ids.tom })).steward_id, ids.dana, 'she stays');
  await change(ticket.id, { status: 'solved' });
});

test('leads and administrators say who takes what; all staff read it', async () => {
  assert.equal((await card('tom', { skills: ['Printer', 'mac'], languages: 'en, de-AT', capacity: 3 })).status, 200);
  const { json } = await clients.dana.get('/api/v2/stewards');
  const { skills, languages, capacity, takes, load: open } = json.stewards.find((one) => one.user_id === ids.tom);
  assert.deepEqual({ skills, languages, capacity, takes, open }, { skills: ['mac', 'printer'], languages: ['de', 'en'], capacity: 3, takes: true, open: 0 });
  assert.equal((await card('dana', { languages: ['en'] })).status, 200);
  assert.equal((await card('tom', { capacity: 2 })).json.stewards[0].skills.length, 2, 'what is not said stays');
  assert.equal((await card('tom', {}, clients.dana)).status, 403);
  assert.equal((await person.get('/api/v2/stewards')).status, 403);
  for (const wrong of [{ capacity: 0 }, { languages: 'german' }, { takes: 'perhaps' }]) {
    assert.equal((await card('tom', wrong)).status, 422, JSON.stringify(wrong));
  }
  assert.equal((await api.put(`/api/v2/stewards/${ids.person}`, { steward: {} })).status, 422, 'no agent');
});

test('skills by tag and group, language and room decide who gets a new request', async () => {
  const needs = [{ kind: 'tag', word: 'paper', skill: 'printer' }, { kind: 'tag', word: 'apple', skill: 'mac' }];
  assert.equal((await api.put('/api/v2/stewards/needs', { needs })).json.needs.length, 2);
  assert.equal((await clients.dana.put('/api/v2/stewards/needs', { needs: [] })).status, 403);
  assert.equal((await api.put('/api/v2/stewards/needs', { needs: [{ kind: 'moon', word: 'x', skill: 'y' }] })).status, 422);
  assert.equal((await api.put('/api/v2/stewards/needs', { needs: [{ kind: 'group', word: 4711, skill: 'y' }] })).status, 422);
  const first = await create({ tags: ['paper'] });
  assert.equal(first.steward_id, ids.tom);
  assert.equal(first.assignee_id, null, 'to be one’s contact is not to work on it');
  const second = await create({ tags: ['paper'] });
  assert.equal(second.steward_id, ids.tom, 'he can, though she has less to do');
  assert.equal((await create({ tags: ['paper'] })).steward_id, ids.tom, 'who can comes before who has room');
  const dana = await create();
  assert.equal(dana.steward_id, ids.dana, 'she has room');
  const history = await api.get(`/api/v2/tickets/${dana.id}/audits`);
  const events = history.json.audits.flatMap((audit) => audit.events);
  assert.ok(events.some((event) => event.field_name === 'steward_id' && event.value === String(ids.dana)), 'the history says so');
  const german = await api.post('/api/v2/users', { user: { name: 'Eva', email: 'eva@example.net', locale: 'de-DE' } });
  assert.equal((await create({ requester_id: german.json.user.id })).steward_id, ids.tom, 'he speaks German');
});

test('the steward stays through other hands, groups, solving, reopening and what follows', async () => {
  const ticket = await create();
  assert.equal(ticket.steward_id, ids.dana);
  const { json } = await api.post('/api/v2/groups', { group: { name: 'Second level' } });
  await api.post('/api/v2/group_memberships', { group_membership: { user_id: ids.uwe, group_id: json.group.id } });
  assert.equal((await change(ticket.id, { group_id: json.group.id, assignee_id: ids.uwe })).steward_id, ids.dana);
  assert.equal((await change(ticket.id, { status: 'solved' })).steward_id, ids.dana);
  assert.equal((await change(ticket.id, { status: 'open' })).steward_id, ids.dana);
  await change(ticket.id, { status: 'solved' });
  await change(ticket.id, { status: 'closed' });
  await change((await create({ tags: ['paper'] })).id, { status: 'solved' });
  const next = await create({ via_followup_source_id: ticket.id, assignee_id: ids.uwe, tags: ['paper'] });
  assert.equal(next.steward_id, ids.dana, 'the person knows her');
  assert.equal(next.assignee_id, ids.uwe);
  await change(next.id, { status: 'closed' });
  await api.put(`/api/v2/users/${ids.dana}`, { user: { suspended: true } });
  const later = await create({ via_followup_source_id: next.id, assignee_id: ids.uwe });
  assert.equal(later.steward_id, ids.uwe, 'she is not there any more');
  assert.notEqual((await create()).steward_id, ids.dana, 'nor chosen');
  await api.put(`/api/v2/users/${ids.dana}`, { user: { suspended: false } });
});

test('a person’s next request goes to who looks after them, unless away', async () => {
  const first = await create({ requester_id: ids.person, tags: ['apple'] });
  assert.equal(first.steward_id, ids.tom);
  assert.equal((await create({ requester_id: ids.person })).steward_id, ids.tom);
  const from = new Date(Date.now() - 3600e3).toISOString();
  const to = new Date(Date.now() + 86400e3).toISOString();
  const absence = { from, to, deputy_id: ids.dana, note: 'Sea' };
  const { status, json } = await clients.tom.post('/api/v2/absences', { absence });
  assert.equal(status, 201);
  assert.equal(json.absence.user_id, ids.tom);
  assert.equal((await create({ requester_id: ids.person, tags: ['apple'] })).steward_id, ids.dana);
  assert.equal((await load(first.id)).steward_id, ids.tom, 'what he looks after stays his');
  const seen = (await clients.uwe.get('/api/v2/absences')).json.absences;
  assert.deepEqual(seen.map((one) => [one.user_id, one.deputy_id]), [[ids.tom, ids.dana]]);
  assert.equal((await person.get('/api/v2/absences')).status, 403);
  const others = { ...absence, user_id: ids.tom };
  assert.equal((await clients.uwe.post('/api/v2/absences', { absence: others })).status, 403);
  assert.equal((await clients.uwe.delete(`/api/v2/absences/${json.absence.id}`)).status, 403);
  for (const wrong of [{ ...absence, deputy_id: ids.tom }, { ...absence, to: from }, { ...absence, from: 'soon' }, { ...absence, deputy_id: ids.person }]) {
    assert.equal((await clients.tom.post('/api/v2/absences', { absence: wrong })).status, 422, JSON.stringify(wrong));
  }
  assert.equal((await api.delete(`/api/v2/absences/${json.absence.id}`)).status, 204, 'administrators may');
  assert.equal((await create({ requester_id: ids.person, tags: ['apple'] })).steward_id, ids.dana, 'the latest who looks after them');
  assert.equal((await create({ tags: ['apple'] })).steward_id, ids.tom, 'he is back');
});
