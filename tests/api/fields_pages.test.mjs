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

async function ticket(fields) {
  const answer = await api.post('/api/v2/tickets', { ticket: { subject: 'S', comment: 'Help', ...fields } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

const values = async (one) => Object.fromEntries((await api.get(one.url)).json.ticket.custom_fields.map(({ id, value }) => [id, value]));

async function removed(...records) {
  for (const one of records) assert.ok((await api.delete(one.url)).status < 300);
}

test('a ticket page shows and sets fields of each kind', async () => {
  const field = async (type, more) => (await api.post('/api/v2/ticket_fields', { ticket_field: { type, title: `A ${type}`, ...more } })).json.ticket_field;
  const options = ['one', 'two', 'three'].map((value) => ({ name: value.toUpperCase(), value }));
  const text = await field('text');
  const lines = await field('textarea');
  const box = await field('checkbox');
  const number = await field('integer');
  const decimal = await field('decimal');
  const date = await field('date');
  const many = await field('multiselect', { custom_field_options: options });
  const person = await field('lookup', { relationship_target_type: 'zen:user' });
  const place = await field('lookup', { relationship_target_type: 'zen:organization', title: 'Where' });
  const all = [text, lines, box, number, decimal, date, many, person, place];
  await api.post('/api/v2/organizations', { organization: { name: 'Roof & Sons' } });
  const one = await ticket({ custom_fields: [{ id: text.id, value: 'a "b" <c>' }] });
  const at = `/tickets/${one.id}`;
  const page = await visitor.get(at);
  assert.match(page.text, new RegExp(`name="field-${text.id}" value="a &quot;b&quot; &lt;c&gt;"`));
  const set = await visitor.submit(page, `${at}/properties`, {
    [`field-${lines.id}`]: 'x\r\ny', [`field-${box.id}`]: '1', [`field-${number.id}`]: '12', [`field-${decimal.id}`]: '1.5',
    [`field-${date.id}`]: '2027-01-31', [`field-${many.id}`]: ['two', 'one'], [`field-${person.id}`]: server.admin.email, [`field-${place.id}`]: 'roof & sons',
  });
  assert.equal(set.status, 303, set.text);
  const now = await values(one);
  assert.deepEqual([now[text.id], now[lines.id], now[box.id], now[number.id], now[date.id], now[many.id]],
    ['a "b" <c>', 'x\ny', true, 12, '2027-01-31', ['one', 'two']]);
  assert.ok(now[person.id] > 0 && now[place.id] > 0);
  const again = await visitor.get(at);
  assert.match(again.text, new RegExp(`name="field-${person.id}" value="${server.admin.email}"`));
  assert.match(again.text, new RegExp(`name="field-${place.id}" value="Roof &amp; Sons"`));
  assert.match(again.text, new RegExp(`id="f-field-${box.id}"[^>]*checked`));
  // What somebody else sets meanwhile stays, a tick that is taken away goes.
  await api.put(one.url, { ticket: { custom_fields: [{ id: number.id, value: 99 }] } });
  assert.equal((await visitor.submit(again, `${at}/properties`, { [`field-${box.id}`]: [] })).status, 303);
  const later = await values(one);
  assert.deepEqual([later[number.id], later[box.id], later[many.id]], [99, false, ['one', 'two']]);

  const wrong = await send(at, `${at}/properties`, { [`field-${number.id}`]: 'many', [`field-${text.id}`]: 'kept <i>', tags: 'typed' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /A integer: must be a number/);
  assert.match(wrong.text, new RegExp(`name="field-${number.id}"[^>]*value="many"`));
  assert.match(wrong.text, /value="kept &lt;i&gt;"/);
  assert.match(wrong.text, /name="tags" value="typed"/);
  assert.match((await send(at, `${at}/properties`, { [`field-${person.id}`]: 'nobody@nowhere.example' })).text, /nobody has this mail address/);
  // What was refused can be put right and sent again.
  const mended = await visitor.submit(wrong, `${at}/properties`, { [`field-${number.id}`]: '7' });
  assert.equal(mended.status, 303, mended.text);
  const last = await values(one);
  assert.deepEqual([last[number.id], last[text.id]], [7, 'kept <i>']);
  await removed(...all);
});

test('a ticket is not solved while a field is needed, by its properties or by a reply', async () => {
  const cause = await define('ticket_fields', 'text', { title: 'Cause', required: '1' });
  const depth = await define('ticket_fields', 'text', { title: 'Depth', required: '1' });
  const short = await define('ticket_forms', '', { name: 'Short', [`place-${cause.id}`]: '1' });
  const one = await ticket();
  const at = `/tickets/${one.id}`;
  const refused = await send(at, `${at}/properties`, { status: 'solved', [`field-${cause.id}`]: 'Rust' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /Needed before it is solved, and still empty: Depth\./);
  assert.match(refused.text, new RegExp(`name="field-${cause.id}" value="Rust"`));
  assert.match(refused.text, /value="solved" selected/);
  const reply = await send(at, `${at}/comments`, { body: 'All is well <now>', public: '1', status: 'solved' });
  assert.equal(reply.status, 422);
  assert.match(reply.text, /still empty: Cause, Depth/);
  assert.match(reply.text, /All is well &lt;now&gt;/);
  assert.equal((await api.get(one.url)).json.ticket.status, 'new');
  // A form that does not have the field does not ask for it.
  const done = await send(at, `${at}/properties`, { status: 'solved', form: `${short.id}`, [`field-${cause.id}`]: 'Rust' });
  assert.equal(done.status, 303, done.text);
  const after = (await api.get(one.url)).json.ticket;
  assert.deepEqual([after.status, after.ticket_form_id], ['solved', short.id]);
  await removed(short, cause, depth);
});

test('a custom status is chosen and shown, and a field only where its condition holds', async () => {
  const parts = await define('custom_statuses', 'hold', { agent_label: 'Waits for parts' });
  const broken = await define('ticket_fields', 'checkbox', { title: 'Broken' });
  const part = await define('ticket_fields', 'text', { title: 'Which part', required: '1' });
  const form = await define('ticket_forms', '', {
    name: 'Parts', [`place-${broken.id}`]: '1', [`place-${part.id}`]: '2',
    cond_child: `${part.id}`, cond_parent: `${broken.id}`, cond_value: 'true',
  });
  const one = await ticket({ ticket_form_id: form.id });
  const at = `/tickets/${one.id}`;
  assert.doesNotMatch((await visitor.get(at)).text, /Which part/);
  const set = await send(at, `${at}/properties`, { status: `${parts.id}`, [`field-${broken.id}`]: '1' });
  assert.equal(set.status, 303, set.text);
  const after = (await api.get(one.url)).json.ticket;
  assert.deepEqual([after.status, after.custom_status_id], ['hold', parts.id]);
  const page = await visitor.get(at);
  assert.match(page.text, /class="chip chip-hold">Waits for parts</);
  assert.match(page.text, /Which part/);
  assert.match((await send(at, `${at}/properties`, { status: 'solved' })).text, /still empty: Which part/);
  assert.equal((await send(at, `${at}/properties`, { status: 'hold' })).status, 303);
  assert.notEqual((await api.get(one.url)).json.ticket.custom_status_id, parts.id);
  await removed(form, part, broken, parts);
});

test('requesters fill in and see the fields that are theirs, and need none', async () => {
  const shown = { visible_in_portal: '1', editable_in_portal: '1' };
  const floor = await define('ticket_fields', 'integer', { title: 'Floor (F7)', title_in_portal: 'Your floor', required: '1', ...shown });
  const kind = await define('ticket_fields', 'tagger', { title: 'Device', custom_field_options: 'Big printer\nPhone', ...shown });
  const secret = await define('ticket_fields', 'text', { title: 'Vendor case' });
  const seen = await define('ticket_fields', 'text', { title: 'Model', visible_in_portal: '1' });
  const hidden = await define('ticket_fields', 'lookup:user', { title: 'Boss', ...shown });
  const guest = server.visitor();
  const page = await guest.get('/ask');
  assert.match(page.text, /Your floor/);
  assert.doesNotMatch(page.text, /\(F7\)|Vendor case|Boss|Model|needed to solve|Kind of request/);
  const plain = { name: 'Ana', email: 'ana@fields.example', subject: 'P', body: 'It is broken' };
  const wrong = await guest.submit(page, '/ask', { ...plain, [`field-${floor.id}`]: 'third' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /It is broken/);
  assert.match(wrong.text, /value="third"/);
  const made = await guest.submit(wrong, '/ask', {
    ...plain, [`field-${floor.id}`]: '3', [`field-${kind.id}`]: 'big_printer',
    [`field-${secret.id}`]: 'x', [`was-field-${secret.id}`]: '', [`field-${seen.id}`]: 'x', [`was-field-${seen.id}`]: '',
  });
  assert.equal(made.status, 303, made.text);
  assert.equal((await guest.submit(await guest.get('/ask'), '/ask', { ...plain, subject: 'Only words' })).status, 303);
  guest.close();
  const all = (await api.get('/api/v2/tickets')).json.tickets;
  const one = all.find((each) => each.subject === 'P');
  const now = await values(one);
  assert.deepEqual([now[floor.id], now[kind.id], now[secret.id], now[seen.id]], [3, 'big_printer', null, null]);
  assert.ok(one.tags.includes('big_printer'));
  await api.put(one.url, { ticket: { custom_fields: [{ id: secret.id, value: 'CASE-1' }, { id: seen.id, value: 'M-9' }] } });
  const request = await visitor.get(`/tickets/${one.id}/as-requester`);
  assert.match(request.text, /<dt>Your floor<\/dt><dd>3<\/dd>/);
  assert.match(request.text, /<dd>Big printer<\/dd>/);
  assert.match(request.text, /<dd>M-9<\/dd>/);
  assert.doesNotMatch(request.text, /CASE-1|Vendor case|\(F7\)/);

  const form = await define('ticket_forms', '', { name: 'Repair', display_name: 'Something broke', end_user_visible: '1', [`place-${kind.id}`]: '1' });
  const inner = await define('ticket_forms', '', { name: 'Inner', [`place-${secret.id}`]: '1' });
  const choice = await visitor.get(`/ask?form=${form.id}`);
  assert.match(choice.text, /Something broke/);
  assert.doesNotMatch(choice.text, /Your floor|>Inner</);
  assert.match((await visitor.get(`/ask?form=${inner.id}`)).text, /Your floor/);
  const second = await visitor.submit(choice, '/ask', { subject: 'Formed', body: 'x', [`field-${kind.id}`]: 'phone' });
  assert.equal(second.status, 303, second.text);
  const formed = (await api.get('/api/v2/tickets')).json.tickets.find((each) => each.subject === 'Formed');
  assert.equal(formed.ticket_form_id, form.id);
  await removed(form, inner, floor, kind, secret, seen, hidden);
});
