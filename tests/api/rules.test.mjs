// SPDX-License-Identifier: GPL-3.0-or-later
//
// Macros, triggers and automations through the JSON API, and what they do to tickets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
});
after(() => server.stop());

async function made(where, body) {
  const answer = await api.post(where, body);
  assert.equal(answer.status, 201, answer.text);
  return Object.values(answer.json)[0];
}

const terms = (...list) => list.map(([field, operator, value]) => ({ field, operator, value }));
const acts = (...list) => list.map(([field, value]) => ({ field, value }));

test('a trigger acts on the change and says so in its audit', async () => {
  const trigger = await made('/api/v2/triggers.json', {
    trigger: {
      title: 'Fire is urgent',
      description: 'Burning things first',
      conditions: {
        all: terms(['update_type', 'is', 'Create'], ['status', 'is_not', 'solved']),
        any: terms(['subject_includes_word', 'includes', 'fire smoke'], ['comment_includes_word', 'includes', 'burns']),
      },
      actions: acts(['priority', 'urgent'], ['current_tags', 'Fire hot'], ['notification_user', ['requester_id', 'We come: {{ticket.title}}', 'Ticket {{ticket.id}}']]),
    },
  });
  assert.equal(trigger.category_id, '1');
  assert.deepEqual(trigger.actions[2].value, ['requester_id', 'We come: {{ticket.title}}', 'Ticket {{ticket.id}}']);
  const answer = await api.post('/api/v2/tickets', {
    ticket: { subject: 'Printer', comment: 'It burns!', requester: { name: 'Rita', email: 'rita@example.org' } },
  });
  const { ticket, audit } = answer.json;
  assert.deepEqual([ticket.priority, ticket.tags], ['urgent', ['fire', 'hot']]);
  const byRule = audit.events.filter(({ via }) => via?.channel === 'rule');
  assert.deepEqual(byRule.map(({ type }) => type).sort(), ['Change', 'Change', 'Notification']);
  assert.equal(byRule[0].via.source.from.title, 'Fire is urgent');
  assert.equal(byRule[0].via.source.rel, 'trigger');
  assert.deepEqual(byRule.find(({ type }) => type === 'Notification').recipients, [ticket.requester_id]);

  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const page = await visitor.get(`/tickets/${ticket.id}`);
  assert.match(page.text, /Rule “Fire is urgent” set priority to urgent/);
  visitor.close();

  const cold = await made('/api/v2/tickets', { ticket: { subject: 'Mouse', comment: 'It is slow' } });
  assert.equal(cold.priority, null);
  assert.equal((await api.delete(trigger.url)).status, 204);
  assert.equal((await api.get(trigger.url)).status, 404);
  const later = await made('/api/v2/tickets', { ticket: { subject: 'Fire', comment: 'x' } });
  assert.equal(later.priority, null);
});

test('triggers are switched off, ordered and searched', async () => {
  const conditions = { all: terms(['current_tags', 'includes', 'ordered']) };
  const a = await made('/api/v2/triggers', { trigger: { title: 'Order A', conditions, actions: acts(['priority', 'low']) } });
  const b = await made('/api/v2/triggers', { trigger: { title: 'Order B', conditions, actions: acts(['priority', 'high']) } });
  const last = async () => (await made('/api/v2/tickets', { ticket: { comment: 'x', tags: ['ordered'] } })).priority;
  assert.equal(await last(), 'high');
  const order = await api.put('/api/v2/triggers/reorder', { trigger_ids: [b.id, a.id] });
  assert.equal(order.status, 200, order.text);
  assert.equal(await last(), 'low');
  await api.put(a.url, { trigger: { active: false } });
  assert.equal(await last(), 'high');
  const active = await api.get('/api/v2/triggers/active.json');
  assert.deepEqual(active.json.triggers.map(({ id }) => id), [b.id]);
  assert.equal((await api.get('/api/v2/triggers/search?query=order')).json.count, 2);
  assert.equal((await api.delete(`/api/v2/triggers/destroy_many?ids=${a.id},${b.id}`)).status, 204);
  assert.equal((await api.get('/api/v2/triggers')).json.count, 0);
});

test('what is wrong with a rule is said', async () => {
  const wrong = await api.post('/api/v2/triggers', {
    trigger: { title: 'x', conditions: { all: terms(['brand', 'is', '1']) }, actions: acts(['explode', '1'], ['status', 'lost']) },
  });
  assert.equal(wrong.status, 422);
  assert.deepEqual(wrong.json.details.base.length, 3);
  const endless = await api.post('/api/v2/automations', {
    automation: { title: 'x', conditions: { all: terms(['OPEN', 'greater_than', '4']) }, actions: acts(['priority', 'high']) },
  });
  assert.match(endless.json.details.base[0].description, /would run every hour/);
});

