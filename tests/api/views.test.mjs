// SPDX-License-Identifier: GPL-3.0-or-later
//
// Saved views through the JSON API and in the workspace's left column.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
const day = {};

async function made(where, body) {
  const answer = await api.post(where, body);
  assert.equal(answer.status, 201, answer.text);
  return Object.values(answer.json)[0];
}

const ticket = (fields) => made('/api/v2/tickets', { ticket: { comment: 'Help', ...fields } });

before(async () => {
  server = await startServer();
  api = await server.api();
  day.a = await ticket({ subject: 'Printer prints blank', priority: 'urgent', tags: ['vip', 'printer'] });
  day.b = await ticket({ subject: 'Slow VPN', priority: 'low', type: 'incident', tags: ['vpn'] });
  day.c = await ticket({ subject: 'The printer again', priority: 'urgent', status: 'solved' });
});
after(() => server.stop());

const all = (...terms) => terms.map(([field, operator, value]) => ({ field, operator, value }));
const ids = (answer) => answer.json.tickets.map(({ id }) => id);

async function shown(conditions) {
  const view = await made('/api/v2/views', { view: { title: 'Try', ...conditions } });
  const answer = await api.get(`/api/v2/views/${view.id}/tickets.json`);
  assert.equal(answer.status, 200, answer.text);
  return ids(answer).sort((x, y) => x - y);
}

test('what every new desk has', async () => {
  const list = await api.get('/api/v2/views.json');
  assert.deepEqual(list.json.views.map(({ title }) => title), ['Mine', 'Unassigned', 'All open', 'Recently solved', 'Costing most']);
  assert.equal(list.json.count, 5);
  assert.equal(list.json.next_page, null);
  const [mine] = list.json.views;
  assert.ok(mine.default && mine.active);
  assert.equal(mine.url, new URL(`/api/v2/views/${mine.id}.json`, server.url).href);
  assert.deepEqual(mine.conditions.all[1], { field: 'assignee_id', operator: 'is', value: 'current_user' });
  assert.deepEqual(mine.execution.columns[0], { id: 'status', title: 'Status' });
  const paged = await api.get('/api/v2/views?page[size]=3');
  assert.equal(paged.json.meta.has_more, true);
  assert.equal((await api.get(paged.json.links.next)).json.views.length, 2);
  assert.equal((await api.get('/api/v2/views/count')).json.count.value, 5);
});

test('conditions of all and of any', async () => {
  const open = ['status', 'less_than', 'solved'];
  assert.deepEqual(await shown({ all: all(open) }), [day.a.id, day.b.id]);
  assert.deepEqual(await shown({ all: all(open, ['priority', 'is', 'urgent']) }), [day.a.id]);
  assert.deepEqual(await shown({ all: all(['status', 'is', 'solved']) }), [day.c.id]);
  assert.deepEqual(await shown({ all: all(open, ['current_tags', 'includes', 'vip nothing']) }), [day.a.id]);
  assert.deepEqual(await shown({ all: all(open, ['current_tags', 'not_includes', 'vip']) }), [day.b.id]);
  assert.deepEqual(await shown({ all: all(['type', 'is', 'incident']) }), [day.b.id]);
  assert.deepEqual(
    await shown({ all: all(['status', 'less_than', 'closed'], ['subject_includes_word', 'includes', 'PRINTER']) }),
    [day.a.id, day.c.id],
  );
  assert.deepEqual(
    await shown({
      conditions: { all: all(open), any: all(['priority', 'is', 'low'], ['current_tags', 'includes', 'vip']) },
    }),
    [day.a.id, day.b.id],
  );
  assert.deepEqual(await shown({ all: all(open, ['via_id', 'is', 5]) }), [day.a.id, day.b.id]);
  assert.deepEqual(await shown({ all: all(open, ['NEW', 'greater_than', '4']) }), []);
  assert.deepEqual(await shown({ all: all(open, ['NEW', 'less_than', '4']) }), [day.a.id, day.b.id]);
});

