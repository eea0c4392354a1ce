// SPDX-License-Identifier: GPL-3.0-or-later
//
// Webhooks with a real receiver: what arrives, how it is signed, what happens when the receiver
// says no, is slow or is gone, and where the desk refuses to call.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let receiver;
let base;
const heard = [];
let answers = []; // what the receiver says next; 200 when empty

before(async () => {
  receiver = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      heard.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const answer = answers.shift() ?? { status: 200, body: 'thanks' };
      response.writeHead(answer.status, answer.headers ?? {});
      response.end(answer.body ?? '');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${receiver.address().port}`;
  server = await startServer({ env: { STEWARD_WEBHOOK_NETWORK: '127.0.0.1' } });
  api = await server.api();
});
after(async () => {
  await server.stop();
  receiver.closeAllConnections();
  receiver.close();
});

async function made(where, body) {
  const answer = await api.post(where, body);
  assert.equal(answer.status, 201, answer.text);
  return Object.values(answer.json)[0];
}

const newHook = (fields = {}) =>
  made('/api/v2/webhooks', {
    webhook: {
      name: 'Receiver', endpoint: `${base}/in`, http_method: 'POST', request_format: 'json',
      status: 'active', subscriptions: ['conditional_ticket_events'], ...fields,
    },
  });

const newTrigger = (tag, value) =>
  made('/api/v2/triggers', {
    trigger: {
      title: `Tell ${tag}`,
      conditions: { all: [{ field: 'current_tags', operator: 'includes', value: tag }] },
      actions: [{ field: 'notification_webhook', value }],
    },
  });

const newTicket = (tag, fields = {}) => made('/api/v2/tickets', { ticket: { comment: 'x', tags: [tag], ...fields } });

const arrived = (test) => until('a call to arrive', () => heard.find(test), 15000);

const log = async (hook) => (await api.get(`/api/v2/webhooks/${hook.id}/invocations`)).json.invocations;

test('a rule calls, signed, with what the placeholders say', async () => {
  const hook = await newHook({
    authentication: { type: 'basic_auth', add_position: 'header', data: { username: 'u', password: 'secret words' } },
    custom_headers: { 'X-Own': 'yes' },
  });
  assert.match(hook.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.deepEqual(hook.authentication, { type: 'basic_auth', add_position: 'header', data: { username: 'u' } });
  const { secret } = (await api.get(`/api/v2/webhooks/${hook.id}/signing_secret`)).json.signing_secret;
  const trigger = await newTrigger('signed', [hook.id, '{"title":"{{ticket.title}}","id":{{ticket.id}}}']);
  const ticket = await newTicket('signed', { subject: 'Say "hello"\\' });
  const call = await arrived(({ body }) => body.includes('hello'));
  assert.deepEqual(JSON.parse(call.body), { title: 'Say "hello"\\', id: ticket.id });
  assert.equal(call.method, 'POST');
  assert.equal(call.headers['content-type'], 'application/json');
  assert.equal(call.headers.authorization, `Basic ${Buffer.from('u:secret words').toString('base64')}`);
  assert.equal(call.headers['x-own'], 'yes');
  assert.equal(call.headers['x-zendesk-webhook-id'], hook.id);
  const time = call.headers['x-zendesk-webhook-signature-timestamp'];
  const expected = crypto.createHmac('sha256', secret).update(time + call.body).digest('base64');
  assert.equal(call.headers['x-zendesk-webhook-signature'], expected);
  const [entry] = await until('the log', async () => ((await log(hook))[0]?.status === 'success' ? log(hook) : null), 5000);
  assert.equal(entry.id, call.headers['x-zendesk-webhook-invocation-id']);
  assert.equal(entry.status_code, 200);
  const { attempts } = (await api.get(`/api/v2/webhooks/${hook.id}/invocations/${entry.id}/attempts`)).json;
  assert.deepEqual(attempts.map(({ status, response }) => [status, response.payload]), [['success', 'thanks']]);
  // The history names it, and it cannot go while a rule needs it.
  const { audits } = (await api.get(`/api/v2/tickets/${ticket.id}/audits`)).json;
  assert.ok(audits[0].events.some(({ type, resource }) => type === 'External' && resource === hook.id));
  assert.equal((await api.delete(`/api/v2/webhooks/${hook.id}`)).status, 422);
  await api.delete(trigger.url);
  assert.equal((await api.delete(`/api/v2/webhooks/${hook.id}`)).status, 204);
  assert.equal((await api.get(`/api/v2/webhooks/${hook.id}`)).status, 404);
});

test('forms, and calls by GET', async () => {
  const hook = await newHook({ request_format: 'form_encoded', endpoint: `${base}/form` });
  const trigger = await newTrigger('form', [hook.id, [['name', '{{ticket.title}}'], ['a b', '1&2']]]);
  assert.deepEqual(trigger.actions[0].value, [hook.id, [['name', '{{ticket.title}}'], ['a b', '1&2']]]);
  await newTicket('form', { subject: 'x=y & z' });
  const call = await arrived(({ url }) => url === '/form');
  assert.deepEqual([...new URLSearchParams(call.body)], [['name', 'x=y & z'], ['a b', '1&2']]);
  await api.call('PATCH', `/api/v2/webhooks/${hook.id}`, { webhook: { http_method: 'GET', endpoint: `${base}/get` } });
  await newTicket('form', { subject: 'again' });
  const got = await arrived(({ url }) => url.startsWith('/get'));
  assert.equal(new URL(got.url, base).searchParams.get('name'), 'again');
  await api.delete(trigger.url);
});

test('targets, the older name: a form of one message, a text of its own, and what failed', async () => {
  const target = await made('/api/v2/targets', {
    target: { title: 'Old', type: 'http_target', target_url: `${base}/old`, method: 'post', content_type: 'application/json', username: 'u', password: 'secret words' },
  });
  assert.deepEqual([target.type, target.active, target.method, target.content_type, target.username, target.password], ['http_target', true, 'post', 'application/json', 'u', null]);
  const url = await made('/api/v2/targets', { target: { title: 'Form', type: 'url_target_v2', target_url: `${base}/named`, method: 'get', attribute: 'msg' } });
  const action = (id, message) => ({ field: 'notification_target', value: [String(id), message] });
  const trigger = await made('/api/v2/triggers', {
    trigger: {
      title: 'Tell targets',
      conditions: { all: [{ field: 'current_tags', operator: 'includes', value: 'targets' }] },
      actions: [action(target.id, '{"title":"{{ticket.title}}"}'), action(url.id, 'Now: {{ticket.title}}')],
    },
  });
  assert.deepEqual(trigger.actions[0], action(target.id, '{"title":"{{ticket.title}}"}'));
  await newTicket('targets', { subject: 'Say "a&b"' });
  const call = await arrived((one) => one.url === '/old');
  assert.deepEqual(JSON.parse(call.body), { title: 'Say "a&b"' });
  assert.equal(call.headers.authorization, `Basic ${Buffer.from('u:secret words').toString('base64')}`);
  const got = await arrived((one) => one.url.startsWith('/named'));
  assert.deepEqual([got.method, new URL(got.url, base).searchParams.get('msg')], ['GET', 'Now: Say "a&b"']);
  // A password that is not said stays; what is unknown is refused; what is needed stays.
  const changed = await api.put(`/api/v2/targets/${target.id}`, { target: { title: 'Older', target_url: `${base}/older` } });
  assert.deepEqual([changed.status, changed.json.target.title, changed.json.target.username], [200, 'Older', 'u'], changed.text);
  answers = [{ status: 400, body: 'no' }];
  await api.put(`/api/v2/triggers/${trigger.id}`, { trigger: { actions: [action(target.id, 'x')] } });
  await newTicket('targets');
  const again = await arrived((one) => one.url === '/older');
  assert.equal(again.headers.authorization, call.headers.authorization);
  const failures = async () => (await api.get('/api/v2/target_failures')).json.target_failures;
  const [failure] = await until('the failure', async () => ((await failures()).length > 0 ? failures() : null), 5000);
  assert.deepEqual([failure.target_name, failure.status_code, failure.raw_response], ['Older', 400, 'no']);
  assert.equal((await api.get(failure.url)).json.target_failure.id, failure.id);
  assert.equal((await api.delete(target.url)).status, 422, 'a rule calls it');
  assert.equal((await api.post('/api/v2/triggers', { trigger: { title: 'T', conditions: { all: [] }, actions: [action(1, 'x')] } })).status, 422);
  assert.equal((await api.post('/api/v2/targets', { target: { title: 'M', type: 'email_target', target_url: base } })).status, 422);
  assert.deepEqual((await api.get('/api/v2/targets')).json.targets.map(({ id }) => id), [target.id, url.id]);
  assert.equal((await api.delete(trigger.url)).status, 204);
  for (const one of [target, url]) {
    assert.equal((await api.delete(one.url)).status, 204);
    assert.equal((await api.get(one.url)).status, 404);
  }
  assert.equal((await api.get('/api/v2/webhooks')).json.webhooks.some(({ name }) => name === 'Older'), false, 'its webhook went, too');
});

test('what a receiver cannot take now is told again, and what it refuses is not', async () => {
  const hook = await newHook({ endpoint: `${base}/moody` });
  const trigger = await newTrigger('moody', [hook.id, '{}']);
  answers = [{ status: 503 }];
  await newTicket('moody');
  await until('two calls', () => heard.filter(({ url }) => url === '/moody').length === 2, 20000);
  const [first, second] = heard.filter(({ url }) => url === '/moody');
  assert.equal(first.headers['x-zendesk-webhook-invocation-id'], second.headers['x-zendesk-webhook-invocation-id']);
  await until('success', async () => (await log(hook))[0].status === 'success', 5000);
  answers = [{ status: 400, body: 'no' }];
  await newTicket('moody');
  await until('failure', async () => (await log(hook))[0].status === 'failed', 5000);
  assert.equal(heard.filter(({ url }) => url === '/moody').length, 3);
  await api.delete(trigger.url);
});

test('a dead receiver, a slow one, an endless one', async () => {
  const sockets = new Set();
  const silent = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const slow = `http://127.0.0.1:${silent.address().port}/`;
  const begun = performance.now();
  const waited = await api.post('/api/v2/webhooks/test', { request: { endpoint: slow, http_method: 'POST', request_format: 'json', payload: '{}' } });
  assert.equal(waited.status, 422);
  assert.ok(performance.now() - begun < 15000);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  const dead = await api.post('/api/v2/webhooks/test', { request: { endpoint: slow, http_method: 'POST', request_format: 'json' } });
  assert.equal(dead.status, 422, dead.text);
  answers = [{ status: 200, body: 'x'.repeat(1 << 20) }];
  const long = await api.post('/api/v2/webhooks/test', { request: { endpoint: `${base}/long`, http_method: 'POST', request_format: 'json' } });
  assert.equal(long.status, 200, long.text);
  assert.equal(long.json.response.payload.length, 65536);
});

