// SPDX-License-Identifier: GPL-3.0-or-later
//
// Incremental exports, the list of all audits, and figures of tickets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { finished } from '../support/jobs.mjs';
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

async function get(path, status = 200) {
  const answer = await api.get(path);
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}

test('by cursor every ticket comes once, and later what changed since', async () => {
  const made = [];
  for (let i = 0; i < 7; i++) made.push((await create({ comment: `export ${i}` })).id);
  const seen = [];
  let page = await get('/api/v2/incremental/tickets/cursor.json?start_time=0&per_page=3');
  for (;;) {
    seen.push(...page.tickets.map((one) => one.id));
    assert.deepEqual([page.before_cursor, page.before_url], [null, null]);
    assert.ok(page.after_url.startsWith(server.url) && page.after_url.includes('per_page=3'));
    assert.ok(!page.after_url.includes('start_time'));
    if (page.end_of_stream) break;
    page = await get(page.after_url);
  }
  assert.deepEqual(seen.filter((id) => made.includes(id)), made);
  const empty = await get(page.after_url);
  assert.deepEqual([empty.tickets, empty.end_of_stream, empty.after_cursor], [[], true, page.after_cursor]);
  await api.put(`/api/v2/tickets/${made[2]}`, { ticket: { priority: 'low' } });
  await api.delete(`/api/v2/tickets/${made[4]}`);
  const later = await get(page.after_url);
  assert.deepEqual(later.tickets.map((one) => [one.id, one.status]), [[made[2], 'new'], [made[4], 'deleted']]);
  await finished(api, await api.delete(`/api/v2/deleted_tickets/${made[4]}`));
  const gone = (await get(later.after_url)).tickets[0];
  assert.deepEqual([gone.id, gone.status, gone.subject, gone.description], [made[4], 'deleted', 'SCRUBBED', '']);
  assert.equal((await get('/api/v2/incremental/tickets/cursor?cursor=nonsense!', 422)).error, 'InvalidCursor');
});

test('by time a second is never cut in two, and the walk ends', async () => {
  const job = await finished(api, await api.post('/api/v2/tickets/create_many', {
    tickets: Array.from({ length: 30 }, (_, i) => ({ comment: `many ${i}` })),
  }));
  const start = Math.floor(Date.now() / 1000) - 3600;
  let page = await get(`/api/v2/incremental/tickets.json?start_time=${start}&per_page=5&include=users`);
  const seen = new Set();
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 50, 'the walk ends');
    const stamps = page.tickets.map((one) => one.generated_timestamp);
    assert.deepEqual(stamps, [...stamps].sort((a, b) => a - b));
    assert.equal(page.count, page.tickets.length);
    assert.ok(page.users.length > 0);
    page.tickets.forEach((one) => seen.add(one.id));
    assert.ok(page.next_page.includes(`start_time=${page.end_time}`));
    if (page.end_of_stream) break;
    const next = await get(page.next_page);
    const tail = new Set(page.tickets.filter((one) => one.generated_timestamp === stamps.at(-1)).map((one) => one.id));
    const again = next.tickets.filter((one) => one.generated_timestamp === stamps.at(-1));
    assert.ok(again.every((one) => tail.has(one.id)), 'nothing of a second comes on a later page only');
    page = next;
  }
  assert.deepEqual(job.results.filter((one) => !seen.has(one.id)), []);
  const rest = await get(page.next_page);
  assert.equal(rest.end_of_stream, true);
  assert.equal((await api.get('/api/v2/incremental/tickets')).status, 422);
  assert.equal((await get(`/api/v2/incremental/tickets?start_time=${Math.floor(Date.now() / 1000)}`)).end_of_stream, true);
  assert.ok((await get('/api/v2/incremental/tickets/sample?start_time=0')).tickets.length <= 50);
  assert.ok((await get('/api/v2/exports/tickets.json?start_time=0')).count >= 30);
});

test('people and organisations, deleted ones among them', async () => {
  const { organization } = (await api.post('/api/v2/organizations', { organization: { name: 'Gone Ltd', external_id: 'g1' } })).json;
  const { user } = (await api.post('/api/v2/users', { user: { name: 'Gone', email: 'gone@example.org', external_id: 'u1' } })).json;
  await api.delete(`/api/v2/organizations/${organization.id}`);
  await api.delete(`/api/v2/users/${user.id}`);
  const organizations = await get('/api/v2/incremental/organizations.json?start_time=1');
  const gone = organizations.organizations.find((one) => one.id === organization.id);
  assert.deepEqual([gone.name, gone.external_id, typeof gone.deleted_at], ['Gone Ltd', 'g1', 'string']);
  assert.deepEqual([organizations.end_of_stream, organizations.count], [true, organizations.organizations.length]);
  const users = await get('/api/v2/incremental/users.json?start_time=1&include=identities');
  assert.equal(users.users.find((one) => one.id === user.id).active, false);
  assert.ok(users.identities.length > 0);
  let page = await get('/api/v2/incremental/users/cursor?start_time=0&per_page=1');
  const seen = [];
  for (; !page.end_of_stream; page = await get(page.after_url)) seen.push(...page.users.map((one) => one.id));
  seen.push(...page.users.map((one) => one.id));
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual([...seen].sort(), users.users.map((one) => one.id).sort());
});

