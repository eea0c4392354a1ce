// SPDX-License-Identifier: GPL-3.0-or-later
//
// Service levels by the API: working hours, policies, the clocks of tickets while time passes, what
// programs read of them, and that requesters never do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let ahead = 0;
let people = 0;

before(async () => {
  server = await startServer({ env: {} });
  api = await server.api();
});
after(async () => {
  api?.close();
  await server?.stop();
});

// The program's clock goes ahead, by way of a restart.
async function hoursPass(hours) {
  ahead += hours * 3600;
  api.close();
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = String(ahead);
  await server.start();
  api = await server.api();
}

const ok = ({ status, json, text }, wanted = 200) => {
  assert.equal(status, wanted, text);
  return json;
};
const metric = (name, minutes, business = false, priority = 'urgent') => ({
  priority, metric: name, target: minutes, business_hours: business,
});
async function policy(fields) {
  return ok(await api.post('/api/v2/slas/policies', { sla_policy: fields }), 201).sla_policy;
}
// A request by somebody new; the client is theirs.
async function asked(fields = {}) {
  const email = `asker${++people}@example.net`;
  ok(await api.post('/api/v2/users', { user: { name: `Asker ${people}`, email, verified: true } }), 201);
  const theirs = await server.api(email);
  const { request } = ok(await theirs.post('/api/v2/requests', {
    request: { subject: 'Dark', comment: { body: 'It is dark.' }, priority: 'urgent', ...fields },
  }), 201);
  return { id: request.id, theirs };
}
const slas = async (id) =>
  ok(await api.get(`/api/v2/tickets/${id}?include=slas`)).ticket.slas.policy_metrics;
const events = async (id) =>
  ok(await api.get(`/api/v2/tickets/${id}/metric_events`)).ticket_metric_events;

test('schedules keep hours, holidays and groups', async () => {
  const made = ok(await api.post('/api/v2/business_hours/schedules', {
    schedule: { name: 'Berlin', time_zone: 'Europe/Berlin' },
  }), 201).schedule;
  assert.equal(made.intervals.length, 5);
  const place = `/api/v2/business_hours/schedules/${made.id}`;
  const week = { intervals: [{ start_time: 1980, end_time: 2220 }, { start_time: 2280, end_time: 2460 }] };
  assert.deepEqual(ok(await api.put(`${place}/workweek`, { workweek: week })).workweek, week);
  const holiday = ok(await api.post(`${place}/holidays`, {
    holiday: { name: 'New Year', start_date: '2027-01-01', end_date: '2027-01-02' },
  }), 201).holiday;
  assert.deepEqual(ok(await api.get(`${place}/holidays/${holiday.id}`)).holiday, holiday);
  ok(await api.put(`${place}/holidays/${holiday.id}`, { holiday: { end_date: '2027-01-01' } }));
  assert.deepEqual(ok(await api.get(`${place}/holidays`)).holidays,
    [{ id: holiday.id, name: 'New Year', start_date: '2027-01-01', end_date: '2027-01-01' }]);
  assert.equal((await api.put(`${place}/holidays/${holiday.id}`, { holiday: { end_date: '2026-01-01' } })).status, 422);
  assert.equal((await api.put(place, { schedule: { time_zone: 'Moon/Crater' } })).status, 422);
  assert.equal((await api.put(`${place}/workweek`, {
    workweek: { intervals: [{ start_time: 0, end_time: 100 }, { start_time: 50, end_time: 200 }] },
  })).status, 422);
  assert.equal((await api.delete(`${place}/holidays/${holiday.id}`)).status, 204);
  assert.equal((await api.delete(place)).status, 204);
  assert.equal((await api.get(place)).status, 404);
});

