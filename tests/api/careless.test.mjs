// SPDX-License-Identifier: GPL-3.0-or-later
//
// What existing clients do and expect that breaks servers which do not mind the details. Each test
// says what the client does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api, request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

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

test('links begin with the address that the client used', async () => {
  for (let i = 0; i < 3; i++) await create({ comment: `link ${i}` });
  const other = server.url.replace('127.0.0.1', 'localhost');
  for (const path of ['/api/v2/tickets.json?per_page=1', '/api/v2/tickets?page[size]=1', '/api/v2/incremental/tickets?start_time=0']) {
    const { json } = await api.get(path);
    const link = json.next_page ?? json.links.next;
    assert.ok(link.startsWith(`${server.url}/api/v2/`), link);
    const there = JSON.parse((await request(server.url + path, { headers: { ...api.headers, host: new URL(other).host } })).text);
    assert.ok((there.next_page ?? there.links.next).startsWith(`${other}/api/v2/`));
    assert.ok(there.tickets[0].url.startsWith(other) && there.tickets[0].url.endsWith('.json'));
  }
});

test('204 has its reason and no body; 201 has Location; url takes later calls', async () => {
  const made = await api.post('/api/v2/tickets', { ticket: { comment: 'x' } });
  assert.equal(made.headers.location, made.json.ticket.url);
  assert.equal((await api.put(made.json.ticket.url, { ticket: { priority: 'low' } })).status, 200);
  const gone = await api.delete(made.json.ticket.url);
  assert.deepEqual([gone.status, gone.reason, gone.text], [204, 'No Content', '']);
});

test('doubled slashes, .json or not, and bodies where none is due', async () => {
  const ticket = await create({ comment: 'x' });
  const headers = { ...api.headers, 'content-type': 'application/json' };
  for (const path of [`/api/v2//tickets/${ticket.id}`, `//api/v2/tickets/${ticket.id}.json`]) {
    const answer = await request(server.url + path, { headers });
    assert.equal(answer.status, 200, path);
  }
  const body = '{"tags":["none"]}';
  const withLength = { ...headers, 'content-length': body.length }; // node sends none with DELETE by itself
  const withBody = await request(`${server.url}/api/v2/tickets/${ticket.id}/tags`, { method: 'DELETE', headers: withLength, body });
  assert.equal(withBody.status, 200);
  assert.equal((await request(`${server.url}/api/v2/tickets/${ticket.id}/mark_as_spam`, { method: 'PUT', headers })).status, 422, 'an empty body is read as one');
});

test('the same parameter twice: the last counts; arrays in any form', async () => {
  const ids = [];
  for (let i = 0; i < 3; i++) ids.push((await create({ comment: `p${i}` })).id);
  const twice = await api.get('/api/v2/tickets?page=1&per_page=2&page=2&per_page=1');
  assert.equal(twice.json.tickets.length, 1);
  for (const query of [`ids=${ids.join(',')}`, ids.map((id) => `ids[]=${id}`).join('&'), ids.map((id) => `ids%5B%5D=${id}`).join('&')]) {
    assert.equal((await api.get(`/api/v2/tickets/show_many?${query}`)).json.count, 3, query);
  }
  assert.equal((await api.get('/api/v2/tickets?page%5Bsize%5D=1')).json.tickets.length, 1);
});

test('every list answers to page[size] with meta.has_more, and to numbers with count', async () => {
  const lists = ['users', 'tickets', 'organizations', 'groups', 'groups/assignable', 'group_memberships', 'organization_memberships',
    'tags', 'suspended_tickets', 'ticket_metrics', 'ticket_fields', 'ticket_forms', 'user_fields', 'organization_fields', 'brands',
    'deleted_tickets', 'job_statuses', 'requests', 'sessions', 'custom_statuses', 'locales', 'deleted_users', 'custom_roles'];
  for (const list of lists) {
    const { status, json, text } = await api.get(`/api/v2/${list}.json?page[size]=1`);
    assert.equal(status, 200, `${list}: ${text}`);
    assert.equal(typeof json.meta?.has_more, 'boolean', list);
    assert.ok('next' in json.links && !('count' in json), list);
    assert.ok(json.meta.has_more || json.links.next === null, `${list}: no link behind the end`);
    const byNumber = (await api.get(`/api/v2/${list}?per_page=1`)).json;
    assert.ok('next_page' in byNumber && typeof byNumber.count === 'number', list);
  }
});

test('errors carry what clients key on', async () => {
  assert.deepEqual((await api.get('/api/v2/tickets/99999999')).json, { error: 'RecordNotFound', description: 'Not found' });
  assert.deepEqual((await api.get('/api/v2/no_such_thing')).json, { error: 'InvalidEndpoint', description: 'Not found' });
  const invalid = (await api.post('/api/v2/tickets', { ticket: {} })).json;
  assert.deepEqual([invalid.error, invalid.description, invalid.details.base[0].error], ['RecordInvalid', 'Record validation errors', 'BlankValue']);
  const far = await api.get('/api/v2/tickets?page=200');
  assert.deepEqual([far.status, far.json.errors[0].code], [400, 'InvalidPaginationParameter']);
  const long = await api.get(`/api/v2/search?query=a&page=12`);
  assert.equal(long.json.error, 'invalid');
  const me = await request(`${server.url}/api/v2/users/me.json`, { headers: { authorization: 'Basic eDp5' } });
  assert.deepEqual([me.status, JSON.parse(me.text).user.id, JSON.parse(me.text).user.name], [200, null, 'Anonymous user']);
  for (const path of ['/api/v2/tickets', '/api/v2/tickets/99999999', '/api/v2/tickets?page=200']) {
    assert.equal((await api.get(path)).headers['retry-after'], undefined, 'only where waiting helps');
  }
});

