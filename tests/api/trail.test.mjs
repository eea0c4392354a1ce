// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trail: who changed how the desk is set up, as programs read it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let sink;
let api;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
});
after(async () => {
  api.close();
  await server.stop();
  await sink.close();
});

async function made(where, body) {
  const answer = await api.post(`/api/v2/${where}`, body);
  assert.equal(answer.status, 201, `${where}: ${answer.text}`);
  return Object.values(answer.json)[0];
}
async function logs(query) {
  const answer = await api.get(`/api/v2/audit_logs.json?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.audit_logs;
}
const told = async (query) => (await logs(query)).map((one) => [one.action, one.source_label, one.change_description]);

test('what changes the desk is noted: rules, records, people, groups, programs, sign-ins', async () => {
  const all = [{ field: 'status', operator: 'is', value: 'open' }];
  const trigger = await made('triggers', { trigger: { title: 'Note me', conditions: { all }, actions: [{ field: 'priority', value: 'high' }] } });
  await api.put(`/api/v2/triggers/${trigger.id}`, { trigger: { active: false } });
  await api.delete(`/api/v2/triggers/${trigger.id}`);
  assert.deepEqual(await told(`filter[source_type]=trigger&filter[source_id]=${trigger.id}&sort=created_at`),
    [['create', 'Note me', 'Active'], ['update', 'Note me', 'Inactive'], ['destroy', 'Note me', 'Inactive']]);
  await made('macros', { macro: { title: 'My own', actions: [{ field: 'priority', value: 'high' }], restriction: { type: 'User', id: (await api.get('/api/v2/users/me')).json.user.id } } });
  assert.deepEqual(await told('filter[source_type]=macro'), [], 'one\'s own is nobody else\'s business');
  const field = await made('ticket_fields', { ticket_field: { type: 'text', title: 'Lamp' } });
  await api.delete(`/api/v2/ticket_fields/${field.id}`);
  assert.deepEqual((await told('filter[source_type]=ticket_field')).map(([action]) => action), ['destroy', 'create'], 'the newest first');
  const ana = await made('users', { user: { name: 'Ana', email: 'ana@example.org', role: 'agent' } });
  await api.put(`/api/v2/users/${ana.id}`, { user: { notes: 'kind' } });
  await api.put(`/api/v2/users/${ana.id}`, { user: { role: 'admin' } });
  await api.put(`/api/v2/users/${ana.id}`, { user: { suspended: true } });
  await api.delete(`/api/v2/users/${ana.id}`);
  assert.deepEqual(await told(`filter[source_id]=${ana.id}&sort=created_at`),
    [['create', 'Ana', 'Role: agent'], ['update', 'Ana', 'Role changed from agent to admin'], ['update', 'Ana', 'Suspended'], ['destroy', 'Ana', '']]);
  const requester = await made('users', { user: { name: 'Bo', email: 'bo@example.net' } });
  assert.deepEqual(await told(`filter[source_id]=${requester.id}`), [], 'requesters come and go');
  await made('groups', { group: { name: 'Lamps' } });
  await made('organizations', { organization: { name: 'Lamps and sons' } });
  await made('webhooks', { webhook: { name: 'Hook', endpoint: 'https://example.org/in', http_method: 'POST', request_format: 'json', status: 'active', subscriptions: [] } });
  await made('oauth/clients', { client: { name: 'Program', identifier: 'program', redirect_uri: ['https://example.org/'] } });
  for (const [type, label] of [['group', 'Lamps'], ['organization', 'Lamps and sons'], ['webhook', 'Hook'], ['oauth_client', 'Program']]) {
    assert.deepEqual((await told(`filter[source_type]=${type}`))[0].slice(0, 2), ['create', label], type);
  }
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  visitor.close();
  const [login] = await logs('filter[action]=login');
  assert.deepEqual([login.action_label, login.source_type, login.actor_id, login.ip_address], ['Signed in', 'user', login.source_id, '127.0.0.1']);
});

test('who, when and from where are filters; lists go by both kinds of pages', async () => {
  const everything = await logs('per_page=100');
  const [{ actor_id: me, actor_name: name }] = await logs('filter[source_type]=webhook');
  assert.ok((await logs(`filter[actor_id]=${me}&per_page=100`)).every((one) => one.actor_name === name));
  assert.equal((await logs('filter[actor_id]=999999')).length, 0);
  assert.equal((await logs('filter[ip_address]=192.0.2.9')).length, 0);
  assert.equal((await logs('filter[created_at][]=2020-01-01T00:00:00Z&filter[created_at][]=2021-01-01T00:00:00Z')).length, 0);
  const day = (offset) => new Date(Date.now() + offset * 86400000).toISOString();
  assert.equal((await logs(`filter[created_at][]=${day(-1)}&filter[created_at][]=${day(1)}&per_page=100`)).length, everything.length);
  assert.equal((await api.get('/api/v2/audit_logs?filter[created_at][]=soon')).status, 400);
  assert.equal((await api.get('/api/v2/audit_logs?filter[source_id]=x')).status, 400);
  const walked = [];
  let next = '/api/v2/audit_logs?page[size]=5';
  let previous;
  for (let pages = 0; next; pages++) {
    const { json } = await api.get(next);
    walked.push(...json.audit_logs.map((one) => one.id));
    if (pages === 1) previous = json.links.prev;
    next = json.meta.has_more ? json.links.next : null;
  }
  assert.deepEqual(walked, everything.map((one) => one.id));
  assert.deepEqual((await api.get(previous)).json.audit_logs.map((one) => one.id), walked.slice(0, 5));
  const shown = await api.get(everything[0].url);
  assert.deepEqual(shown.json.audit_log, everything[0]);
  assert.equal((await api.get('/api/v2/audit_logs/1')).status, 404);
  assert.equal((await api.delete(everything[0].url)).status, 405);
});

test('an export comes by mail and is noted', async () => {
  const answer = await api.post('/api/v2/audit_logs/export?filter[source_type]=group', {});
  assert.equal(answer.status, 202, answer.text);
  const mail = await sink.wait((one) => one.subject === 'The audit log');
  assert.ok(/"Created","group","Lamps"/.test(mail.text), mail.text);
  assert.ok(!/webhook/.test(mail.text));
  assert.equal((await logs('filter[action]=exported')).length, 1);
});
