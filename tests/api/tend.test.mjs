// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stewardship from outside: who becomes a person's one contact, and that they stay.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let sink;
let api;
let person;
const ids = {};
const clients = {};

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
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
  await sink?.close();
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

const away = (name, deputy) => {
  const from = new Date(Date.now() - 3600e3).toISOString();
  const to = new Date(Date.now() + 86400e3).toISOString();
  return api.post('/api/v2/absences', { absence: { user_id: ids[name], from, to, deputy_id: ids[deputy] } });
};
const put = (id, ticket, client) => client.put(`/api/v2/tickets/${id}`, { ticket });
const introduce = (body, is_public = true) => ({ comment: { body, public: is_public } });

test('the steward changes only with an introduction that the requester sees', async () => {
  const { id } = await create({ assignee_id: ids.tom });
  const next = { steward_id: ids.dana };
  for (const [what, ticket, client] of [
    ['without words', next, clients.tom],
    ['with an internal note', { ...next, ...introduce('Dana takes over.', false) }, clients.tom],
    ['without a name', { ...next, ...introduce('Somebody else takes over.') }, clients.tom],
    ['by another agent', { ...next, ...introduce('I am Dana.') }, clients.dana],
    ['by an administrator', { ...next, ...introduce('Dana takes over.') }, api],
    ['to a person who is no agent', { steward_id: ids.person, ...introduce('Person takes over.') }, clients.tom],
  ]) {
    const { status, json } = await put(id, ticket, client);
    assert.equal(status, 422, `${what}: ${JSON.stringify(json)}`);
    assert.ok('steward_id' in json.details, what);
    assert.equal((await load(id)).steward_id, ids.tom, what);
  }
  assert.equal((await put(id, { steward_id: ids.tom }, clients.dana)).status, 200, 'the same one is no handover');
  const handed = await put(id, { ...next, ...introduce('From now on Dana will look after this for you.') }, clients.tom);
  assert.equal(handed.status, 200, JSON.stringify(handed.json));
  assert.equal(handed.json.ticket.steward_id, ids.dana);
  assert.equal(handed.json.ticket.assignee_id, ids.tom, 'who works on it is another matter');
  const { events } = handed.json.audit;
  assert.ok(events.some((one) => one.type === 'Comment' && one.public));
  assert.ok(events.some((one) => one.field_name === 'steward_id' && one.previous_value === String(ids.tom) && one.value === String(ids.dana)));
  await api.put(`/api/v2/users/${ids.dana}`, { user: { suspended: true } });
  const uwe = { steward_id: ids.uwe };
  assert.equal((await put(id, { ...uwe, ...introduce('Uwe takes over.') }, clients.tom)).status, 422, 'he introduces himself');
  assert.equal((await put(id, { ...uwe, ...introduce('I am Uwe and look after this now.') }, clients.uwe)).status, 200);
  assert.equal((await load(id)).steward_id, ids.uwe);
  await api.put(`/api/v2/users/${ids.dana}`, { user: { suspended: false } });
  await change(id, { status: 'solved' });
});

test('a deputy speaks for the steward who is away; the steward stays', async () => {
  const email = `s${count + 1}@example.net`;
  const { id } = await create({ assignee_id: ids.tom });
  const absence = await away('tom', 'dana');
  const before = await put(id, { ...introduce('I am on it.') }, clients.uwe);
  assert.equal(before.status, 200);
  const answer = await put(id, { ...introduce('The part was ordered.') }, clients.dana);
  assert.equal(answer.json.ticket.steward_id, ids.tom);
  const mail = await sink.wait((one) => one.to?.includes(email) && /part was ordered/.test(one.text ?? ''));
  assert.match(mail.header('from'), /Dana for Tom/);
  assert.match(mail.text, /^Dana for Tom$/m);
  const other = await sink.wait((one) => one.to?.includes(email) && /I am on it/.test(one.text ?? ''));
  assert.doesNotMatch(other.header('from'), / for Tom/, 'nobody named him');
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  assert.match(pageText((await visitor.get(`/tickets/${id}`)).text), /Dana for Tom/);
  assert.match(pageText((await visitor.get(`/tickets/${id}/as-requester`)).text), /Dana for Tom/);
  const handed = await put(id, { steward_id: ids.uwe, ...introduce('Uwe looks after this from now on.') }, clients.dana);
  assert.equal(handed.status, 200, 'who speaks for him may introduce');
  assert.equal((await api.delete(`/api/v2/absences/${absence.json.absence.id}`)).status, 204);
  const again = await create({ assignee_id: ids.tom });
  await put(again.id, { ...introduce('Nearly done.') }, clients.dana);
  assert.doesNotMatch(pageText((await visitor.get(`/tickets/${again.id}`)).text), /Dana for Tom/, 'he is back');
  visitor.close();
});