test('a view is made, changed, ordered and removed', async () => {
  const view = await made('/api/v2/views', {
    view: {
      title: 'Urgent ones',
      description: 'What burns',
      all: all(['status', 'less_than', 'solved'], ['assignee_id', 'is', '']),
      output: { columns: ['nice_id', 'subject', 'group'], group_by: 'priority', group_order: 'desc', sort_by: 'created', sort_order: 'asc' },
    },
  });
  assert.deepEqual(
    [view.title, view.description, view.restriction, view.position, view.default],
    ['Urgent ones', 'What burns', null, view.position, false],
  );
  assert.deepEqual(view.execution.columns.map(({ id }) => id), ['nice_id', 'subject', 'group']);
  assert.deepEqual(view.execution.group, { id: 'priority', title: 'Priority', order: 'desc' });
  const rows = await api.get(`/api/v2/views/${view.id}/execute`);
  assert.deepEqual(rows.json.rows.map((row) => row.ticket.id), [day.a.id, day.b.id]);
  assert.equal(rows.json.rows[0].ticket.description, 'Help');
  assert.equal(rows.json.rows[0].subject, 'Printer prints blank');
  assert.equal(rows.json.users.length, 1);
  assert.deepEqual(rows.json.columns.map(({ title }) => title), ['ID', 'Subject', 'Group']);
  const turned = await api.get(`/api/v2/views/${view.id}/execute?group_by=type&sort_by=created&sort_order=desc`);
  assert.deepEqual(turned.json.rows.map((row) => row.ticket.id), [day.a.id, day.b.id]);

  const changed = await api.put(view.url, { view: { title: 'Hot', restriction: { type: 'User', id: 1 } } });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json.view.title, 'Hot');
  assert.equal(changed.json.view.restriction.type, 'User');
  assert.equal(changed.json.view.conditions.all.length, 2);
  assert.equal((await api.get('/api/v2/views/search?query=hot')).json.views.length, 1);

  const off = await api.put('/api/v2/views/update_many', { views: [{ id: view.id, active: false, position: 1 }] });
  assert.equal(off.json.views[0].active, false);
  const active = await api.get('/api/v2/views/active');
  assert.ok(!active.json.views.some(({ id }) => id === view.id));

  const order = await api.put('/api/v2/views/reorder', { view_ids: [3, 1] });
  assert.deepEqual(order.json.views.slice(0, 2).map(({ id }) => id), [3, 1]);
  await api.put('/api/v2/views/reorder', { view_ids: [1, 2, 3, 4] });

  assert.equal((await api.delete(view.url)).status, 204);
  assert.equal((await api.get(view.url)).status, 404);
});

test('counts', async () => {
  const one = await api.get('/api/v2/views/2/count.json');
  assert.equal(one.json.view_count.value, 2);
  assert.equal(one.json.view_count.pretty, '2');
  const many = await api.get('/api/v2/views/count_many?ids=2,3,999999999');
  assert.deepEqual(many.json.view_counts.map(({ view_id, value }) => [view_id, value]), [[2, 2], [3, 2]]);
  const fresh = await ticket({ subject: 'One more' });
  assert.equal((await api.get('/api/v2/views/2/count')).json.view_count.value, 3);
  await api.delete(fresh.url);
  assert.equal((await api.get('/api/v2/views/2/count')).json.view_count.value, 2);
});

test('a preview saves nothing', async () => {
  const body = { view: { all: all(['status', 'is', 'new']), any: [], output: { columns: ['subject'] } } };
  const rows = await api.post('/api/v2/views/preview.json', body);
  assert.equal(rows.status, 200, rows.text);
  assert.equal(rows.json.rows.length, 2);
  assert.deepEqual(rows.json.columns, [{ id: 'subject', title: 'Subject' }]);
  assert.equal((await api.post('/api/v2/views/preview/count', body)).json.view_count.value, 2);
  const wrong = await api.post('/api/v2/views/preview', { view: { all: all(['status', 'is', 'lost']) } });
  assert.equal(wrong.status, 422);
});

test('what is wrong is said', async () => {
  const answer = await api.post('/api/v2/views', {
    view: { title: 'x', all: all(['colour', 'is', 'red'], ['status', 'is', 'lost'], ['status', 'smells', 'open']) },
  });
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json.error, 'RecordInvalid');
  assert.deepEqual(answer.json.details.base.map(({ error }) => error), ['InvalidValue', 'InvalidValue', 'InvalidValue']);
  assert.match(answer.json.details.base[0].description, /colour/);
  const loose = await api.post('/api/v2/views', { view: { title: 'x', all: all(['priority', 'is', 'low']) } });
  assert.match(loose.json.details.base[0].description, /needs one on status/);
  const nameless = await api.post('/api/v2/views', { view: { all: all(['status', 'is', 'open']) } });
  assert.equal(nameless.json.details.title[0].error, 'BlankValue');
});

test('pages of a view go on where they ended', async () => {
  const first = await api.get('/api/v2/views/3/tickets?page[size]=1');
  assert.equal(first.json.meta.has_more, true);
  const second = await api.get(first.json.links.next);
  assert.deepEqual([...ids(first), ...ids(second)].sort((x, y) => x - y), [day.a.id, day.b.id]);
  assert.equal(second.json.meta.has_more, false);
});

test('the left column of the workspace has saved views with their counts', async () => {
  const view = await made('/api/v2/views', {
    view: {
      title: 'Burning <now>',
      all: all(['status', 'less_than', 'solved'], ['priority', 'is', 'urgent']),
      output: { columns: ['subject'], group_by: 'priority', sort_by: 'subject' },
    },
  });
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const page = await visitor.get(`/desk?view=${view.id}`);
  assert.equal(page.status, 200);
  assert.match(page.text, /Burning &lt;now&gt;<\/span><b class="count">1<\/b>/);
  assert.match(page.text, /row-heading"><h2>Urgent<\/h2>/);
  assert.match(page.text, /Printer prints blank/);
  assert.doesNotMatch(page.text, /Slow VPN/);
  assert.equal((await visitor.get('/desk?view=888888888')).status, 404);
  visitor.close();
  await api.delete(view.url);
});
