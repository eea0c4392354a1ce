// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tickets through the JSON API as programs use it: making, changing, listing, searching.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';

let server;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
});
after(() => server.stop());

async function create(ticket) {
  const answer = await api.post('/api/v2/tickets.json', { ticket });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

function refused(answer, field, word, text) {
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json.error, 'RecordInvalid');
  assert.equal(answer.json.details[field][0].error, word);
  assert.match(answer.json.details[field][0].description, text);
}

test('a ticket is created with its audit, changed and deleted', async () => {
  const made = await api.post('/api/v2/tickets', {
    ticket: {
      subject: 'Printer',
      comment: { body: 'It burns' },
      priority: 'high',
      tags: ['b', 'A'],
      requester: { name: 'Rita Req', email: 'rita@example.org' },
    },
  });
  assert.equal(made.status, 201, made.text);
  const { ticket, audit } = made.json;
  assert.equal(made.headers.location, ticket.url);
  assert.ok(made.headers['x-request-id']);
  assert.deepEqual([ticket.status, ticket.tags, ticket.description], ['new', ['a', 'b'], 'It burns']);
  assert.equal(audit.events[0].type, 'Comment');
  const changed = await api.put(ticket.url, { ticket: { status: 'pending', comment: 'Have you tried water?' } });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json.ticket.status, 'pending');
  assert.ok(changed.json.audit.events.some((event) => event.field_name === 'status' && event.previous_value === 'new'));
  const same = await api.put(ticket.url, { ticket: { status: 'pending' } });
  assert.equal(same.json.ticket.updated_at, changed.json.ticket.updated_at);
  assert.equal((await api.delete(ticket.url)).status, 204);
  assert.equal((await api.get(ticket.url)).status, 404);
  assert.equal((await api.delete(ticket.url)).status, 404);
});

test('a change keeps the ticket where it is, whoever asked has gone or moved since', async () => {
  const { organization } = (await api.post('/api/v2/organizations', { organization: { name: 'Where it was asked' } })).json;
  const ticket = await create({ subject: 'Kept', comment: { body: 'x' }, requester: { name: 'Leaves Soon', email: 'leaves@example.org' }, organization_id: organization.id });
  const changed = await api.put(ticket.url, { ticket: { priority: 'low' } });
  assert.equal(changed.json.ticket.organization_id, organization.id, 'nobody asked for another organisation');
  assert.equal((await api.delete(`/api/v2/users/${ticket.requester_id}.json`)).status, 200);
  const later = await api.put(ticket.url, { ticket: { priority: 'high' } });
  assert.equal(later.status, 200, later.text);
  assert.equal(later.json.ticket.organization_id, organization.id);
});

test('errors have the shapes that clients read', async () => {
  refused(await api.post('/api/v2/tickets', { ticket: { subject: 'x' } }), 'base', 'BlankValue', /^Description:/);
  refused(
    await api.post('/api/v2/tickets', { ticket: { comment: 'x', requester: { email: 'no.name@example.org' } } }),
    'requester', 'TooShort', /^Requester: Name:/,
  );
  const ticket = await create({ comment: 'Closed soon' });
  await api.put(ticket.url, { ticket: { status: 'closed' } });
  refused(await api.put(ticket.url, { ticket: { priority: 'low' } }), 'status', 'InvalidValue', /closed/);
  assert.deepEqual((await api.get('/api/v2/tickets/99999')).json, { error: 'RecordNotFound', description: 'Not found' });
  assert.equal((await api.put(ticket.url, '{"ticket":')).json.error, 'BadRequest');
  const open = await create({ comment: 'Careful' });
  const stale = { safe_update: true, updated_stamp: '2020-01-01T00:00:00Z', priority: 'low' };
  assert.equal((await api.put(open.url, { ticket: stale })).json.error, 'UpdateConflict');
  const many = Array.from({ length: 101 }, (_, i) => i + 1).join(',');
  assert.equal((await api.get(`/api/v2/tickets/show_many?ids=${many}`)).json.error, 'TooManyValues');
});

test('show_many leaves out what is missing and counts the rest', async () => {
  const [a, b] = [await create({ comment: 'a' }), await create({ comment: 'b' })];
  const { json } = await api.get(`/api/v2/tickets/show_many.json?ids=${a.id},88888,${b.id}`);
  assert.deepEqual([json.tickets.map((one) => one.id), json.count, json.next_page], [[a.id, b.id], 2, null]);
});

test('both styles of pages show every ticket once while others are created', async () => {
  const made = [];
  for (let i = 0; i < 7; i++) made.push((await create({ comment: `walk ${i}`, tags: ['walk'] })).id);
  for (const first of ['/api/v2/tickets?page[size]=2', '/api/v2/tickets?per_page=2']) {
    const seen = [];
    for (let next = first; next; ) {
      const { json } = await api.get(next);
      seen.push(...json.tickets.map((ticket) => ticket.id));
      if (seen.length <= 6) made.push((await create({ comment: 'meanwhile' })).id);
      next = json.meta ? (json.meta.has_more ? json.links.next : null) : json.next_page;
    }
    assert.equal(new Set(seen).size, seen.length, 'no ticket twice');
    assert.deepEqual(made.filter((id) => !seen.includes(id)), [], 'no ticket missed');
  }
});