test('policies are written, ordered, checked and deleted', async () => {
  const filter = { all: [{ field: 'type', operator: 'is', value: 'incident' }], any: [] };
  const one = await policy({ title: 'One', filter, policy_metrics: [metric('first_reply_time', 10)] });
  const two = await policy({ title: 'Two', description: 'Second', filter, policy_metrics: [] });
  assert.deepEqual(one.policy_metrics, [{
    priority: 'urgent', metric: 'first_reply_time', target: 10, target_in_seconds: 600, business_hours: false,
  }]);
  assert.deepEqual(one.filter, filter);
  const titles = async () => ok(await api.get('/api/v2/slas/policies')).sla_policies.map((p) => p.title);
  assert.deepEqual(await titles(), ['One', 'Two']);
  ok(await api.put('/api/v2/slas/policies/reorder', { sla_policy_ids: [two.id, one.id] }));
  assert.deepEqual(await titles(), ['Two', 'One']);
  for (const wrong of [
    { title: '' },
    { filter: { all: [{ field: 'status', operator: 'is', value: 'open' }] } },
    { policy_metrics: [metric('nap_time', 10)] },
    { policy_metrics: [metric('first_reply_time', 0)] },
    { policy_metrics: [metric('first_reply_time', 5), metric('first_reply_time', 6)] },
  ]) {
    const answer = await api.put(`/api/v2/slas/policies/${one.id}`, { sla_policy: wrong });
    assert.equal(answer.status, 422, JSON.stringify(wrong));
  }
  const { definitions } = ok(await api.get('/api/v2/slas/policies/definitions'));
  const group = definitions.all.find((one) => one.value === 'group_id');
  assert.equal(group.values.type, 'list');
  assert.ok(!definitions.all.some((one) => one.value === 'status'));
  for (const { id } of [one, two]) assert.equal((await api.delete(`/api/v2/slas/policies/${id}`)).status, 204);
  assert.deepEqual(await titles(), []);
});

test('an administrator sets working hours and service levels by page, without a script', async () => {
  const admin = server.visitor();
  await signIn(admin, server.admin);
  assert.match(pageText((await admin.get('/admin?q=service levels')).text), /Service levels/);

  let page = await admin.get('/admin/hours/new');
  const typed = {
    name: 'Bergen', time_zone: 'Europe/Oslo', monday: '8-12, 12:30-16', sunday: '', saturday: '22-24',
    free_days: '2026-12-24 Christmas Eve\n2026-12-25..2026-12-26 Christmas',
  };
  const wrong = await admin.submit(page, '/admin/hours', { ...typed, tuesday: 'nine to five' });
  assert.equal(wrong.status, 422);
  assert.match(pageText(wrong.text), /Write hours as in 9:00-12:30, 13:30-17:00; 'nine to five' is not understood/);
  assert.ok(wrong.text.includes('8-12, 12:30-16'), 'what was typed is still there');
  assert.equal((await admin.submit(page, '/admin/hours', { ...typed, time_zone: 'Mars/Olympus' })).status, 422);
  assert.equal((await admin.submit(page, '/admin/hours', typed)).status, 303);
  const { schedules } = ok(await api.get('/api/v2/business_hours/schedules'));
  const bergen = schedules.find((one) => one.name === 'Bergen');
  assert.equal(bergen.time_zone, 'Europe/Oslo');
  assert.deepEqual(bergen.intervals[0], { start_time: 1440 + 480, end_time: 1440 + 720 });
  assert.ok(bergen.intervals.some((one) => one.end_time === 7 * 1440));
  const { holidays } = ok(await api.get(`/api/v2/business_hours/schedules/${bergen.id}/holidays`));
  assert.deepEqual(holidays.map((one) => [one.name, one.start_date, one.end_date]), [
    ['Christmas Eve', '2026-12-24', '2026-12-24'], ['Christmas', '2026-12-25', '2026-12-26'],
  ]);
  page = await admin.get(`/admin/hours/${bergen.id}`);
  assert.equal((await admin.submit(page, `/admin/hours/${bergen.id}`, { tuesday: '9-17', do: 'save' })).status, 303);
  assert.match((await admin.get(`/admin/hours/${bergen.id}`)).text, /value="09:00-17:00"/);

  page = await admin.get('/admin/levels/new');
  const level = { title: 'Outages', about: 'Incidents first', all_field: 'type', all_op: 'is', all_value: 'incident' };
  const nothing = await admin.submit(page, '/admin/levels', level);
  assert.equal(nothing.status, 422);
  assert.match(pageText(nothing.text), /Say what is owed/);
  const unclear = await admin.submit(page, '/admin/levels', { ...level, 'first_reply_time-urgent': 'soon' });
  assert.match(pageText(unclear.text), /Write a span of time as in 30m, 4h or 1d 4h; 'soon'/);
  assert.ok(unclear.text.includes('value="soon"'));
  const owed = { 'first_reply_time-urgent': '30m', 'first_reply_time-low': '1d', 'first_reply_time-business': '1' };
  assert.equal((await admin.submit(page, '/admin/levels', { ...level, ...owed })).status, 303);
  assert.equal((await admin.submit(page, '/admin/levels', { ...level, title: 'Rest', ...owed })).status, 303);
  const list = () => admin.get('/admin/levels');
  assert.match(pageText((await list()).text), /Outages Incidents first Tickets where .*incident.* First reply 30m – 1d/i);
  const policies = async () => ok(await api.get('/api/v2/slas/policies')).sla_policies;
  const [first] = await policies();
  assert.equal(first.title, 'Outages');
  assert.deepEqual(first.filter.all, [{ field: 'type', operator: 'is', value: 'incident' }]);
  assert.deepEqual(first.policy_metrics.map((one) => [one.priority, one.target, one.business_hours]).sort(), [
    ['low', 1440, true], ['urgent', 30, true],
  ]);
  await admin.submit(await list(), `/admin/levels/${first.id}`, { do: 'down' });
  assert.deepEqual((await policies()).map((one) => one.title), ['Rest', 'Outages']);
  for (const one of await policies()) {
    await admin.submit(await admin.get(`/admin/levels/${one.id}`), `/admin/levels/${one.id}`, { do: 'delete' });
  }
  assert.deepEqual(await policies(), []);
  await admin.submit(await admin.get(`/admin/hours/${bergen.id}`), `/admin/hours/${bergen.id}`, { do: 'delete' });
  assert.equal((await admin.get(`/admin/hours/${bergen.id}`)).status, 404);
  const { audit_logs } = ok(await api.get('/api/v2/audit_logs?filter[source_type]=sla_policy'));
  assert.deepEqual(new Set(audit_logs.map((one) => one.action)), new Set(['create', 'update', 'destroy']));
  admin.close();
});

