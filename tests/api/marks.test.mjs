// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people have to do with tickets and organisations beside working on them: activities,
// bookmarks, tickets passed over, organisations followed, settings of programs; and what people do
// with their own account.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let sink;
let api;
let agent; // sees the tickets of the group "Seen" only
let me;
let group;

async function made(where, body, status = 201) {
  const answer = await api.post(`/api/v2/${where}`, body);
  assert.equal(answer.status, status, `${where}: ${answer.text}`);
  return Object.values(answer.json)[0];
}
const ticketOf = (more = {}) => made('tickets', { ticket: { subject: 'Lamp', comment: 'It is dark.', group_id: group.id, ...more } });

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  group = await made('groups', { group: { name: 'Seen' } });
  me = await made('users', { user: { name: 'Ana', email: 'ana@example.org', role: 'agent', ticket_restriction: 'groups' } });
  await made('group_memberships', { group_membership: { user_id: me.id, group_id: group.id } });
  agent = await server.api('ana@example.org');
});
after(async () => {
  api.close();
  agent.close();
  await server.stop();
  await sink.close();
});

test('agents are told what others do with their tickets, and nobody else is', async () => {
  const ticket = await ticketOf();
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { assignee_id: me.id, priority: 'low' } });
  const since = new Date(Date.now() - 3600000).toISOString();
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { priority: 'urgent', comment: { body: 'Please look.', public: false } } });
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { priority: 'low' } });
  await agent.put(`/api/v2/tickets/${ticket.id}`, { ticket: { comment: 'My own words tell me nothing.' } });
  const { json } = await agent.get(`/api/v2/activities.json?since=${since}`);
  assert.deepEqual(json.activities.map((one) => one.verb), ['tickets.assignment', 'tickets.comment', 'tickets.priority_increase']);
  const [assigned, said] = json.activities;
  assert.deepEqual([assigned.target.ticket.id, assigned.user.id, assigned.actor_id, json.count], [ticket.id, me.id, json.actors[0].id, 3]);
  assert.deepEqual([said.object.comment.value, said.object.comment.public, json.users[0].id], ['Please look.', false, me.id]);
  assert.deepEqual((await agent.get(assigned.url)).json.activity.id, assigned.id);
  assert.equal((await agent.get('/api/v2/activities/count')).json.count.value, 3);
  assert.equal((await agent.get('/api/v2/activities?since=2999-01-01T00:00:00Z')).json.count, 0);
  assert.equal((await agent.get('/api/v2/activities?since=yesterday')).status, 400);
  const page = (await agent.get('/api/v2/activities?page[size]=2')).json;
  assert.deepEqual([page.activities.length, page.meta.has_more], [2, true]);
  assert.deepEqual((await agent.get(page.links.next)).json.activities.map((one) => one.verb), ['tickets.priority_increase']);
  // Somebody else's activity, and one whose ticket is not to be seen any more.
  assert.equal((await api.get(assigned.url)).status, 404);
  assert.equal((await api.get('/api/v2/activities')).json.count, 0);
  await api.delete(`/api/v2/tickets/${ticket.id}`);
  const blind = (await agent.get('/api/v2/activities')).json.activities;
  assert.deepEqual(blind.map((one) => [one.object, one.target]), [[{}, {}], [{}, {}], [{}, {}]]);
  assert.ok(!JSON.stringify(blind).includes('Please look'));
});

test('bookmarks are one\'s own, made once, and of tickets that one may see', async () => {
  const ticket = await ticketOf();
  const first = await agent.post('/api/v2/bookmarks', { bookmark: { ticket_id: ticket.id } });
  const again = await agent.post('/api/v2/bookmarks', { bookmark: { ticket_id: ticket.id } });
  assert.deepEqual([first.status, again.status], [201, 200]);
  assert.equal(first.json.bookmark.id, again.json.bookmark.id);
  assert.equal(first.headers.location, first.json.bookmark.url);
  assert.deepEqual((await agent.get('/api/v2/bookmarks')).json.bookmarks.map((one) => one.ticket.id), [ticket.id]);
  assert.equal((await api.get('/api/v2/bookmarks')).json.count, 0);
  assert.equal((await api.delete(first.json.bookmark.url)).status, 404);
  const hidden = await ticketOf({ group_id: null });
  assert.equal((await agent.post('/api/v2/bookmarks', { bookmark: { ticket_id: hidden.id } })).status, 404);
  assert.equal((await agent.post('/api/v2/bookmarks', { bookmark: {} })).json.details.ticket_id[0].error, 'BlankValue');
  assert.equal((await agent.delete(first.json.bookmark.url)).status, 204);
  assert.equal((await agent.get('/api/v2/bookmarks')).json.count, 0);
});