test('search finds tickets and people by words and fields', async () => {
  const ticket = await create({
    subject: 'Zeppelin', comment: 'lands gracefully', tags: ['air', 'big'], type: 'question', priority: 'urgent',
    requester: { name: 'Zora Zeppelin', email: 'zora@example.org' },
  });
  const ids = async (query) => {
    const answer = await api.get(`/api/v2/search.json?query=${encodeURIComponent(query)}`);
    assert.equal(answer.status, 200, answer.text);
    const bare = await api.get(`/api/v2/search/count?query=${encodeURIComponent(query)}`);
    assert.deepEqual(bare.json, { count: answer.json.count });
    return answer.json.results.map((one) => `${one.result_type}:${one.id}`);
  };
  const it = `ticket:${ticket.id}`;
  for (const query of ['gracefully', '"lands gracefully"', 'zepp* type:ticket', 'type:ticket tags:air', `${ticket.id}`,
    'tags:"air big"', 'requester:zora@example.org', 'requester:zora', 'zeppelin priority>high', 'gracefully status<open',
    'gracefully created>2days', 'gracefully assignee:none', 'gracefully ticket_type:question ticket_type:task']) {
    assert.ok((await ids(query)).includes(it), query);
  }
  for (const query of ['gracefully -tags:air', 'gracefully -lands', 'gracefully priority<urgent', 'gracefully status:solved',
    'gracefully created<2days', 'gracefully assignee:me', 'tags:"air small"', 'gracefully unknown:field']) {
    assert.ok(!(await ids(query)).includes(it), query);
  }
  const user = `user:${ticket.requester_id}`;
  assert.deepEqual(await ids('type:user email:zora@example.org'), [user]);
  assert.deepEqual((await ids('zeppelin')).sort(), [it, user]);
  assert.deepEqual(await ids('type:user updated>2000-01-01T00:00:00Z updated<2000-01-02T00:00:00Z'), []);
  const missing = await api.get('/api/v2/search');
  assert.deepEqual([missing.status, missing.json.error], [422, 'invalid']);
  const far = await api.get('/api/v2/search?query=a&page=11');
  assert.deepEqual([far.status, far.json.error], [422, 'invalid']);
});

test('search finds organisations and groups, each with its type', async () => {
  const made = async (path, body) => Object.values((await api.post(path, body)).json)[0];
  const organization = await made('/api/v2/organizations', {
    organization: { name: 'Quokka Works', tags: ['zoo'], external_id: 'q-1', notes: 'smiling' },
  });
  const group = await made('/api/v2/groups', { group: { name: 'Quokka keepers' } });
  const search = async (query) =>
    (await api.get(`/api/v2/search?query=${encodeURIComponent(query)}`)).json.results.map((one) => `${one.result_type}:${one.id}`);
  const [o, g] = [`organization:${organization.id}`, `group:${group.id}`];
  assert.deepEqual(await search('quokka'), [o, g]);
  assert.deepEqual(await search('type:organization tags:zoo'), [o]);
  assert.deepEqual(await search('type:organization external_id:Q-1 notes:smil*'), [o]);
  assert.deepEqual(await search('type:organization quokka -tags:zoo'), []);
  assert.deepEqual(await search('type:group name:quokka created>2days'), [g]);
  assert.deepEqual(await search('type:group name:quokka created<2days'), []);
  for (const [type, id] of [['organization', organization.id], ['group', group.id]]) {
    const { json } = await api.get(`/api/v2/search/export?query=quokka&filter[type]=${type}&page[size]=1`);
    assert.deepEqual([json.results.map((one) => one.id), json.meta.has_more], [[id], false]);
  }
  assert.equal((await api.get('/api/v2/search/count?query=quokka')).json.count, 2);
});

test('search/export walks by cursor in order of creation', async () => {
  const seen = [];
  let next = '/api/v2/search/export?query=tags:walk&filter[type]=ticket&page[size]=3';
  while (next) {
    const { json } = await api.get(next);
    assert.ok(json.results.length <= 3);
    seen.push(...json.results.map((one) => one.id));
    next = json.meta.has_more ? json.links.next : null;
  }
  assert.equal(seen.length, 7);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
});

test('who may not, may not', async () => {
  const ticket = await create({ comment: 'Not for everybody', requester: { name: 'Eva', email: 'eva@example.org' } });
  const role = async (email, values) => {
    const answer = await api.post('/api/v2/users', { user: { name: email, email, verified: true, ...values } });
    assert.equal(answer.status, 201, answer.text);
    return server.api(email);
  };
  const endUser = await server.api('eva@example.org');
  for (const path of ['/api/v2/tickets', ticket.url, '/api/v2/search?query=a']) {
    const answer = await endUser.get(path);
    assert.deepEqual([answer.status, answer.json.error.title], [403, 'Forbidden'], path);
  }
  const restricted = await role('restricted@example.org', { role: 'agent', ticket_restriction: 'assigned' });
  assert.equal((await restricted.get(ticket.url)).status, 404);
  assert.deepEqual((await restricted.get('/api/v2/search?query=everybody')).json.results, []);
  assert.equal((await restricted.put(ticket.url, { ticket: { priority: 'low' } })).status, 404);
  const nobody = await api.call('GET', '/api/v2/tickets', undefined, { authorization: 'Basic bm9ib2R5Om5v' });
  assert.deepEqual([nobody.status, nobody.json], [401, { error: "Couldn't authenticate you" }]);
});
