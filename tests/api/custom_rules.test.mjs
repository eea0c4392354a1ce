// SPDX-License-Identifier: GPL-3.0-or-later
//
// What administrators defined, where desks use it: in views, triggers, automations, macros, service
// levels and searches.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let site; // a choice
let kit; // several choices
let price; // a number
let model; // a text
let loud; // a box with a tag
let vendor; // a custom status of "hold"

before(async () => {
  server = await startServer();
  api = await server.api();
  const field = (type, title, more) => made('/api/v2/ticket_fields', { ticket_field: { type, title, ...more } });
  const options = (...names) => ({ custom_field_options: names.map((name) => ({ name, value: name.toLowerCase() })) });
  site = await field('tagger', 'Site', options('Oslo', 'Rome'));
  kit = await field('multiselect', 'Kit', options('Mouse', 'Dock'));
  price = await field('decimal', 'Price');
  model = await field('text', 'Model');
  loud = await field('checkbox', 'Loud', { tag: 'loud' });
  vendor = await made('/api/v2/custom_statuses', { custom_status: { status_category: 'hold', agent_label: 'With vendor' } });
});
after(() => server.stop());

async function made(where, body) {
  const answer = await api.post(where, body);
  assert.equal(answer.status, 201, answer.text);
  return Object.values(answer.json)[0];
}

const terms = (...list) => list.map(([field, operator, value]) => ({ field, operator, value }));
const acts = (...list) => list.map(([field, value]) => ({ field, value }));
const word = (one) => `custom_fields_${one.id}`;
const ticket = (custom_fields, more) => made('/api/v2/tickets', { ticket: { comment: 'x', custom_fields, ...more } });
const value = (one, of) => of.custom_fields.find(({ id }) => id === one.id).value;
const change = async (one, body) => (await api.put(one.url, { ticket: body })).json.ticket;

async function listed(...all) {
  const view = await made('/api/v2/views', { view: { title: 'v', all: terms(['status', 'less_than', 'closed'], ...all) } });
  const { tickets } = (await api.get(`/api/v2/views/${view.id}/tickets.json`)).json;
  await api.delete(view.url);
  return tickets.map(({ id }) => id);
}

test('views list by fields, custom statuses and forms', async () => {
  const a = await ticket({ [site.id]: 'oslo', [kit.id]: ['mouse', 'dock'], [price.id]: 9.5, [model.id]: 'X-200 Blue', [loud.id]: true });
  const b = await ticket({ [site.id]: 'rome', [kit.id]: ['dock'], [price.id]: 1000 }, { custom_status_id: vendor.id });
  const c = await ticket({}, { status: 'hold' });
  const only = async (expected, ...conditions) => {
    const found = (await listed(...conditions)).filter((id) => [a.id, b.id, c.id].includes(id));
    assert.deepEqual(found, expected.map(({ id }) => id), JSON.stringify(conditions));
  };
  await only([a], [word(site), 'is', 'oslo']);
  await only([a], [word(site), 'is', site.custom_field_options[0].id]);
  await only([b, c], [word(site), 'is_not', 'oslo']);
  await only([a, b], [word(site), 'includes', ['oslo', 'rome']]);
  await only([c], [word(site), 'not_present', null]);
  await only([a, b], [word(kit), 'includes', 'dock']);
  await only([b], [word(price), 'greater_than', '10']);
  await only([a], [word(model), 'includes_string', 'blue']);
  await only([b, c], [word(loud), 'is', false]);
  await only([b], ['custom_status_id', 'includes', [vendor.id]]);
  await only([c], ['custom_status_id', 'is', '404']);
  await only([b, c], ['custom_status_id', 'includes', `${vendor.id} 404`]);
  const [form] = (await api.get('/api/v2/ticket_forms')).json.ticket_forms;
  await only([a, b, c], ['ticket_form_id', 'is', form.id]);
  const found = async (query) => (await api.get(`/api/v2/search.json?query=${encodeURIComponent(`type:ticket ${query}`)}`)).json.results
    .map(({ id }) => id).filter((id) => [a.id, b.id, c.id].includes(id)).sort();
  assert.deepEqual(await found(`custom_field_${site.id}:Oslo`), [a.id]);
  assert.deepEqual(await found(`-custom_field_${site.id}:oslo`), [b.id, c.id]);
  assert.deepEqual(await found(`custom_field_${site.id}:oslo custom_field_${site.id}:rome`), [a.id, b.id]);
  assert.deepEqual(await found(`custom_field_${price.id}>10`), [b.id]);
  assert.deepEqual(await found(`custom_field_${model.id}:x-200`), [a.id]);
  assert.deepEqual(await found(`custom_field_${model.id}:none`), [b.id, c.id]);
  assert.deepEqual(await found('fieldvalue:"X-200 Blue"'), [a.id]);
  assert.deepEqual(await found(`custom_status_id:${vendor.id}`), [b.id]);
  assert.deepEqual(await found('custom_status_id:404'), [c.id]);
  assert.deepEqual(await found('custom_field_424242:x'), []);
});