test('a ticket that is passed over, and why', async () => {
  const ticket = await ticketOf();
  const answer = await agent.post('/api/v2/skips', { skip: { ticket_id: ticket.id, reason: 'I know too little of lamps.' } });
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual([answer.json.skip.ticket_id, answer.json.skip.user_id], [ticket.id, me.id]);
  for (const path of [`tickets/${ticket.id}/skips`, `users/${me.id}/skips`, 'skips']) {
    assert.deepEqual((await api.get(`/api/v2/${path}.json?page[size]=10`)).json.skips.map((one) => one.reason), ['I know too little of lamps.'], path);
  }
  const other = await made('users', { user: { name: 'Bo', email: 'bo@example.org', role: 'agent' } });
  const bo = await server.api('bo@example.org');
  assert.equal((await bo.get('/api/v2/skips')).json.count, 0);
  assert.equal((await bo.get(`/api/v2/users/${me.id}/skips`)).status, 403);
  assert.equal((await bo.get(`/api/v2/users/${other.id}/skips`)).status, 200);
  bo.close();
  const hidden = await ticketOf({ group_id: null });
  assert.equal((await agent.post('/api/v2/skips', { skip: { ticket_id: hidden.id } })).status, 404);
  assert.equal((await agent.get(`/api/v2/tickets/${hidden.id}/skips`)).status, 404);
});

test('who follows an organisation hears the desk\'s answers to its tickets, if they may see them', async () => {
  const one = await made('organizations', { organization: { name: 'Lamps and sons' } });
  const person = await made('users', { user: { name: 'Cy', email: 'cy@lamps.example', organization_id: one.id } });
  const sub = (user) => made('organization_subscriptions', { organization_subscription: { user_id: user, organization_id: one.id } }, 200);
  const mine = await sub(me.id);
  assert.equal((await sub(me.id)).id, mine.id, 'once');
  const stranger = await made('users', { user: { name: 'Di', email: 'di@example.net' } });
  await sub(stranger.id);
  for (const path of ['organization_subscriptions', `organizations/${one.id}/subscriptions`, `organizations/${one.id}/organization_subscriptions`]) {
    assert.deepEqual((await agent.get(`/api/v2/${path}`)).json.organization_subscriptions.map((row) => row.user_id), [me.id, stranger.id], path);
  }
  assert.deepEqual((await agent.get(`/api/v2/users/${me.id}/organization_subscriptions?page[size]=1`)).json.organization_subscriptions, [mine]);
  assert.equal((await agent.get(`/api/v2/users/${me.id}/related`)).json.user_related.organization_subscriptions, 1);
  const ticket = await ticketOf({ requester_id: person.id });
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { comment: 'A new bulb is on its way.' } });
  await sink.wait((mail) => mail.to?.includes('ana@example.org') && /new bulb/.test(mail.text ?? ''));
  await sink.wait((mail) => mail.to?.includes('cy@lamps.example') && /new bulb/.test(mail.text ?? ''));
  assert.ok(!sink.mails.some((mail) => mail.to?.includes('di@example.net')), 'who may not see the ticket hears nothing');
  assert.deepEqual((await api.post('/api/v2/organization_subscriptions', { organization_subscription: { user_id: 1, organization_id: one.id } })).json.details.user_id[0].error, 'InvalidValue');
  assert.equal((await agent.delete(mine.url)).status, 204);
  assert.equal((await agent.get(mine.url)).status, 404);
  // Merged people are one follower.
  const twin = await made('users', { user: { name: 'Di too', email: 'di2@example.net' } });
  await sub(twin.id);
  await api.put(`/api/v2/users/${twin.id}/merge`, { user: { id: stranger.id } });
  assert.deepEqual((await api.get(`/api/v2/organizations/${one.id}/subscriptions`)).json.organization_subscriptions.map((row) => row.user_id), [stranger.id]);
});