test('clocks run, pause, are missed and kept, and only staff read them', async () => {
  await policy({
    title: 'Urgent', filter: { all: [], any: [] },
    policy_metrics: [metric('first_reply_time', 60), metric('next_reply_time', 60),
      metric('requester_wait_time', 120), metric('total_resolution_time', 24 * 60)],
  });
  const { id, theirs } = await asked();
  // Requesters set no priority; it is the desk's.
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { priority: 'urgent' } }));
  const first = (await slas(id)).find((one) => one.metric === 'first_reply_time');
  assert.equal(first.stage, 'active');
  assert.ok(first.minutes >= 58 || first.hours === 1, JSON.stringify(first));
  const agent = server.visitor();
  await signIn(agent, server.admin);
  assert.match(pageText((await agent.get(`/tickets/${id}`)).text), /First reply due in (59|60) min/);
  assert.match(pageText((await agent.get('/desk?view=open')).text), /due in (59|60) min/);

  await hoursPass(3);
  assert.match(pageText((await agent.get(`/tickets/${id}`)).text), /First reply late by 2 h|First reply late by 12\d min/);
  agent.close();
  ok(await api.put(`/api/v2/tickets/${id}`, {
    ticket: { status: 'pending', comment: { body: 'Is the lamp on?', public: true } },
  }));
  const stages = Object.fromEntries((await slas(id)).map((one) => [one.metric, one.stage]));
  assert.deepEqual(stages, {
    first_reply_time: 'achieved', requester_wait_time: 'paused', total_resolution_time: 'active',
  });
  const told = await events(id);
  const breaches = told.filter((one) => one.type === 'breach').map((one) => one.metric).sort();
  assert.deepEqual(breaches, ['reply_time', 'requester_wait_time']);
  const sla = told.find((one) => one.type === 'apply_sla' && one.metric === 'reply_time').sla;
  assert.deepEqual([sla.target, sla.target_in_seconds, sla.business_hours, sla.policy.title], [60, 3600, false, 'Urgent']);
  const status = told.find((one) => one.type === 'update_status' && one.metric === 'reply_time').status;
  assert.ok(status.calendar >= 180 && status.calendar <= 182, JSON.stringify(status));

  ok(await theirs.put(`/api/v2/requests/${id}`, { request: { comment: { body: 'It is.' } } }));
  assert.equal((await slas(id)).find((one) => one.metric === 'next_reply_time').stage, 'active');
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'solved', comment: { body: 'New lamp.', public: true } } }));
  assert.deepEqual(new Set((await slas(id)).map((one) => one.stage)), new Set(['achieved']));

  // What programs export is the same, by time and by cursor.
  const start = Math.floor(Date.now() / 1000) - 3600;
  const all = ok(await api.get(`/api/v2/incremental/ticket_metric_events?start_time=${start}`));
  const own = await events(id);
  assert.deepEqual(all.ticket_metric_events.filter((one) => one.ticket_id === id).map((one) => one.id).sort(),
    own.map((one) => one.id).sort());
  const paged = [];
  let url = '/api/v2/incremental/ticket_metric_events?page[size]=3';
  while (url) {
    const json = ok(await api.get(url));
    paged.push(...json.ticket_metric_events.map((one) => one.id));
    url = json.meta.has_more ? json.links.next : null;
  }
  assert.deepEqual(paged, all.ticket_metric_events.map((one) => one.id));

  // Never to the one to whom it is owed.
  for (const place of [`/api/v2/requests/${id}?include=slas`, `/api/v2/requests?include=slas`]) {
    const seen = await theirs.get(place);
    assert.equal(seen.status, 200);
    assert.doesNotMatch(seen.text, /slas|breach|policy_metric/);
  }
  assert.equal((await theirs.get(`/api/v2/tickets/${id}/metric_events`)).status, 403);
  assert.equal((await theirs.get('/api/v2/slas/policies')).status, 403);
});

