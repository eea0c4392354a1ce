// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reports: every figure is counted from tickets that really lived, and leads alone read them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
const ids = {};
const ok = ({ status, json, text }, wanted = 200) => {
  assert.equal(status, wanted, text);
  return json;
};
const report = async (query = '') => ok(await api.get(`/api/v2/reports${query}`)).report;
const put = (id, ticket) => api.put(`/api/v2/tickets/${id}`, { ticket });

before(async () => {
  server = await startServer();
  api = await server.api();
  ids.me = ok(await api.get('/api/v2/users/me')).user.id;
  ids.tom = ok(await api.post('/api/v2/users', { user: { name: 'Tom', email: 'tom@example.org', role: 'agent', verified: true } }), 201).user.id;
  ids.other = ok(await api.post('/api/v2/groups', { group: { name: 'Network' } }), 201).group.id;
  ids.org = ok(await api.post('/api/v2/organizations', { organization: { name: 'Harbour' } }), 201).organization.id;
  ok(await api.post('/api/v2/group_memberships', { group_membership: { user_id: ids.tom, group_id: ids.other } }), 201);
  ok(await api.post('/api/v2/slas/policies', {
    sla_policy: { title: 'All', policy_metrics: [{ priority: 'urgent', metric: 'first_reply_time', target: 60, business_hours: false }] },
  }), 201);
});
after(async () => {
  api?.close();
  await server?.stop();
});

async function asker(number) {
  const email = `asker${number}@example.net`;
  ok(await api.post('/api/v2/users', {
    user: { name: `Asker ${number}`, email, organization_id: ids.org, verified: true },
  }), 201);
  return email;
}

test('an empty desk has an empty report', async () => {
  const empty = await report('?from=2001-01-01&to=2001-01-03');
  assert.equal(empty.days.length, 3);
  assert.equal(empty.requests + empty.solved + empty.repeated + empty.disruption_cents, 0);
  assert.equal(empty.first_word.count, 0);
});

test('requests, answers, hands, reopenings and cost are counted as they were', async () => {
  const made = [];
  // An hour is so dear that the seconds of this test cost something.
  ok(await api.put('/api/v2/disruption_rates', { disruption_rate: { organization_id: ids.org, cents: 90000000 } }));
  for (let i = 0; i < 3; i++) {
    const { ticket } = ok(await api.post('/api/v2/tickets', {
      ticket: {
        subject: `Dark ${i}`, comment: 'It is dark.', priority: 'urgent', assignee_id: ids.me,
        requester: { email: await asker(i) },
      },
    }), 201);
    made.push(ticket.id);
  }
  ok(await api.put(`/api/v2/tickets/${made[0]}/disruption`, { disruption: { degree: 'stopped', people: 2 } }));
  const theirs = await server.api('asker0@example.net');
  ok(await theirs.put(`/api/v2/requests/${made[0]}`, { request: { comment: { body: 'Still dark.' } } }));
  ok(await put(made[0], { comment: { body: 'Light is on its way.', public: true } }));
  ok(await put(made[1], { comment: { body: 'Nobody outside reads this.', public: false } }));
  ok(await put(made[0], { group_id: ids.other, assignee_id: ids.tom }));
  ok(await put(made[0], { status: 'solved' }));
  ok(await put(made[0], { status: 'open' }));
  ok(await put(made[2], { status: 'solved', comment: { body: 'It shines.', public: true } }));

  const all = await report();
  assert.equal(all.requests, 3);
  assert.equal(all.days.at(-1).requests, 3, 'today is the last of thirty days');
  assert.equal(all.days.length, 30);
  assert.equal(all.solved, 1, 'what was reopened is not solved');
  assert.deepEqual(all.channels, [{ channel: 'api', requests: 3 }]);
  assert.equal(all.first_word.count, 2, 'an internal note is no word to anybody');
  assert.equal(all.tickets_reassigned, 1);
  assert.equal(all.tickets_regrouped, 1);
  assert.equal(all.reopened, 1);
  assert.equal(all.repeated, 0, 'who adds a word within the hour does not repeat themselves');
  assert.deepEqual(all.organizations.map((one) => [one.name, one.tickets]), [['Harbour', 1]]);
  assert.ok(all.disruption_cents > 0 && all.organizations[0].cents === all.disruption_cents);
  // What staff entered for somebody began with their own words: only the asker's own were waiting.
  assert.deepEqual(all.promises, [{ metric: 'first_reply_time', ended: 1, late: 0 }]);

  const network = await report(`?group_id=${ids.other}`);
  assert.equal(network.requests, 1);
  assert.equal(network.promises, undefined, 'what is known of the whole desk alone is not told of a group');
  ok(await api.delete(`/api/v2/tickets/${made[1]}`), 204);
  assert.equal((await report()).requests, 2, 'deleted tickets do not count');
  theirs.close();
});

test('who wrote again after more than an hour without an answer repeated themselves', async () => {
  const at = (hours) => new Date(Date.parse('2026-03-02T08:00:00Z') + hours * 3600000).toISOString();
  const { json: who } = await api.get('/api/v2/users/search?query=asker0');
  const requester = who.users[0].id;
  const imported = (hours) => api.post('/api/v2/imports/tickets', {
    ticket: {
      subject: 'Past', requester_id: requester, created_at: at(0), status: 'solved', solved_at: at(48),
      comments: hours.map(([author, when]) => ({ author_id: author, value: 'words', created_at: at(when) })),
    },
  });
  ok(await imported([[requester, 0], [requester, 3], [ids.me, 5]]), 201);
  ok(await imported([[requester, 0], [ids.me, 2], [requester, 3]]), 201);
  const march = await report('?from=2026-03-01&to=2026-03-31');
  assert.equal(march.requests, 2);
  assert.equal(march.solved, 2);
  assert.equal(march.repeated, 1);
  assert.deepEqual(march.first_word, { count: 2, median_seconds: 5 * 3600, ninth_decile_seconds: 5 * 3600 });
  assert.equal(march.solution.median_seconds, 48 * 3600);
});

test('leads read the page; agents and requesters do not, and a wrong day is told', async () => {
  const lead = server.visitor();
  await signIn(lead, server.admin);
  const page = await lead.get('/reports');
  assert.match(pageText(page.text), /2 requests came, 1 was solved/);
  assert.match(pageText(page.text), /Came back after we thought it solved 1/);
  const csv = await lead.get('/reports/days.csv?from=2026-03-02&to=2026-03-04');
  assert.equal(csv.text, 'day,requests,solved\r\n2026-03-02,2,0\r\n2026-03-03,0,0\r\n2026-03-04,0,2\r\n');
  assert.match(csv.headers['content-type'], /text\/csv/);
  lead.close();
  for (const wrong of ['?from=yesterday', '?from=2026-03-02&to=2026-03-01', '?from=2020-01-01&to=2026-01-01', '?group_id=x']) {
    assert.equal((await api.get(`/api/v2/reports${wrong}`)).status, 422, wrong);
  }
  for (const email of ['tom@example.org', 'asker0@example.net']) {
    const other = await server.api(email);
    assert.equal((await other.get('/api/v2/reports')).status, 403, email);
    other.close();
  }
});