test('programs keep settings for their user', async () => {
  const fresh = (await agent.get('/api/v2/users/me/settings.json')).json.settings;
  assert.equal(fresh.lotus.keyboard_shortcuts_enabled, true);
  const put = await agent.put('/api/v2/users/me/settings', { settings: { lotus: { keyboard_shortcuts_enabled: false, theme: 'dark' }, other: { a: [1] } } });
  assert.deepEqual([put.status, put.json.settings.lotus.keyboard_shortcuts_enabled], [200, false], put.text);
  await agent.put('/api/v2/users/me/settings', { settings: { lotus: { theme: 'light' } } });
  const later = (await agent.get('/api/v2/users/me/settings')).json.settings;
  assert.deepEqual([later.lotus.keyboard_shortcuts_enabled, later.lotus.theme, later.other], [false, 'light', { a: [1] }]);
  assert.equal((await api.get('/api/v2/users/me/settings')).json.settings.lotus.keyboard_shortcuts_enabled, true, 'one\'s own');
  const large = await agent.put('/api/v2/users/me/settings', { settings: { lotus: { theme: 'x'.repeat(40000) } } });
  assert.equal(large.status, 422);
});

test('somebody joins their two accounts, knowing the password of the other', async () => {
  const one = await made('users', { user: { name: 'Ed', email: 'ed@example.net' } });
  const two = await made('users', { user: { name: 'Ed', email: 'ed@work.example', verified: true } });
  await api.post(`/api/v2/users/${two.id}/password`, { password: 'four quite plain words' });
  const ed = await server.api('ed@example.net');
  const wrong = await ed.put('/api/v2/users/me/merge', { user: { email: 'ed@work.example', password: 'some other plain words' } });
  assert.equal(wrong.status, 422, wrong.text);
  assert.equal((await ed.put('/api/v2/users/me/merge', { user: { email: 'ed@work.example' } })).status, 422);
  const right = await ed.put('/api/v2/users/me/merge', { user: { email: 'ed@work.example', password: 'four quite plain words' } });
  assert.deepEqual([right.status, right.json.user.id], [200, two.id], right.text);
  assert.equal((await api.get(`/api/v2/users/${one.id}`)).json.user.active, false);
  const staff = await agent.put('/api/v2/users/me/merge', { user: { email: 'ed@work.example', password: 'four quite plain words' } });
  assert.equal(staff.status, 422, 'staff stay who they are');
  ed.close();
});

test('that a person was wiped is told; memberships go by the organisation, too', async () => {
  const person = await made('users', { user: { name: 'Flo', email: 'flo@example.net' } });
  const statuses = async () => (await agent.get(`/api/v2/users/${person.id}/compliance_deletion_statuses`)).json.compliance_deletion_statuses;
  const [one, two] = [await made('organizations', { organization: { name: 'One' } }), await made('organizations', { organization: { name: 'Two' } })];
  for (const { id } of [one, two]) await made('organization_memberships', { organization_membership: { user_id: person.id, organization_id: id } });
  const put = await agent.put(`/api/v2/users/${person.id}/organizations/${two.id}/make_default`);
  assert.deepEqual(put.json.organization_memberships.map((row) => [row.organization_id, row.default]), [[one.id, false], [two.id, true]], put.text);
  assert.equal((await agent.delete(`/api/v2/users/${person.id}/organizations/${two.id}`)).status, 204);
  assert.equal((await agent.delete(`/api/v2/users/${person.id}/organizations/${two.id}`)).status, 404);
  await api.delete(`/api/v2/users/${person.id}`);
  assert.deepEqual(await statuses(), []);
  await api.delete(`/api/v2/deleted_users/${person.id}`);
  assert.deepEqual((await statuses()).map((row) => [row.action, row.user_id]), [['complete', person.id]]);
});