test('views and automations ask for the hours until a service level is missed', async () => {
  const { id } = await asked();
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { priority: 'urgent' } }));
  const query = { view: {
    all: [{ field: 'status', operator: 'less_than', value: 'solved' },
      { field: 'until_sla_next_breach_at', operator: 'less_than', value: '2' }],
    output: { columns: ['nice_id', 'sla_next_breach_at'], sort_by: 'sla_next_breach_at', sort_order: 'asc' },
  } };
  const found = ok(await api.post('/api/v2/views/preview', query));
  assert.deepEqual(found.rows.map((row) => row.ticket.id), [id]);
  assert.ok(found.rows[0].sla_next_breach_at, JSON.stringify(found.rows[0]));
  await hoursPass(5);
  assert.deepEqual(ok(await api.post('/api/v2/views/preview', query)).rows, []);
  query.view.all[1] = { field: 'sla_next_breach_at', operator: 'greater_than', value: '3' };
  assert.deepEqual(ok(await api.post('/api/v2/views/preview', query)).rows.map((row) => row.ticket.id), [id]);
});

test('figures of tickets count working minutes too', async () => {
  const group = ok(await api.post('/api/v2/groups', { group: { name: 'Half hours' } }), 201).group;
  const { schedule } = ok(await api.post('/api/v2/business_hours/schedules', {
    schedule: { name: 'Never', time_zone: 'UTC' },
  }), 201);
  const place = `/api/v2/business_hours/schedules/${schedule.id}`;
  ok(await api.put(place, { schedule: { group_ids: [group.id] } }));
  // Open in the first half of each hour of the week.
  const week = (from) => ({ intervals: Array.from({ length: 168 }, (_, hour) => (
    { start_time: hour * 60 + from, end_time: hour * 60 + from + 30 })) });
  ok(await api.put(`${place}/workweek`, { workweek: week(0) }));
  const { id } = await asked({});
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { group_id: group.id } }));
  await hoursPass(10);
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'solved', comment: { body: 'Light again.' } } }));
  const figures = async () => ok(await api.get(`/api/v2/tickets/${id}/metrics`)).ticket_metric;
  const first = await figures();
  ok(await api.put(`${place}/workweek`, { workweek: week(30) }));
  const second = await figures();
  for (const name of ['reply_time', 'first_resolution_time', 'full_resolution_time', 'requester_wait_time']) {
    const [one, other] = [first, second].map((all) => all[`${name}_in_minutes`]);
    assert.ok(one.calendar >= 600 && one.calendar < 605, `${name} ${one.calendar}`);
    // Ten hours have five of each half, but for the moments that the test itself took.
    assert.ok(one.business >= 295 && one.business <= 305, `${name} ${one.business}`);
    assert.ok(Math.abs(one.business + other.business - one.calendar) <= 1, `${name} ${other.business}`);
  }
  assert.deepEqual(first.on_hold_time_in_minutes, { calendar: 0, business: 0 });
  const shown = ok(await api.get(`/api/v2/tickets/${id}?include=metric_sets`)).ticket.metric_set;
  assert.deepEqual(shown.reply_time_in_minutes, second.reply_time_in_minutes);
});