test('a try shows what came back; redirects are not followed', async () => {
  answers = [{ status: 302, headers: { Location: 'http://169.254.169.254/latest' }, body: 'there' }];
  const before = heard.length;
  const tried = await api.post('/api/v2//webhooks/test', { request: { endpoint: `${base}/try`, http_method: 'PUT', request_format: 'json', payload: '{"a":1}' } });
  assert.equal(tried.status, 200, tried.text);
  assert.equal(tried.json.response.status_code, 302);
  assert.equal(tried.json.response.payload, 'there');
  assert.ok(tried.json.response.headers.some(({ key, value }) => /location/i.test(key) && value.startsWith('http')));
  assert.equal(heard.length, before + 1);
  assert.deepEqual([heard.at(-1).method, heard.at(-1).body], ['PUT', '{"a":1}']);
});

test('the desk does not call inside', async () => {
  const { port } = receiver.address();
  const inside = [
    `http://127.0.0.2:${port}/`, `http://localhost.localdomain:${port}/`, 'http://10.0.0.1/', 'http://169.254.169.254/latest',
    'http://[::1]/', 'http://[::ffff:127.0.0.2]/', 'http://[fd00::1]/', 'http://0.0.0.0/', 'http://2130706434/', 'http://0x7f.2/',
  ];
  const before = heard.length;
  for (const endpoint of inside) {
    const answer = await api.post('/api/v2/webhooks/test', { request: { endpoint, http_method: 'GET', request_format: 'json' } });
    assert.equal(answer.status, 422, `${endpoint}: ${answer.text}`);
    if (!endpoint.includes('localdomain')) assert.match(answer.text, /not allowed|resolve|protocol/i, endpoint);
  }
  for (const endpoint of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/']) {
    const answer = await api.post('/api/v2/webhooks', { webhook: { name: 'x', endpoint, http_method: 'GET', request_format: 'json' } });
    assert.equal(answer.status, 422, endpoint);
    const tried = await api.post('/api/v2/webhooks/test', { request: { endpoint, http_method: 'GET', request_format: 'json' } });
    assert.equal(tried.status, 422, endpoint);
  }
  assert.equal(heard.length, before);
});

