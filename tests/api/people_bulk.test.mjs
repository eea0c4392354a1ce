// SPDX-License-Identifier: GPL-3.0-or-later
//
// Many people and organisations in one call; merging, wiping, figures and sessions of people.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { finished } from '../support/jobs.mjs';
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
  return Object.values(answer.json)[0];
}

async function get(path, status = 200) {
  const answer = await api.get(path);
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}

test('people are made, changed and deleted by the hundred', async () => {
  const job = await finished(api, await api.post('/api/v2/users/create_many.json', {
    users: [{ name: 'A', email: 'a@bulk.example', external_id: 'xa' }, { name: '' }, { name: 'B', email: 'b@bulk.example' },
      { name: 'Again', email: 'A@bulk.example' }],
  }));
  assert.deepEqual(job.results.map((one) => [one.index, one.status ?? one.error]),
    [[0, 'Created'], [1, 'UserCreateFailed'], [2, 'Created'], [3, 'UserCreateFailed']]);
  assert.deepEqual([job.results[0].email, job.results[0].external_id, job.results[0].action], ['a@bulk.example', 'xa', 'create']);
  const [a, b] = [job.results[0].id, job.results[2].id];
  const upsert = await finished(api, await api.post('/api/v2/users/create_or_update_many', {
    users: [{ external_id: 'xa', notes: 'found' }, { email: 'b@bulk.example', name: 'Bea' }, { name: 'C', email: 'c@bulk.example' }],
  }));
  assert.deepEqual(upsert.results.map((one) => one.action), ['update', 'update', 'create']);
  assert.deepEqual([(await get(`/api/v2/users/${a}`)).user.notes, (await get(`/api/v2/users/${b}`)).user.name], ['found', 'Bea']);
  const same = await finished(api, await api.put(`/api/v2/users/update_many?ids=${a},${b}`, { user: { tags: ['vip'] } }));
  assert.ok(same.results.every((one) => one.status === 'Updated'));
  await finished(api, await api.put('/api/v2/users/update_many', { users: [{ id: a, details: 'own' }] }));
  const { user } = await get(`/api/v2/users/${a}`);
  assert.deepEqual([user.tags, user.details], [['vip'], 'own']);
  const gone = await finished(api, await api.delete(`/api/v2/users/destroy_many?ids=${a},${b}`));
  assert.ok(gone.results.every((one) => one.status === 'Deleted'));
  assert.equal((await get(`/api/v2/users/${b}`)).user.active, false);
});

test('organisations and memberships, too', async () => {
  const job = await finished(api, await api.post('/api/v2/organizations/create_many', {
    organizations: [{ name: 'Bulk One', external_id: 'o1' }, { name: 'Bulk one' }, { name: 'Bulk Two' }],
  }));
  assert.deepEqual(job.results.map((one) => one.status ?? one.error), ['Created', 'OrganizationCreateFailed', 'Created']);
  const [one, , two] = job.results.map((row) => row.id);
  await finished(api, await api.put('/api/v2/organizations/update_many?external_ids=o1', { organization: { notes: 'n' } }));
  assert.equal((await get(`/api/v2/organizations/${one}`)).organization.notes, 'n');
  const user = await made('/api/v2/users', { user: { name: 'Member', email: 'member@bulk.example' } });
  const joined = await finished(api, await api.post('/api/v2/organization_memberships/create_many', {
    organization_memberships: [{ user_id: user.id, organization_id: one }, { user_id: user.id, organization_id: two }, { organization_id: two }],
  }));
  assert.deepEqual(joined.results.map((row) => row.success ?? row.error), [true, true, 'OrganizationMembershipCreateFailed']);
  await made('/api/v2/tickets', { ticket: { comment: 'x', requester_id: user.id, organization_id: one } });
  assert.deepEqual((await get(`/api/v2/organizations/${one}/related`)).organization_related, { tickets_count: 1, users_count: 1 });
  assert.equal((await get(`/api/v2/organizations/${one}/tickets/count`)).count.value, 1);
  await finished(api, await api.delete(`/api/v2/organization_memberships/destroy_many?ids=${joined.results[1].id}`));
  assert.equal((await get(`/api/v2/users/${user.id}/organizations`)).count, 1);
  const group = await made('/api/v2/groups', { group: { name: 'Bulk group' } });
  const agent = await made('/api/v2/users', { user: { name: 'Ag', email: 'ag@bulk.example', role: 'agent' } });
  const teams = await finished(api, await api.post('/api/v2/group_memberships/create_many', {
    group_memberships: [{ user_id: agent.id, group_id: group.id }, { user_id: user.id, group_id: group.id }],
  }));
  assert.deepEqual(teams.results.map((row) => row.success ?? row.error), [true, 'GroupMembershipCreateFailed']);
  await finished(api, await api.delete(`/api/v2/group_memberships/destroy_many?ids=${teams.results[0].id}`));
  assert.equal((await get(`/api/v2/groups/${group.id}/users`)).count, 0);
  const gone = await finished(api, await api.delete(`/api/v2/organizations/destroy_many?ids=${two}`));
  assert.equal(gone.results[0].status, 'Deleted');
});