test('an ETag spares the body; limits are told', async () => {
  const ticket = await create({ comment: 'x' });
  const first = await api.get(ticket.url);
  const second = await request(ticket.url, { headers: { ...api.headers, 'if-none-match': first.headers.etag } });
  assert.deepEqual([second.status, second.text], [304, '']);
  for (const name of ['x-request-id', 'x-rate-limit', 'x-rate-limit-remaining', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset']) {
    assert.ok(first.headers[name], name);
  }
  assert.equal(first.headers['x-zendesk-api-version'], 'v2');
});

test('comment.value, map-shaped fields, an upload as one text, times with offsets, ids as texts', async () => {
  const me = (await api.get('/api/v2/users/me')).json.user;
  const ticket = await create({
    comment: { value: 'by value', uploads: undefined }, requester_id: `${me.id}`, due_at: '2030-01-02T03:04:05.678+02:00', type: 'task', custom_fields: {},
  });
  assert.deepEqual([ticket.description, ticket.requester_id, ticket.due_at], ['by value', me.id, '2030-01-02T01:04:05Z']);
  assert.ok(Array.isArray(ticket.fields) && Array.isArray(ticket.custom_fields));
  assert.deepEqual([ticket.generated_timestamp >= Date.parse(ticket.updated_at) / 1000, Number.isInteger(ticket.id)], [true, true]);
});

test('start_time up to now and 1 are taken; exports of empty spans end', async () => {
  const now = Math.floor(Date.now() / 1000);
  for (const path of ['tickets', 'users', 'organizations', 'ticket_events']) {
    const late = (await api.get(`/api/v2/incremental/${path}.json?start_time=${now + 100}`)).json;
    assert.deepEqual([late.count, late.end_of_stream, late[path]], [0, true, []]);
    assert.ok(late.next_page.includes('start_time='));
    assert.equal((await api.get(`/api/v2/incremental/${path}?start_time=1`)).status, 200);
  }
});

test('each token has a budget of its own, and each call an id that the log tells, too', async () => {
  const one = await startServer({ env: { STEWARD_RATE_API: '3' } });
  try {
    const first = await one.api();
    const { json } = await first.post('/api/v2/oauth/clients', { client: { name: 'C', identifier: 'c', redirect_uri: ['https://c.example/'] } });
    const made = await first.post('/api/v2/oauth/tokens', { token: { client_id: json.client.id, scopes: ['read'] } });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual([made.headers['x-rate-limit'], made.headers['x-rate-limit-remaining']], ['3', '1']);
    assert.equal((await first.get('/api/v2/users/me')).status, 200);
    const refused = await first.get('/api/v2/users/me');
    assert.deepEqual([refused.status, refused.json.error], [429, 'APIRateLimitExceeded']);
    assert.match(refused.headers['retry-after'], /^[1-9]\d*$/);
    const bearer = new Api(one.url);
    bearer.headers = { authorization: `Bearer ${made.json.token.full_token}` };
    const answer = await bearer.get('/api/v2/users/me');
    assert.deepEqual([answer.status, answer.headers['x-rate-limit-remaining']], [200, '2'], 'another token of the same person');
    const id = answer.headers['x-request-id'];
    assert.ok(id, 'an id');
    await until('the call in the log', () => one.log.includes(id));
    bearer.close();
    first.close();
  } finally {
    await one.stop();
  }
});

test('what single clients ask before they trust a desk', async () => {
  // SG: a search that must find nothing, and an end of the span after now.
  const none = await api.get(`/api/v2/search.json?query=${encodeURIComponent('type:user updated>2000-01-01T00:00:00Z updated<2000-01-02T00:00:00Z')}`);
  assert.deepEqual([none.status, none.json.count, none.json.results], [200, 0, []]);
  // ND: who am I, with nothing and with a wrong token.
  for (const headers of [{}, { authorization: 'Bearer nothing' }]) {
    const { status, text } = await request(`${server.url}/api/v2/users/me.json`, { headers });
    const { user } = JSON.parse(text);
    assert.deepEqual([status, user.id, user.name], [200, null, 'Anonymous user']);
  }
  // ND: a doubled slash in front of webhooks/test; an address inside is refused, not unknown.
  const tried = await api.post('/api/v2//webhooks/test', { request: { endpoint: 'http://127.0.0.1:1/', http_method: 'GET', request_format: 'json' } });
  assert.equal(tried.status, 422, tried.text);
  // AB: the connection check, and its older form.
  assert.equal((await api.get('/api/v2/tags')).status, 200);
  assert.equal((await api.get('/api/v2/account/settings.json')).json.settings.active_features.organization_access_enabled, true);
  // N8: next_page with the first query behind it once more.
  for (const n of [1, 2, 3]) await create({ comment: `page ${n}` });
  const first = await api.get('/api/v2/tickets.json?per_page=2&page=1');
  const second = await api.get(`${first.json.next_page}&per_page=2&page=2`);
  assert.equal(second.status, 200);
  assert.equal(second.json.tickets.some(({ id }) => first.json.tickets.some((one) => one.id === id)), false);
  // ZP: DELETE of a user has a body; PH: addresses in small letters, custom_fields as a map.
  const { user } = (await api.post('/api/v2/users', { user: { name: 'Gone', email: 'GONE@Careless.example' } })).json;
  assert.equal(user.email, 'gone@careless.example');
  const gone = await api.delete(`/api/v2/users/${user.id}.json`);
  assert.deepEqual([gone.status, gone.json.user.active], [200, false]);
  // RB: page[size] written with percents and without.
  for (const size of ['page[size]=1', 'page%5Bsize%5D=1']) assert.equal((await api.get(`/api/v2/tickets?${size}`)).json.tickets.length, 1, size);
});
