// SPDX-License-Identifier: GPL-3.0-or-later
//
// What administrators define: fields of tickets, people and organisations, forms, brands, statuses.
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

async function made(path, body) {
  const answer = await api.post(path, body);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.location, Object.values(answer.json)[0].url);
  return Object.values(answer.json)[0];
}

async function get(path, status = 200) {
  const answer = await api.get(path);
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}

const values = (ticket) => Object.fromEntries(ticket.custom_fields.map((one) => [one.id, one.value]));

test('a fresh desk has the records that clients expect', async () => {
  const { ticket_fields: fields, count } = await get('/api/v2/ticket_fields.json');
  assert.deepEqual(fields.map((one) => one.type),
    ['subject', 'description', 'status', 'tickettype', 'priority', 'group', 'assignee', 'custom_status']);
  assert.ok(fields.every((one) => one.removable === false && one.active) && count === 8);
  assert.deepEqual(fields[4].system_field_options.map((one) => one.value), ['low', 'normal', 'high', 'urgent']);
  const { brands } = await get('/api/v2/brands');
  assert.deepEqual(brands.map((one) => [one.default, one.active, one.brand_url]), [[true, true, server.url]]);
  const { ticket_forms: forms } = await get('/api/v2/ticket_forms');
  assert.deepEqual([forms.length, forms[0].default], [1, true]);
  const { custom_statuses: statuses } = await get('/api/v2/custom_statuses');
  assert.deepEqual(statuses.map((one) => one.status_category), ['new', 'open', 'pending', 'hold', 'solved']);
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x' } });
  assert.deepEqual([ticket.brand_id, ticket.ticket_form_id, ticket.custom_status_id], [brands[0].id, forms[0].id, statuses[0].id]);
  assert.equal((await api.delete(fields[0].url)).status, 422);
  assert.equal((await api.delete(forms[0].url)).status, 422);
});

test('a choice: its options, its values, its tags', async () => {
  const field = await made('/api/v2/ticket_fields.json', {
    ticket_field: { type: 'tagger', title: 'Colour', custom_field_options: [{ name: 'Red', value: 'red' }, { name: 'Blue', value: 'blue' }] },
  });
  assert.deepEqual([field.raw_title, field.removable, field.custom_field_options.map((one) => one.value)], ['Colour', true, ['red', 'blue']]);
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x', tags: ['own'], custom_fields: [{ id: field.id, value: 'red' }, { id: 424242, value: 'x' }] } });
  assert.deepEqual([values(ticket), ticket.fields, ticket.tags], [{ [field.id]: 'red' }, ticket.custom_fields, ['own', 'red']]);
  const changed = await api.put(ticket.url, { ticket: { custom_fields: { [field.id]: 'blue' } } });
  assert.deepEqual([values(changed.json.ticket)[field.id], changed.json.ticket.tags], ['blue', ['blue', 'own']]);
  const event = changed.json.audit.events.find((one) => one.field_name === `${field.id}`);
  assert.deepEqual([event.type, event.previous_value, event.value], ['Change', 'red', 'blue']);
  const same = await api.put(ticket.url, { ticket: { custom_fields: [{ id: field.id, value: 'blue' }] } });
  assert.equal(same.json.ticket.updated_at, changed.json.ticket.updated_at);
  const wrong = await api.put(ticket.url, { ticket: { custom_fields: [{ id: field.id, value: 'green' }] } });
  assert.deepEqual([wrong.status, Object.keys(wrong.json.details)], [422, ['custom_fields']]);
  const ids = field.custom_field_options.map((one) => one.id);
  const option = await api.post(`/api/v2/ticket_fields/${field.id}/options.json`, { custom_field_option: { name: 'Green', value: 'green' } });
  assert.equal(option.status, 201, option.text);
  const renamed = await api.post(`/api/v2/ticket_fields/${field.id}/options`, { custom_field_option: { id: ids[0], name: 'Crimson', value: 'red' } });
  assert.deepEqual([renamed.status, renamed.json.custom_field_option.name, renamed.json.custom_field_option.id], [200, 'Crimson', ids[0]]);
  assert.equal((await api.delete(`/api/v2/ticket_fields/${field.id}/options/${option.json.custom_field_option.id}`)).status, 204);
  const list = (await get(`/api/v2/ticket_fields/${field.id}/options`)).custom_field_options;
  assert.deepEqual(list.map((one) => [one.id, one.name]), [[ids[0], 'Crimson'], [ids[1], 'Blue']]);
  const twice = await api.post('/api/v2/ticket_fields', { ticket_field: { type: 'tagger', title: 'X', custom_field_options: [{ name: 'R', value: 'RED' }] } });
  assert.deepEqual([twice.status, Object.keys(twice.json.details)], [422, ['custom_field_options']]);
  const cleared = await api.put(ticket.url, { ticket: { custom_fields: [{ id: field.id, value: null }] } });
  assert.deepEqual([values(cleared.json.ticket)[field.id], cleared.json.ticket.tags], [null, ['own']]);
  assert.equal((await api.delete(field.url)).status, 204);
  await get(field.url, 404);
  assert.deepEqual(values((await get(ticket.url)).ticket), {});
});