test('two accounts of one person become one', async () => {
  const loser = await made('/api/v2/users', { user: { name: 'Old', email: 'old@merge.example', phone: '+4930', tags: ['x'] } });
  const winner = await made('/api/v2/users', { user: { name: 'New', email: 'new@merge.example', tags: ['y'] } });
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'mine', requester_id: loser.id, submitter_id: loser.id } });
  const copied = await made('/api/v2/tickets', { ticket: { comment: 'cc', email_ccs: [{ user_id: loser.id }] } });
  const answer = await api.put(`/api/v2/users/${loser.id}/merge.json`, { user: { id: winner.id } });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([answer.json.user.id, answer.json.user.email, answer.json.user.phone, answer.json.user.tags],
    [winner.id, 'new@merge.example', '+4930', ['x', 'y']]);
  assert.equal((await get(`/api/v2/tickets/${ticket.id}`)).ticket.requester_id, winner.id);
  assert.deepEqual((await get(`/api/v2/tickets/${copied.id}/email_ccs`)).users.map((one) => one.id), [winner.id]);
  assert.equal((await get(`/api/v2/tickets/${ticket.id}/comments`)).comments[0].author_id, winner.id);
  const values = (await get(`/api/v2/users/${winner.id}/identities`)).identities.map((one) => `${one.value} ${one.primary}`);
  assert.deepEqual([...values].sort(), ['new@merge.example true', 'old@merge.example false']);
  assert.equal((await get(`/api/v2/users/${loser.id}`)).user.active, false);
  assert.equal((await get('/api/v2/users/search?query=old@merge.example')).users[0].id, winner.id);
  const { user_related: related } = await get(`/api/v2/users/${winner.id}/related.json`);
  assert.deepEqual([related.requested_tickets, related.ccd_tickets, related.assigned_tickets], [1, 1, 0]);
  assert.equal((await get(`/api/v2/users/${winner.id}/tickets/ccd/count`)).count.value, 1);
  const agent = await made('/api/v2/users', { user: { name: 'Staff', email: 'staff@merge.example', role: 'agent' } });
  assert.equal((await api.put(`/api/v2/users/${agent.id}/merge`, { user: { id: winner.id } })).status, 422);
  assert.equal((await api.put(`/api/v2/users/${winner.id}/merge`, { user: { id: winner.id } })).status, 422);
});