test('requesters cannot guess what stands in fields', async () => {
  const rita = await made('/api/v2/users', { user: { name: 'Rita', email: 'rita@custom.example', verified: true } });
  const hers = await ticket({ [model.id]: 'ACME-7' }, { requester_id: rita.id });
  const client = await server.api(rita.email);
  for (const query of [`custom_field_${model.id}:acme`, 'fieldvalue:acme', `custom_field_${model.id}>A`]) {
    const answer = await client.get(`/api/v2/requests/search?query=${encodeURIComponent(query)}`);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.requests, []);
  }
  assert.equal((await client.get(`/api/v2/requests/${hers.id}`)).status, 200);
  client.close();
});

test('a trigger reads and sets fields and statuses, and says so', async () => {
  const trigger = await made('/api/v2/triggers', {
    trigger: {
      title: 'Dear things wait for the vendor',
      all: terms([word(price), 'greater_than', '500'], [word(site), 'value', 'rome'], ['update_type', 'is', 'Change']),
      actions: acts([word(model), 'To be ordered'], [word(kit), ['Dock']], [word(loud), 'true'], ['custom_status_id', `${vendor.id}`]),
    },
  });
  assert.deepEqual(trigger.actions[1], { field: word(kit), value: ['Dock'] });
  const one = await ticket({ [price.id]: 900 });
  const still = await change(one, { custom_fields: { [site.id]: 'oslo' } });
  assert.equal(value(model, still), null);
  const moved = await change(one, { custom_fields: { [site.id]: 'rome' } });
  assert.deepEqual([value(model, moved), value(kit, moved), value(loud, moved)], ['To be ordered', ['dock'], true]);
  assert.deepEqual([moved.status, moved.custom_status_id], ['hold', vendor.id]);
  assert.deepEqual(moved.tags, ['dock', 'loud', 'rome']);
  const { audits } = (await api.get(`/api/v2/tickets/${one.id}/audits`)).json;
  const byRule = audits.at(-1).events.filter(({ via }) => via?.channel === 'rule').map(({ field_name, value: to }) => [field_name, to]);
  assert.deepEqual(byRule.find(([name]) => name === `${model.id}`), [`${model.id}`, 'To be ordered']);
  assert.deepEqual(byRule.find(([name]) => name === 'custom_status_id'), ['custom_status_id', `${vendor.id}`]);
  // The page names the field, in the rule and in the history.
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const rules = await visitor.get('/rules/triggers');
  assert.match(rules.text, /“Price” is greater than “500” and “Site” changed to “Rome”.*set “Model” to To be ordered; set “Kit” to Dock/s);
  assert.match((await visitor.get(`/tickets/${one.id}`)).text, /Dear things wait for the vendor” set status to hold, set custom status to With vendor.*set “Model” to To be ordered, set “Kit” to Dock/);
  visitor.close();
  await api.delete(trigger.url);
});

test('triggers see what other triggers set, and what a field was before', async () => {
  const first = await made('/api/v2/triggers', {
    trigger: { title: 'first', all: terms(['subject_includes_word', 'includes', 'chain']), actions: acts([word(model), 'step one']) },
  });
  const second = await made('/api/v2/triggers', {
    trigger: { title: 'second', all: terms([word(model), 'value', 'step one'], [word(site), 'not_changed', null]), actions: acts([word(price), '42']) },
  });
  const left = await made('/api/v2/triggers', {
    trigger: { title: 'left', all: terms([word(site), 'value_previous', 'oslo']), actions: acts(['current_tags', 'moved_out']) },
  });
  const one = await ticket({}, { subject: 'A chain' });
  assert.deepEqual([value(model, one), value(price, one)], ['step one', '42']);
  const there = await ticket({ [site.id]: 'oslo' });
  assert.ok((await change(there, { custom_fields: { [site.id]: null } })).tags.includes('moved_out'));
  for (const rule of [first, second, left]) await api.delete(rule.url);
});