test('changing, listing, secrets', async () => {
  const hook = await newHook({ name: 'Listed', authentication: { type: 'bearer_token', data: { token: 'abc123def' } } });
  const list = await api.get('/api/v2/webhooks?filter[name_contains]=liste&page[size]=5');
  assert.deepEqual(list.json.webhooks.map(({ name }) => name), ['Listed']);
  assert.equal(list.json.meta.has_more, false);
  assert.doesNotMatch(list.text, /abc123def/);
  // Nor does it stand in the database.
  for (const file of fs.readdirSync(server.data).filter((name) => name.startsWith('steward.db'))) {
    assert.ok(!fs.readFileSync(path.join(server.data, file)).includes('abc123def'), file);
  }
  assert.equal((await api.call('PATCH', `/api/v2/webhooks/${hook.id}`, { webhook: { status: 'inactive' } })).status, 204);
  assert.equal((await api.get(`/api/v2/webhooks/${hook.id}`)).json.webhook.status, 'inactive');
  const one = (await api.get(`/api/v2/webhooks/${hook.id}/signing_secret`)).json.signing_secret;
  const two = await api.post(`/api/v2/webhooks/${hook.id}/signing_secret`, {});
  assert.equal(two.status, 201);
  assert.notEqual(one.secret, two.json.signing_secret.secret);
  assert.equal((await api.put(`/api/v2/webhooks/${hook.id}`, { webhook: { name: 'Whole', endpoint: `${base}/w`, http_method: 'POST', request_format: 'json', status: 'active' } })).status, 204);
  const after_ = (await api.get(`/api/v2/webhooks/${hook.id}`)).json.webhook;
  assert.deepEqual([after_.name, after_.authentication], ['Whole', null]);
  const clone = await api.post(`/api/v2/webhooks?clone_webhook_id=${hook.id}`, {});
  assert.equal(clone.status, 201, clone.text);
  const wrong = await api.post('/api/v2/webhooks', { webhook: { name: '', endpoint: 'https://x.example', http_method: 'POST', request_format: 'json' } });
  assert.equal(wrong.json.details.name[0].error, 'BlankValue');
});

