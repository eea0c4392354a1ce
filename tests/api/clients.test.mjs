// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each of the existing clients does and expects, by its code in the contract; careless.test.mjs
// has what several of them do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '../support/http.mjs';
import { signIn } from '../support/desk.mjs';
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

test('the lists that were added later answer to both kinds of pages, too', async () => {
  const lists = ['oauth/clients', 'oauth/tokens', 'activities', 'bookmarks', 'skips', 'organization_subscriptions', 'audit_logs',
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
  assert.ok(seen.size >= 3, `${seen.size} audits`);
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

test('a comment that came by mail says from whom and to which address, to staff', async () => {
  const mail = ['From: Ana Ruiz <ana@example.net>', 'To: support@example.org', 'Subject: No light', 'Message-ID: <via-1@example.net>', '', 'It is dark.', ''].join('\r\n');
  await server.run('deliver', ['--to', 'support@example.org'], { input: mail });
  const [ticket] = (await api.get('/api/v2/search?query=type:ticket requester:ana@example.net')).json.results;
  const [comment] = (await api.get(`/api/v2/tickets/${ticket.id}/comments.json`)).json.comments;
  assert.equal(comment.via.channel, 'email');
  assert.deepEqual([comment.via.source.from.address, comment.via.source.from.name, comment.via.source.to.address], ['ana@example.net', 'Ana Ruiz', 'support@example.org']);
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { comment: 'An answer.' } });
  const all = (await api.get(`/api/v2/tickets/${ticket.id}/comments.json`)).json.comments;
  assert.deepEqual(all.find((one) => one.body === 'An answer.').via, { channel: 'api', source: { from: {}, to: {}, rel: null } });
  const ana = await server.api('ana@example.net');
  const own = (await ana.get(`/api/v2/requests/${ticket.id}/comments.json`)).json.comments;
  assert.deepEqual(own.map((one) => one.via.source.from), [{}, {}], 'how mails went is for staff');
  ana.close();
});

test('a browser asks for its token where the help center has it', async () => {
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const { csrf_token: token } = JSON.parse((await visitor.get('/api/v2/help_center/sessions.json')).text).current_session;
  const send = (headers) => visitor.send('/api/v2/tags', { method: 'GET', headers });
  assert.equal((await send({})).status, 200);
  const put = (headers) => visitor.send('/api/v2/users/me/settings', { method: 'PUT', headers: { 'content-type': 'application/json', ...headers }, body: '{"settings":{"lotus":{}}}' });
  assert.deepEqual([(await put({})).status, (await put({ 'x-csrf-token': token })).status], [403, 200]);
  visitor.close();
  assert.equal((await api.get('/api/v2/help_center/sessions')).status, 404, 'a program with a token has no session');
});