test('organisations merge with their people, tickets and domains', async () => {
  const loser = await made('/api/v2/organizations', { organization: { name: 'Small', domain_names: ['small.example'], tags: ['s'] } });
  const winner = await made('/api/v2/organizations', { organization: { name: 'Big', tags: ['b'] } });
  const user = await made('/api/v2/users', { user: { name: 'Sam', email: 'sam@small.example' } });
  assert.equal(user.organization_id, loser.id);
  const ticket = await made('/api/v2/tickets', { ticket: { comment: 'x', requester_id: user.id } });
  const answer = await api.post(`/api/v2/organizations/${loser.id}/merge`, { organization_merge: { winner_id: winner.id } });
  assert.equal(answer.status, 201, answer.text);
  const merge = answer.json.organization_merge;
  assert.match(merge.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.deepEqual((await get(merge.url)).organization_merge, merge);
  assert.deepEqual((await get(`/api/v2/organizations/${winner.id}/merges`)).organization_merges, [merge]);
  assert.equal((await get(`/api/v2/users/${user.id}`)).user.organization_id, winner.id);
  assert.equal((await get(`/api/v2/tickets/${ticket.id}`)).ticket.organization_id, winner.id);
  const { organization } = await get(`/api/v2/organizations/${winner.id}`);
  assert.deepEqual([organization.domain_names, organization.tags], [['small.example'], ['b', 's']]);
  await get(`/api/v2/organizations/${loser.id}`, 404);
});

test('deleted people are listed and can be wiped', async () => {
  const user = await made('/api/v2/users', { user: { name: 'Wipe Me', email: 'wipe@example.org', notes: 'private' } });
  await get(`/api/v2/deleted_users/${user.id}`, 404);
  await api.delete(`/api/v2/users/${user.id}`);
  assert.ok((await get('/api/v2/deleted_users.json')).deleted_users.some((one) => one.id === user.id));
  const { count } = await get('/api/v2/deleted_users/count');
  assert.ok((await get('/api/v2/deleted_users?page[size]=1')).meta.has_more === count.value > 1);
  const wiped = await api.delete(`/api/v2/deleted_users/${user.id}.json`);
  assert.deepEqual([wiped.status, wiped.json.deleted_user.id], [200, user.id]);
  const { user: left } = await get(`/api/v2/users/${user.id}`);
  assert.deepEqual([left.name, left.notes, left.active], ['Permanently Deleted User', '', false]);
  assert.equal((await get('/api/v2/deleted_users/count')).count.value, count.value - 1);
  assert.equal((await api.delete(`/api/v2/deleted_users/${user.id}`)).status, 404);
});

test('sessions of browsers can be seen and ended', async () => {
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const own = await visitor.send('/api/v2/users/me/session.json');
  assert.equal(own.status, 200, own.text);
  const { session } = JSON.parse(own.text);
  const { authenticity_token: token } = JSON.parse((await visitor.send('/api/v2/users/me/session/renew')).text);
  assert.ok(token.length > 20);
  assert.ok((await get('/api/v2/sessions.json')).sessions.some((one) => one.id === session.id));
  const where = `/api/v2/users/${session.user_id}/sessions`;
  assert.deepEqual((await get(where)).sessions.map((one) => one.id), [session.id]);
  assert.equal((await get(`${where}/${session.id}`)).session.user_id, session.user_id);
  await made('/api/v2/users', { user: { name: 'Nosy', email: 'nosy@example.org', role: 'agent', verified: true } });
  const nosy = await server.api('nosy@example.org');
  assert.equal((await nosy.get(where)).status, 404);
  assert.equal((await nosy.delete(`${where}/${session.id}`)).status, 404);
  const refused = await visitor.send('/api/v2/users/me/session', { method: 'DELETE' });
  assert.equal(refused.status, 403, 'a cookie alone changes nothing');
  assert.equal((await visitor.send('/api/v2/users/me/logout', { method: 'DELETE', headers: { 'x-csrf-token': token } })).status, 204);
  assert.equal((await visitor.send('/account')).status, 303);
  await signIn(visitor, server.admin);
  assert.equal((await api.delete(where)).status, 204);
  assert.equal((await visitor.send('/account')).status, 303);
  visitor.close();
});