test('a tag that is taken away takes its value along', async () => {
  const option = (value) => ({ name: value, value });
  const one = await made('/api/v2/ticket_fields', { ticket_field: { type: 'tagger', title: 'Site', custom_field_options: ['oslo', 'rome'].map(option) } });
  const many = await made('/api/v2/ticket_fields', { ticket_field: { type: 'multiselect', title: 'Kit', custom_field_options: ['mouse', 'dock'].map(option) } });
  const tick = await made('/api/v2/ticket_fields', { ticket_field: { type: 'checkbox', title: 'Loud', tag: 'loud' } });
  const custom_fields = [{ id: one.id, value: 'oslo' }, { id: many.id, value: ['dock', 'mouse'] }, { id: tick.id, value: true }];
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x', tags: ['own'], custom_fields } });
  assert.deepEqual(ticket.tags, ['dock', 'loud', 'mouse', 'oslo', 'own']);
  const less = await api.put(ticket.url, { ticket: { tags: ['own', 'dock'] } });
  const got = values(less.json.ticket);
  assert.deepEqual([got[one.id], got[many.id], got[tick.id]], [null, ['dock'], false]);
  const events = Object.fromEntries(less.json.audit.events.map((event) => [event.field_name, [event.previous_value, event.value]]));
  assert.deepEqual([events[one.id], events[many.id]], [['oslo', null], ['dock mouse', 'dock']]);
  for (const field of [one, many, tick]) await api.delete(field.url);
});

test('requesters neither see nor set a field that is not theirs', async () => {
  const field = (title, more) => made('/api/v2/ticket_fields', { ticket_field: { type: 'text', title, ...more } });
  const inner = await field('Vendor case');
  const shown = await field('Model', { visible_in_portal: true });
  const open = await field('Room', { visible_in_portal: true, editable_in_portal: true });
  await made('/api/v2/users', { user: { name: 'Rita', email: 'rita@fields.example', verified: true } });
  const rita = await server.api('rita@fields.example');
  const custom_fields = [inner, shown, open].map((one) => ({ id: one.id, value: 'mine' }));
  const asked = await rita.post('/api/v2/requests', { request: { subject: 's', comment: { body: 'x' }, custom_fields } });
  assert.equal(asked.status, 201, asked.text);
  assert.deepEqual(values(asked.json.request), { [shown.id]: null, [open.id]: 'mine' });
  const url = `/api/v2/tickets/${asked.json.request.id}`;
  await api.put(url, { ticket: { custom_fields: { [inner.id]: 'ACME-7', [shown.id]: 'X200' } } });
  const seen = await rita.get(asked.json.request.url);
  assert.deepEqual(values(seen.json.request), { [shown.id]: 'X200', [open.id]: 'mine' });
  assert.doesNotMatch(seen.text + (await rita.get('/api/v2/requests')).text, /ACME-7/);
  rita.close();
  for (const one of [inner, shown, open]) await api.delete(one.url);
});

test('fields of each type keep what they are', async () => {
  const ids = {};
  for (const type of ['text', 'checkbox', 'integer', 'decimal', 'date', 'textarea']) {
    ids[type] = (await made('/api/v2/ticket_fields', { ticket_field: { type, title: type, tag: type === 'checkbox' ? 'ticked' : undefined } })).id;
  }
  const said = { text: 'words', checkbox: true, integer: '7', decimal: 2.5, date: '2024-02-29', textarea: 'a\nb' };
  const list = Object.entries(said).map(([type, value]) => ({ id: ids[type], value }));
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x', custom_fields: list } });
  const got = values(ticket);
  assert.deepEqual(Object.keys(said).map((type) => got[ids[type]]), ['words', true, 7, '2.5', '2024-02-29', 'a\nb']);
  assert.deepEqual(ticket.tags, ['ticked']);
  for (const [type, value] of [['integer', 'x'], ['date', 'soon'], ['checkbox', 'maybe']]) {
    const answer = await api.put(ticket.url, { ticket: { custom_fields: [{ id: ids[type], value }] } });
    assert.equal(answer.status, 422, type);
  }
  assert.equal((await api.post('/api/v2/ticket_fields', { ticket_field: { type: 'rocket', title: 'x' } })).status, 422);
  assert.equal((await api.post('/api/v2/ticket_fields', { ticket_field: { type: 'text' } })).status, 422);
  const order = [ids.date, ids.text];
  assert.equal((await api.put('/api/v2/ticket_fields/reorder', { ticket_field_ids: order })).status, 200);
  const page = await get('/api/v2/ticket_fields?page[size]=2');
  assert.deepEqual([page.meta.has_more, page.ticket_fields.length], [true, 2]);
  assert.equal((await get(`/api/v2/ticket_fields/show_many?ids=${ids.text}`)).ticket_fields[0].id, ids.text);
});