test('what happened to tickets, with or without the words of comments', async () => {
  const ticket = await create({ subject: 'Events', comment: 'secret words', tags: ['b', 'a'] });
  await api.put(ticket.url, { ticket: { status: 'pending', tags: ['c'] } });
  const mine = async (query) => {
    const page = await get(`/api/v2/incremental/ticket_events.json?start_time=1${query}`);
    return page.ticket_events.filter((one) => one.ticket_id === ticket.id);
  };
  const [first, second] = await mine('');
  assert.deepEqual([first.event_type, first.via, first.timestamp], ['Audit', 'Web service', Date.parse(ticket.created_at) / 1000]);
  const comment = first.child_events.find((one) => one.event_type === 'Comment');
  assert.deepEqual([comment.comment_present, comment.comment_public, comment.body], [true, true, undefined]);
  assert.deepEqual(first.child_events.find((one) => 'tags' in one).tags, ['a', 'b']);
  const status = second.child_events.find((one) => 'status' in one);
  assert.deepEqual([status.event_type, status.status, status.previous_value], ['Change', 'pending', 'new']);
  const [withWords] = await mine('&include=comment_events');
  assert.equal(withWords.child_events.find((one) => one.event_type === 'Comment').body, 'secret words');
});

test('all audits, newest first, by either cursor', async () => {
  const expected = (await get('/api/v2/ticket_audits?page[size]=100')).audits.map((one) => one.id);
  for (let page = await get('/api/v2/ticket_audits?page[size]=100'); page.meta.has_more;) {
    page = await get(page.links.next);
    expected.push(...page.audits.map((one) => one.id));
  }
  const seen = [];
  for (let next = '/api/v2/ticket_audits.json?limit=10'; next;) {
    const page = await get(next);
    seen.push(...page.audits.map((one) => one.id));
    next = page.before_url;
  }
  assert.ok(seen.length > 30);
  assert.deepEqual(seen, expected);
});

test('figures follow the history', async () => {
  const me = (await get('/api/v2/users/me')).user;
  const ticket = await create({ comment: 'figures', requester: { name: 'Fay', email: 'fay@example.org' } });
  for (const change of [{ assignee_id: me.id, comment: 'hello' }, { status: 'solved' }, { status: 'open' }, { comment: { body: 'note', public: false } }]) {
    assert.equal((await api.put(ticket.url, { ticket: change })).status, 200);
  }
  const metric = (await get(`/api/v2/tickets/${ticket.id}/metrics.json`)).ticket_metric;
  assert.deepEqual([metric.reopens, metric.replies, metric.assignee_stations, metric.group_stations], [1, 1, 1, 1]);
  assert.deepEqual([metric.reply_time_in_minutes.calendar, metric.full_resolution_time_in_minutes.calendar,
    metric.first_resolution_time_in_minutes.calendar], [0, null, 0]);
  assert.equal((await get(`/api/v2/ticket_metrics/${metric.id}`)).ticket_metric.ticket_id, ticket.id);
  const list = await get('/api/v2/ticket_metrics?page[size]=100&sort=-id');
  assert.equal(list.ticket_metrics[0].ticket_id, ticket.id);
  assert.equal(typeof list.meta.has_more, 'boolean');
  const shown = (await get(`/api/v2/tickets/show_many?ids=${ticket.id}&include=metric_sets,comment_count,dates,incident_counts`)).tickets[0];
  assert.deepEqual([shown.metric_set.ticket_id, shown.comment_count, shown.incident_count, shown.dates.solved_at], [ticket.id, 3, 0, null]);
});

test('counts of tags and of a ticket\'s audits', async () => {
  const before = (await get('/api/v2/tags/count')).count.value;
  const ticket = await create({ comment: 'c', tags: [`only-here-${Date.now()}`] });
  assert.equal((await get('/api/v2/tags/count')).count.value, before + 1);
  assert.equal((await get(`/api/v2/tickets/${ticket.id}/audits/count`)).count.value, 1);
});

test('the last minute is held back where the desk says so', async () => {
  const careful = await startServer({ env: { STEWARD_EXPORT_DELAY_SECONDS: '60' } });
  try {
    const other = await careful.api();
    await other.post('/api/v2/tickets', { ticket: { comment: 'fresh' } });
    assert.deepEqual((await other.get('/api/v2/incremental/tickets?start_time=0')).json.tickets, []);
    const recent = await other.get(`/api/v2/incremental/tickets?start_time=${Math.floor(Date.now() / 1000) - 10}`);
    assert.deepEqual([recent.status, recent.json.error], [422, 'StartTimeTooRecent']);
  } finally {
    await careful.stop();
  }
});