test('a group passes what comes to it unassigned to its members, by turns or by load', async () => {
  const group = (await api.post('/api/v2/groups', { group: { name: 'Routed' } })).json.group.id;
  for (const name of ['tom', 'uwe']) {
    await api.post('/api/v2/group_memberships', { group_membership: { user_id: ids[name], group_id: group } });
  }
  const route = (way, client = api) => client.put(`/api/v2/stewards/routes/${group}`, { route: { way } });
  assert.equal((await create({ group_id: group })).assignee_id, null, 'nothing is set');
  assert.equal((await route('turn', clients.tom)).status, 403);
  assert.equal((await route('chance')).status, 422);
  assert.deepEqual((await route('turn')).json.routes, [{ group_id: group, way: 'turn' }]);
  const turns = [];
  for (let i = 0; i < 4; i++) turns.push((await create({ group_id: group })).assignee_id);
  assert.deepEqual(turns, [ids.tom, ids.uwe, ids.tom, ids.uwe]);
  const absence = await away('tom', 'dana');
  const moved = await create();
  assert.equal(moved.assignee_id, null);
  const routed = await change(moved.id, { group_id: group });
  assert.equal(routed.assignee_id, ids.uwe, 'his turn it would be, but he is away');
  assert.equal(routed.steward_id, moved.steward_id, 'the steward stays');
  const { audits } = (await api.get(`/api/v2/tickets/${moved.id}/audits`)).json;
  assert.ok(audits.at(-1).events.some((one) => one.type === 'Routing' && /Routed to Uwe: their turn/.test(one.value)));
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  assert.match(pageText((await visitor.get(`/tickets/${moved.id}`)).text), /Routed to Uwe: their turn in the group/);
  visitor.close();
  assert.equal((await change(moved.id, { assignee_id: null })).assignee_id, null, 'who lays it back lays it back');
  await api.delete(`/api/v2/absences/${absence.json.absence.id}`);
  assert.equal((await route('load')).status, 200);
  const steward = await create({ requester_id: ids.person, tags: ['apple'], group_id: group });
  assert.ok([ids.tom, ids.uwe].includes(steward.assignee_id));
  for (let i = 0; i < 6; i++) await create({ assignee_id: ids.uwe });
  assert.equal((await create({ group_id: group, tags: ['apple'] })).assignee_id, ids.tom, 'who can and has less to do');
  assert.deepEqual((await route('none')).json.routes, []);
  assert.equal((await create({ group_id: group })).assignee_id, null);
});

test('the page of a handover and that of absences', async () => {
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const me = (await api.get('/api/v2/users/me')).json.user.id;
  const { id } = await create({ assignee_id: me });
  const path = `/tickets/${id}/handover`;
  const page = await visitor.get(path);
  const refused = await visitor.submit(page, path, { steward: String(ids.dana), body: 'Bye <now>.' });
  assert.equal(refused.status, 422);
  assert.match(pageText(refused.text), /who will look after this from now on, by name.*Bye <now>\./s);
  assert.equal((await load(id)).steward_id, me);
  const done = await visitor.submit(page, path, { steward: String(ids.dana), body: 'Dana will look after this.' });
  assert.equal(done.status, 303);
  assert.equal((await load(id)).steward_id, ids.dana);
  assert.match(pageText((await visitor.get(path)).text), /Only Dana, or who speaks for them/);
  assert.equal(forms((await visitor.get(path)).text).some((form) => 'steward' in form.fields), false);
  const list = await visitor.get('/absences');
  const fields = { user: String(ids.tom), deputy: String(ids.uwe), from: '2031-01-02T08:00', to: '2031-01-01T08:00', note: 'Skis & snow' };
  const wrong = await visitor.submit(list, '/absences', fields);
  assert.equal(wrong.status, 422);
  assert.match(pageText(wrong.text), /The end has to come after the beginning/);
  assert.equal((await visitor.submit(list, '/absences', { ...fields, to: '2031-01-09T18:00' })).status, 303);
  const shown = await visitor.get('/absences');
  assert.match(pageText(shown.text), /Tom.*Deputy: Uwe · Skis & snow/s);
  const [action] = shown.text.match(/\/absences\/\d+\/remove/);
  assert.equal((await visitor.submit(shown, action, {})).status, 303);
  assert.doesNotMatch(pageText((await visitor.get('/absences')).text), /Skis/);
  visitor.close();
});