test('fields of people and organisations are asked for, too', async () => {
  await made('/api/v2/user_fields', { user_field: { type: 'text', key: 'badge', title: 'Badge' } });
  await made('/api/v2/organization_fields', {
    organization_field: { type: 'dropdown', key: 'plan', title: 'Plan', custom_field_options: [{ name: 'Gold', value: 'gold' }] },
  });
  const gold = await made('/api/v2/organizations', { organization: { name: 'Golden', organization_fields: { plan: 'gold' } } });
  const ann = await made('/api/v2/users', { user: { name: 'Ann', email: 'ann@custom.example', organization_id: gold.id, user_fields: { badge: 'K-9' } } });
  const trigger = await made('/api/v2/triggers', {
    trigger: { title: 'gold', all: terms(['organization.custom_fields.plan', 'is', 'gold'], ['requester.custom_fields.badge', 'present', null]), actions: acts(['priority', 'high']) },
  });
  assert.equal((await ticket({}, { requester_id: ann.id })).priority, 'high');
  assert.equal((await ticket({})).priority, null);
  await api.delete(trigger.url);
  const hers = await listed(['requester.custom_fields.badge', 'is', 'K-9']);
  assert.equal(hers.length, 1);
  assert.deepEqual(await listed(['organization.custom_fields.plan', 'is', 'gold']), hers);
});

test('macros set fields; automations must end what they act on', async () => {
  const macro = await made('/api/v2/macros', { macro: { title: 'To Oslo', actions: acts([word(site), 'Oslo'], ['ticket_form_id', '201']) } });
  const one = await ticket({});
  const { result } = (await api.get(`/api/v2/tickets/${one.id}/macros/${macro.id}/apply`)).json;
  assert.deepEqual([value(site, result.ticket), result.ticket.tags], ['oslo', ['oslo']]);
  const seen = (await api.get(`/api/v2/macros/${macro.id}/apply`)).json.result.ticket;
  assert.deepEqual(seen.custom_fields, [{ id: site.id, value: 'oslo' }]);
  assert.equal(value(site, (await api.get(one.url)).json.ticket), null);
  const automation = (actions) => api.post('/api/v2/automations', {
    automation: { title: 'a', all: terms(['NEW', 'greater_than', '1'], [word(site), 'not_present', null]), actions },
  });
  assert.equal((await automation(acts([word(model), 'x']))).status, 422);
  const fine = await automation(acts([word(site), 'rome']));
  assert.equal(fine.status, 201, fine.text);
  await api.delete(fine.json.automation.url);
});

test('service levels ask for fields', async () => {
  const policy = await made('/api/v2/slas/policies', {
    sla_policy: {
      title: 'Rome', filter: { all: terms([`ticket_fields_${site.id}`, 'is', 'rome']), any: [] },
      policy_metrics: [{ priority: 'normal', metric: 'first_reply_time', target: 60, business_hours: false }],
    },
  });
  const one = await ticket({}, { priority: 'normal' });
  const clocks = async () => (await api.get(`${one.url}?include=slas`)).json.ticket.slas.policy_metrics.length;
  assert.equal(await clocks(), 0);
  await change(one, { custom_fields: { [site.id]: 'rome' } });
  await until('a clock', async () => (await clocks()) === 1);
  await api.delete(policy.url);
});

test('what is not defined is refused; what was deleted never matches', async () => {
  const refused = async (all, actions = acts(['priority', 'low'])) => {
    const answer = await api.post('/api/v2/triggers', { trigger: { title: 't', all, actions } });
    assert.deepEqual([answer.status, Object.keys(answer.json.details)], [422, ['base']], answer.text);
  };
  await refused(terms(['custom_fields_999', 'is', 'x']));
  await refused(terms([word(site), 'is', 'paris']));
  await refused(terms([word(site), 'greater_than', 'oslo']));
  await refused(terms([word(price), 'is', 'dear']));
  await refused(terms([word(price), 'within_next_n_days', '3']));
  await refused(terms(['custom_status_id', 'is', '999']));
  await refused(terms(['requester.custom_fields.no', 'is', 'x']));
  await refused(terms(['status', 'is', 'new']), acts([word(site), 'paris']));
  await refused(terms(['status', 'is', 'new']), acts(['requester.custom_fields.badge', 'x']));
  const passing = await made('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'Passing' } });
  const trigger = await made('/api/v2/triggers', { trigger: { title: 't', all: terms([word(passing), 'not_present', null]), actions: acts(['priority', 'low']) } });
  assert.equal((await ticket({})).priority, 'low');
  await api.delete(passing.url);
  assert.equal((await ticket({})).priority, null);
  await api.delete(trigger.url);
});

test('programs are told which fields and values there are', async () => {
  const { definitions } = (await api.get('/api/v2/triggers/definitions.json')).json;
  const of = (list, subject) => definitions[list].find((one) => one.subject === subject);
  assert.deepEqual(of('conditions_all', word(site)).values.map((one) => one.value), ['oslo', 'rome']);
  assert.ok(of('conditions_any', word(price)).operators.some((one) => one.value === 'greater_than'));
  assert.equal(of('actions', word(model)).title, 'Model');
  assert.ok(of('conditions_all', 'custom_status_id').values.some((one) => one.title === 'With vendor'));
  assert.ok(of('actions', 'custom_status_id').values.some((one) => one.value === `${vendor.id}`));
});
