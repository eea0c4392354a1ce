// SPDX-License-Identifier: GPL-3.0-or-later
//
// What existing clients do and expect that breaks servers which do not mind the details. Each test
// says what the client does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '../support/http.mjs';
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

test('links begin with the address that the client used', async () => {
  for (let i = 0; i < 3; i++) await create({ comment: `link ${i}` });
  const other = server.url.replace('127.0.0.1', 'localhost');
  for (const path of ['/api/v2/tickets.json?per_page=1', '/api/v2/tickets?page[size]=1', '/api/v2/incremental/tickets?start_time=0']) {
    const { json } = await api.get(path);
    const link = json.next_page ?? json.links.next;
    assert.ok(link.startsWith(`${server.url}/api/v2/`), link);
    const there = JSON.parse((await request(other + path, { headers: api.headers })).text);
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
    'deleted_tickets', 'job_statuses', 'requests', 'sessions', 'custom_statuses', 'locales', 'deleted_users', 'custom_roles',
    'users/me/oauth/clients', 'oauth/clients', 'oauth/tokens', 'activities', 'bookmarks', 'skips', 'organization_subscriptions', 'audit_logs',
    'recipient_addresses', 'dynamic_content/items', 'satisfaction_ratings', 'views', 'macros', 'triggers', 'automations', 'sharing_agreements'];
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

test('ND: received ratings, wrappers of single objects, uploads labelled JSON, webhooks/test behind two slashes', async () => {
  assert.equal((await api.get('/api/v2/satisfaction_ratings/received.json')).status, 200);
  const macro = await api.post('/api/v2/macros.json', { macro: { title: 'A', actions: [{ field: 'priority', value: 'low' }] } });
  assert.deepEqual(Object.keys(macro.json), ['macro']);
  const [brand] = (await api.get('/api/v2/brands.json')).json.brands;
  assert.deepEqual(Object.keys((await api.get(brand.url)).json), ['brand']);
  const [role] = (await api.get('/api/v2/custom_roles.json')).json.custom_roles;
  assert.deepEqual(Object.keys((await api.get(`/api/v2/custom_roles/${role.id}.json`)).json), ['custom_role']);
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
  const sent = await request(`${server.url}/api/v2/uploads.json?filename=a.png&binary=false`, {
    method: 'POST', headers: { ...api.headers, 'content-type': 'application/json', 'content-length': bytes.length }, body: bytes,
  });
  assert.equal(sent.status, 201, sent.text);
  const { upload } = JSON.parse(sent.text);
  assert.deepEqual([upload.attachment.size, upload.attachment.content_type], [6, 'image/png']);
  const tried = await request(`${server.url}//api/v2//webhooks/test`, {
    method: 'POST', headers: { ...api.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ request: { endpoint: 'https://127.0.0.1:1/', http_method: 'POST', request_format: 'json', payload: '{}' } }),
  });
  assert.ok(![404, 405].includes(tried.status), `${tried.status} ${tried.text}`);
});

test('RB, ZP, GO: counts on lists, roles beside users, statuses exactly as documented, bodies where one is read', async () => {
  const { json } = await api.get('/api/v2/users.json?per_page=1&include=roles');
  assert.ok(json.count >= 1 && Array.isArray(json.roles) && json.roles.length >= 1, JSON.stringify(Object.keys(json)));
  const made = async (where, body) => {
    const answer = await api.post(`/api/v2/${where}.json`, body);
    assert.equal(answer.status, 201, `${where}: ${answer.text}`);
    return Object.values(answer.json)[0];
  };
  const user = await made('users', { user: { name: 'Zed', email: 'ZED@Example.net' } });
  assert.equal(user.email, 'zed@example.net', 'PH: addresses are lower-case');
  assert.equal((await api.put(user.url, { user: { name: 'Zed Z' } })).status, 200);
  const all = [{ field: 'status', operator: 'is', value: 'open' }];
  const actions = [{ field: 'priority', value: 'low' }];
  const things = [
    await made('groups', { group: { name: 'Gone soon' } }), await made('organizations', { organization: { name: 'Gone soon' } }),
    await made('views', { view: { title: 'Gone', all } }), await made('macros', { macro: { title: 'Gone', actions } }),
    await made('triggers', { trigger: { title: 'Gone', conditions: { all }, actions } }), await made('ticket_fields', { ticket_field: { type: 'text', title: 'Gone' } }),
    await made('tickets', { ticket: { comment: 'gone' } }),
  ];
  for (const { url } of things) assert.equal((await api.delete(url)).status, 204, url);
  const gone = await api.delete(user.url);
  assert.deepEqual([gone.status, gone.json.user.active], [200, false], 'ZP: DELETE /users/N has a body');
  const found = await api.get('/api/v2/search.json?query=type:user Zed');
  assert.ok(found.json.results.every((row) => row.result_type), 'ZP: each result says its type');
  const many = await api.post('/api/v2/tickets/create_many.json', { tickets: [{ comment: 'x' }] });
  assert.deepEqual([many.status, many.json.job_status.status], [200, 'queued']);
  const batch = await api.post('/api/v2/tickets/create_many.json', { tickets: Array.from({ length: 101 }, () => ({ comment: 'x' })) });
  assert.deepEqual([batch.status, batch.json.error, batch.json.max_count], [400, 'TooManyValues', 100]);
});

test('PH, JV: related keys, counts of show_many, maps of fields, async tickets, keys against doing twice', async () => {
  const field = (await api.post('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'Lamp' } })).json.ticket_field;
  const ticket = await create({ comment: 'x', custom_fields: { [field.id]: 'round' } });
  assert.equal(ticket.custom_fields.find((one) => one.id === field.id).value, 'round');
  const { ticket_related: related } = (await api.get(`/api/v2/tickets/${ticket.id}/related.json`)).json;
  assert.deepEqual(Object.keys(related).sort(), ['followup_source_ids', 'from_archive', 'incidents', 'jira_issue_ids', 'topic_id', 'twitter', 'url']);
  assert.equal((await api.get(`/api/v2/tickets/show_many.json?ids=${ticket.id},99999999`)).json.count, 1);
  const later = await api.post('/api/v2/tickets.json?async=true', { ticket: { comment: 'later' } });
  assert.ok(later.json.job_status.id, later.text);
  const call = () => request(`${server.url}/api/v2/tickets.json`, {
    method: 'POST', headers: { ...api.headers, 'content-type': 'application/json', 'idempotency-key': 'careless' }, body: JSON.stringify({ ticket: { comment: 'once' } }),
  });
  const [first, second] = [await call(), await call()];
  assert.deepEqual([first.headers['x-idempotency-lookup'], second.headers['x-idempotency-lookup'], second.text], ['miss', 'hit', first.text]);
});

test('SG, AB: figures beside tickets, audits backwards until there are none, the words that skip a stream', async () => {
  await create({ comment: 'x' });
  const { tickets } = (await api.get('/api/v2/incremental/tickets/cursor.json?start_time=0&include=metric_sets&per_page=5')).json;
  assert.ok(tickets.every((one) => one.metric_set && Array.isArray(one.fields)));
  const seen = new Set();
  let next = '/api/v2/ticket_audits.json?limit=200';
  for (let pages = 0; next && pages < 100; pages++) {
    const { json } = await api.get(next);
    if (json.audits.length === 0) break;
    for (const { id } of json.audits) {
      assert.ok(!seen.has(id), 'none twice');
      seen.add(id);
    }
    next = json.before_url;
  }
  assert.ok(seen.size > 10);
  assert.deepEqual((await api.get('/api/v2/search?query=type:user updated>2000-01-01T00:00:00Z updated<2000-01-02T00:00:00Z')).json.results, []);
  await api.post('/api/v2/users', { user: { name: 'Small', email: 'small@example.net' } });
  const small = await server.api('small@example.net');
  const refused = await small.get('/api/v2/tickets');
  assert.deepEqual([refused.status, refused.json.error.title], [403, 'Forbidden']);
  assert.ok(refused.json.error.message.startsWith('You do not have access to this page.'), refused.text);
  small.close();
});

test('ZM: the home page mentions its own address, exports begin at 1, options of fields, files without signing in', async () => {
  const home = await request(`${server.url}/`);
  assert.ok(home.text.includes(server.url.replace('http://', '')), 'its address');
  for (const path of ['tickets', 'users', 'organizations']) assert.equal((await api.get(`/api/v2/incremental/${path}.json?start_time=1`)).status, 200);
  const field = (await api.post('/api/v2/ticket_fields', { ticket_field: { type: 'tagger', title: 'Bulb', custom_field_options: [{ name: 'Round', value: 'bulb_round' }] } })).json.ticket_field;
  assert.deepEqual(field.custom_field_options.map(({ name, value }) => [name, value]), [['Round', 'bulb_round']]);
  const upload = await request(`${server.url}/api/v2/uploads?filename=a.txt`, { method: 'POST', headers: { ...api.headers, 'content-type': 'text/plain' }, body: 'words' });
  const ticket = await create({ comment: { body: 'x', uploads: JSON.parse(upload.text).upload.token } });
  const [comment] = (await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  const bare = await request(comment.attachments[0].content_url);
  assert.deepEqual([bare.status, bare.text], [200, 'words']);
});