test('people and organisations have fields by key', async () => {
  await made('/api/v2/user_fields.json', { user_field: { type: 'text', key: 'nick', title: 'Nick' } });
  const plan = await made('/api/v2/organization_fields', {
    organization_field: { type: 'dropdown', key: 'plan', title: 'Plan', custom_field_options: [{ name: 'Gold', value: 'gold' }] },
  });
  const user = await made('/api/v2/users', { user: { name: 'U', email: 'u@fields.example', user_fields: { nick: 'Uu', other: 1 } } });
  assert.deepEqual(user.user_fields, { nick: 'Uu' });
  const changed = await api.put(user.url, { user: { user_fields: { nick: null } } });
  assert.deepEqual(changed.json.user.user_fields, { nick: null });
  assert.deepEqual((await get('/api/v2/users')).users.find((one) => one.id === user.id).user_fields, { nick: null });
  const organization = await made('/api/v2/organizations', { organization: { name: 'O', organization_fields: { plan: 'gold' } } });
  assert.deepEqual(organization.organization_fields, { plan: 'gold' });
  const wrong = await api.put(organization.url, { organization: { organization_fields: { plan: 'tin' } } });
  assert.equal(wrong.status, 422);
  const taken = await api.post('/api/v2/user_fields', { user_field: { type: 'text', key: 'nick', title: 'Again' } });
  assert.deepEqual([taken.status, taken.json.details.key[0].error], [422, 'DuplicateValue']);
  assert.equal((await api.put(plan.url, { organization_field: { key: 'other', title: 'New title' } })).json.organization_field.key, 'plan');
  assert.equal((await api.delete(plan.url)).status, 204);
  assert.equal((await get(plan.url)).organization_field.active, false);
  assert.deepEqual((await get(organization.url)).organization.organization_fields, {});
});

test('statuses, forms and brands of tickets', async () => {
  const waiting = await made('/api/v2/custom_statuses.json', { custom_status: { status_category: 'hold', agent_label: 'With vendor' } });
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x' } });
  const held = (await api.put(ticket.url, { ticket: { custom_status_id: waiting.id } })).json.ticket;
  assert.deepEqual([held.status, held.custom_status_id], ['hold', waiting.id]);
  // A custom status that leaves the status as it is stands in the history, too.
  await api.put(ticket.url, { ticket: { custom_status_id: 404 } });
  const moved = await api.put(ticket.url, { ticket: { custom_status_id: waiting.id } });
  const noted = moved.json.audit.events.find((one) => one.field_name === 'custom_status_id');
  assert.deepEqual([noted.type, noted.previous_value, noted.value], ['Change', '404', `${waiting.id}`]);
  const open = (await api.put(ticket.url, { ticket: { status: 'open' } })).json.ticket;
  assert.deepEqual([open.status, open.custom_status_id], ['open', 402]);
  assert.equal((await api.put(ticket.url, { ticket: { custom_status_id: 999 } })).status, 422);
  assert.equal((await api.put('/api/v2/custom_status/default', { ids: [waiting.id] })).status, 200);
  const all = (await get('/api/v2/custom_statuses')).custom_statuses.filter((one) => one.status_category === 'hold');
  assert.deepEqual(all.map((one) => one.default), [false, true]);
  await api.put('/api/v2/custom_status/default', { ids: [404] });
  await api.delete(waiting.url);
  assert.equal((await get(waiting.url)).custom_status.active, false);

  const form = await made('/api/v2/ticket_forms', { ticket_form: { name: 'Bugs', ticket_field_ids: [101, 102] } });
  const brand = await made('/api/v2/brands', { brand: { name: 'Second', subdomain: 'second' } });
  const chosen = (await api.put(ticket.url, { ticket: { ticket_form_id: form.id, brand_id: brand.id } })).json.ticket;
  assert.deepEqual([chosen.ticket_form_id, chosen.brand_id], [form.id, brand.id]);
  const clone = await api.post(`/api/v2/ticket_forms/${form.id}/clone.json`);
  assert.deepEqual([clone.status, clone.json.ticket_form.name, clone.json.ticket_form.default], [200, 'Bugs', false]);
  assert.notEqual(clone.json.ticket_form.id, form.id);
  await api.delete(form.url);
  assert.equal((await get(form.url)).ticket_form.id, form.id, 'deleted forms are still shown by number');
  assert.equal((await get('/api/v2/ticket_forms')).ticket_forms.some((one) => one.id === form.id), false);
  assert.equal((await api.post('/api/v2/brands', { brand: { name: 'Twice', subdomain: 'second' } })).status, 422);
  assert.equal((await api.delete(brand.url)).status, 204);
  await get(brand.url, 404);
  await api.post('/api/v2/users', { user: { name: 'Ida', email: 'ida@fields.example', role: 'agent', verified: true } });
  const ida = await server.api('ida@fields.example');
  assert.equal((await ida.post('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'x' } })).status, 403);
  assert.equal((await ida.get('/api/v2/ticket_fields')).status, 200);
});