test('a subscribed webhook hears of events, in order of what happened, and of no others', async () => {
  const types = ['created', 'status_changed', 'priority_changed', 'tags_changed', 'comment_added', 'custom_field_changed', 'agent_assignment_changed',
    'email_ccs_changed', 'soft_deleted', 'undeleted'].map((one) => `zen:event-type:ticket.${one}`);
  const hook = await newHook({ endpoint: `${base}/events`, subscriptions: types });
  const people = await newHook({ endpoint: `${base}/people`, subscriptions: ['zen:event-type:user.created', 'user.role_changed', 'user.deleted', 'user.merged', 'organization.created', 'organization.name_changed', 'organization.deleted'] });
  const events = (place) => heard.filter((one) => one.url === place).map((one) => JSON.parse(one.body));
  const arrives = (place, type, test = () => true) =>
    until(`${type} to arrive`, () => events(place).find((one) => one.type === `zen:event-type:${type}` && test(one)), 15000);
  const field = await made('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'Lamp' } });
  const ticket = await made('/api/v2/tickets', { ticket: { subject: 'Lamp', comment: 'It is dark.', tags: ['old'] } });
  const created = await arrives('/events', 'ticket.created');
  assert.deepEqual([created.subject, created.detail.id, created.detail.description, created.account_id], [`zen:ticket:${ticket.id}`, `${ticket.id}`, 'It is dark.', 1]);
  assert.ok(/^[0-9a-f-]{36}$/.test(created.id) && !Number.isNaN(Date.parse(created.time)) && created.zendesk_event_version === '2022-11-06');
  const me = (await api.get('/api/v2/users/me')).json.user;
  const cc = await made('/api/v2/users', { user: { name: 'Cc', email: 'cc@example.net' } });
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: {
    priority: 'high', tags: ['new'], custom_fields: [{ id: field.id, value: 'round' }], comment: { body: 'Look.', public: false }, assignee_id: me.id, email_ccs: [{ user_id: cc.id }],
  } });
  assert.deepEqual((await arrives('/events', 'ticket.priority_changed')).event, { current: 'HIGH', previous: null });
  assert.deepEqual((await arrives('/events', 'ticket.tags_changed')).event, { tags_added: ['new'], tags_removed: ['old'] });
  assert.deepEqual((await arrives('/events', 'ticket.custom_field_changed')).event, { current: 'round', field: { id: `${field.id}` }, previous: null });
  const { comment } = (await arrives('/events', 'ticket.comment_added')).event;
  assert.deepEqual([comment.body, comment.is_public, comment.author.id, comment.author.is_staff], ['Look.', false, `${me.id}`, true]);
  assert.deepEqual((await arrives('/events', 'ticket.agent_assignment_changed')).event, { current: `${me.id}`, previous: null });
  assert.deepEqual((await arrives('/events', 'ticket.email_ccs_changed')).event, { email_ccs_added: [`${cc.id}`], email_ccs_removed: [] });
  assert.deepEqual((await arrives('/events', 'ticket.status_changed')).event, { current: 'OPEN', previous: 'NEW' });
  await api.delete(`/api/v2/tickets/${ticket.id}`);
  await arrives('/events', 'ticket.soft_deleted');
  await api.put(`/api/v2/deleted_tickets/${ticket.id}/restore`);
  await arrives('/events', 'ticket.undeleted');
  // People and organisations.
  assert.equal((await arrives('/people', 'user.created', (one) => one.detail.id === `${cc.id}`)).detail.email, 'cc@example.net');
  await api.put(`/api/v2/users/${cc.id}`, { user: { role: 'agent' } });
  assert.deepEqual((await arrives('/people', 'user.role_changed')).event, { current: 'agent', previous: 'end-user' });
  const [one, two] = [await made('/api/v2/users', { user: { name: 'One' } }), await made('/api/v2/users', { user: { name: 'Two' } })];
  await api.put(`/api/v2/users/${one.id}/merge`, { user: { id: two.id } });
  assert.deepEqual((await arrives('/people', 'user.merged')).event, { user: { id: `${two.id}` } });
  await arrives('/people', 'user.deleted', (event) => event.subject === `zen:user:${one.id}`);
  const place = await made('/api/v2/organizations', { organization: { name: 'Lamps' } });
  await api.put(`/api/v2/organizations/${place.id}`, { organization: { name: 'Lamps and sons' } });
  await api.delete(`/api/v2/organizations/${place.id}`);
  await arrives('/people', 'organization.created');
  assert.deepEqual((await arrives('/people', 'organization.name_changed')).event, { current: 'Lamps and sons', previous: 'Lamps' });
  await arrives('/people', 'organization.deleted');
  // Signed as calls by rules are; the log has them; switched off, it hears nothing.
  const call = heard.find((row) => row.url === '/events');
  const { secret } = (await api.get(`/api/v2/webhooks/${hook.id}/signing_secret`)).json.signing_secret;
  const stamp = call.headers['x-zendesk-webhook-signature-timestamp'];
  assert.equal(call.headers['x-zendesk-webhook-signature'], crypto.createHmac('sha256', secret).update(stamp + call.body).digest('base64'));
  assert.ok((await log(hook)).length >= 9);
  assert.ok(!events('/events').some((event) => !types.includes(event.type)), 'nothing else');
  await api.call('PATCH', `/api/v2/webhooks/${hook.id}`, { webhook: { status: 'inactive' } });
  const before = (await log(hook)).length;
  await newTicket('quiet');
  assert.equal((await log(hook)).length, before);
  assert.equal((await log(people)).every((row) => row.status !== 'failed'), true);
});
