// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pages of custom fields, forms and statuses, as a browser without scripts uses them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let visitor;

before(async () => {
  server = await startServer();
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
});
after(async () => {
  visitor.close();
  await server.stop();
});

async function send(where, action, fields) {
  const page = await visitor.get(where);
  assert.equal(page.status, 200, page.text);
  return visitor.submit(page, action, fields);
}

async function define(kind, type, fields) {
  const made = await send(`/admin/records/${kind}/new${type ? `?type=${type}` : ''}`, `/admin/records/${kind}`, { active: '1', ...fields });
  assert.equal(made.status, 303, made.text);
  const list = (await api.get(`/api/v2/${kind}`)).json[kind];
  return list.find((one) => (one.title ?? one.name ?? one.agent_label) === (fields.title ?? fields.name ?? fields.agent_label));
}

test('an administrator defines a field with choices, moves it, switches it off and deletes it', async () => {
  const room = await define('ticket_fields', 'tagger', { title: 'Building', custom_field_options: 'East wing\nWest = w2\n\n', required: '1' });
  assert.deepEqual(room.custom_field_options.map(({ name, value }) => [name, value]), [['East wing', 'east_wing'], ['West', 'w2']]);
  assert.deepEqual([room.type, room.required, room.visible_in_portal, room.active], ['tagger', true, false, true]);
  const floor = await define('ticket_fields', 'integer', { title: 'Floor', visible_in_portal: '1', title_in_portal: 'Your floor' });
  assert.deepEqual([floor.title_in_portal, floor.visible_in_portal], ['Your floor', true]);
  const edit = await visitor.get(`/admin/records/ticket_fields/${room.id}`);
  assert.match(edit.text, /East wing = east_wing\nWest = w2/);

  const at = `/admin/records/ticket_fields/${floor.id}`;
  assert.equal((await send('/admin/records/ticket_fields', at, { do: 'up' })).status, 303);
  const page = await visitor.get('/admin/records/ticket_fields');
  assert.ok(page.text.indexOf('>Floor<') < page.text.indexOf('>Building<') && page.text.indexOf('>Floor<') > 0);
  assert.match(page.text, /Must be filled in before a ticket is solved/);
  await send('/admin/records/ticket_fields', at, { do: 'switch' });
  assert.equal((await api.get(floor.url)).json.ticket_field.active, false);
  await send(at, at, { do: 'delete' });
  assert.equal((await api.get(floor.url)).status, 404);
  const logs = (await api.get('/api/v2/audit_logs?filter[source_type]=ticket_field')).json.audit_logs;
  assert.deepEqual(new Set(logs.map((one) => one.action)), new Set(['create', 'update', 'destroy']));
  await api.delete(room.url);
});

test('a definition that cannot be keeps what was typed', async () => {
  const refused = await send('/admin/records/ticket_fields/new?type=multiselect', '/admin/records/ticket_fields', { title: '', custom_field_options: 'One <b>\nTwo' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /One &lt;b&gt;/);
  assert.match(refused.text, /id="title-error"/);
  const twice = await send('/admin/records/ticket_fields/new?type=multiselect', '/admin/records/ticket_fields', { title: 'T', custom_field_options: 'One\nONE' });
  assert.equal(twice.status, 422);
  assert.match(twice.text, /same value/);
  assert.equal((await visitor.get('/admin/records/brands')).status, 404);
});

test('a form has its fields in order, and conditions', async () => {
  const first = await define('ticket_fields', 'text', { title: 'First' });
  const second = await define('ticket_fields', 'text', { title: 'Second' });
  const form = await define('ticket_forms', '', {
    name: 'Repair', [`place-${first.id}`]: '20', [`place-${second.id}`]: '10', end_user_visible: '1',
    cond_child: [`${first.id}`, '', ''], cond_parent: [`${second.id}`, '', ''], cond_value: ['yes', '', ''],
  });
  assert.deepEqual(form.ticket_field_ids, [second.id, first.id]);
  assert.deepEqual(form.agent_conditions, [{ parent_field_id: second.id, value: 'yes', child_fields: [{ id: first.id, is_required: false }] }]);
  assert.deepEqual(form.end_user_conditions, form.agent_conditions);
  const edit = await visitor.get(`/admin/records/ticket_forms/${form.id}`);
  assert.match(edit.text, new RegExp(`name="place-${second.id}"[^>]*value="1"`));
  for (const one of [form, first, second]) await api.delete(one.url);
});

test('fields of people and organizations, and statuses', async () => {
  const badge = await define('user_fields', 'regexp', { title: 'Badge number', regexp_for_validation: '^[0-9]{4}$' });
  assert.equal(badge.key, 'badge_number');
  const boss = await define('organization_fields', 'lookup:user', { title: 'Boss', key: 'boss' });
  assert.deepEqual([boss.type, boss.relationship_target_type], ['lookup', 'zen:user']);
  const parts = await define('custom_statuses', 'hold', { agent_label: 'Waits for parts', end_user_label: 'We wait for parts' });
  assert.deepEqual([parts.status_category, parts.end_user_label, parts.default], ['hold', 'We wait for parts', false]);
  for (const one of [badge, boss, parts]) await api.delete(one.url);
});

test('the home of administration is searched', async () => {
  const all = await visitor.get('/admin');
  assert.match(all.text, /href="\/admin\/mailboxes"/);
  const some = await visitor.get('/admin?q=fields+people');
  assert.match(some.text, /href="\/admin\/records\/user_fields"/);
  assert.doesNotMatch(some.text, /class="card" href="\/admin\/mailboxes"/);
  assert.match((await visitor.get('/admin?q=zebra')).text, /Nothing here is called that/);
});