test('automations', async () => {
  const list = await api.get('/api/v2/automations');
  assert.equal(list.json.automations.length, 1);
  assert.match(list.json.automations[0].title, /four days/);
  const one = await made('/api/v2/automations', {
    automation: {
      title: 'Nudge',
      all: terms(['PENDING', 'greater_than', '24'], ['current_tags', 'not_includes', 'nudged']),
      actions: acts(['current_tags', 'nudged']),
    },
  });
  assert.equal(one.conditions.all[0].value, '24');
  assert.equal((await api.get('/api/v2/automations/active')).json.count, 2);
  const off = await api.put(one.url, { automation: { active: false } });
  assert.equal(off.json.automation.active, false);
  assert.equal((await api.delete(one.url)).status, 204);
});

test('macros show what they would do', async () => {
  const macro = await made('/api/v2/macros', {
    macro: {
      title: 'Answers::Restart',
      actions: acts(['status', 'pending'], ['current_tags', 'restart'], ['comment_value', ['channel:all', 'Hello {{ticket.requester.first_name}}, please restart.']], ['comment_mode_is_public', true]),
      restriction: { type: 'User', id: 1 },
    },
  });
  assert.deepEqual(macro.actions[2].value, ['channel:all', 'Hello {{ticket.requester.first_name}}, please restart.']);
  const alone = await api.get(`/api/v2/macros/${macro.id}/apply.json`);
  assert.equal(alone.json.result.ticket.status, 'pending');
  assert.deepEqual(alone.json.result.ticket.tags, ['restart']);
  const ticket = await made('/api/v2/tickets', {
    ticket: { comment: 'Help', tags: ['a'], requester: { name: 'Rita Req', email: 'rita2@example.org' } },
  });
  const { result } = (await api.get(`/api/v2/tickets/${ticket.id}/macros/${macro.id}/apply.json`)).json;
  assert.deepEqual([result.ticket.id, result.ticket.status, result.ticket.tags], [ticket.id, 'pending', ['a', 'restart']]);
  assert.deepEqual([result.comment.body, result.comment.public], ['Hello Rita, please restart.', true]);
  assert.equal((await api.get(`/api/v2/tickets/${ticket.id}`)).json.ticket.status, 'new');
  assert.deepEqual((await api.get('/api/v2/macros/categories')).json.categories, ['Answers']);
  assert.ok((await api.get('/api/v2/macros/actions')).json.actions.some(({ subject }) => subject === 'comment_value'));
  assert.equal((await api.get(`/api/v2/macros/new?macro_id=${macro.id}`)).json.macro.title, 'Answers::Restart');
  assert.equal((await api.delete(macro.url)).status, 204);
});

test('definitions', async () => {
  for (const kind of ['triggers', 'automations', 'views', 'macros']) {
    const { definitions } = (await api.get(`/api/v2/${kind}/definitions.json`)).json;
    assert.ok(kind === 'views' || definitions.actions.length > 5);
    const status = definitions.conditions_all.find(({ subject }) => subject === 'status');
    assert.equal(Boolean(status), kind !== 'macros');
    assert.equal(Boolean(status?.operators.some(({ value }) => value === 'changed')), kind === 'triggers');
  }
});

test('categories of triggers', async () => {
  const category = await made('/api/v2/trigger_categories', { trigger_category: { name: 'Night', position: 2 } });
  assert.equal(typeof category.id, 'string');
  const trigger = await made('/api/v2/triggers', {
    trigger: { title: 'In it', category_id: category.id, conditions: { all: terms(['status', 'is', 'open']) }, actions: acts(['priority', 'low']) },
  });
  assert.equal(trigger.category_id, category.id);
  assert.equal((await api.delete(`/api/v2/trigger_categories/${category.id}`)).status, 422);
  await api.delete(trigger.url);
  const renamed = await api.call('PATCH', `/api/v2/trigger_categories/${category.id}`, { trigger_category: { name: 'Day' } });
  assert.equal(renamed.json.trigger_category.name, 'Day');
  assert.equal((await api.get('/api/v2/trigger_categories')).json.trigger_categories.length, 2);
  assert.equal((await api.delete(`/api/v2/trigger_categories/${category.id}`)).status, 204);
});
