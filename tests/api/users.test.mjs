// SPDX-License-Identifier: GPL-3.0-or-later
//
// People, organisations and groups through the API, as its clients use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api, request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let admin;
let agent;
let ana;
const v2 = '/api/v2';

before(async () => {
  server = await startServer({ env: { STEWARD_PUBLIC_URL: 'https://help.example.org' } });
  admin = await server.api();
  for (const [email, name, role] of [
    ['tom@example.org', 'Tom Berg', 'agent'],
    ['ana@customer.example', 'Ána Ruiz', 'end-user'],
  ]) {
    const made = await admin.post(`${v2}/users.json`, { user: { name, email, role } });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.location, made.json.user.url);
  }
  agent = await server.api('tom@example.org');
  ana = await server.api('ana@customer.example');
});
after(async () => {
  for (const api of [admin, agent, ana]) api.close();
  await server.stop();
});

async function make(user, api = agent) {
  const answer = await api.post(`${v2}/users`, { user });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.user;
}

function refused(answer, field, word) {
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json.error, 'RecordInvalid');
  assert.equal(answer.json.details[field]?.[0].error, word, answer.text);
  assert.ok(answer.json.details[field][0].description);
}

test('a user has every field of the contract, and its url leads back to it', async () => {
  const user = await make({ name: 'Field Bearer', email: 'Fields@Customer.Example', phone: '+43 1', tags: ['b', 'A b'] });
  for (const key of [
    'id url name email created_at updated_at time_zone iana_time_zone phone shared_phone_number photo locale_id',
    'locale organization_id role verified external_id tags alias active shared shared_agent last_login_at',
    'two_factor_auth_enabled signature details notes role_type custom_role_id moderator ticket_restriction',
    'only_private_comments restricted_agent suspended default_group_id report_csv user_fields',
  ].flatMap((line) => line.split(' '))) {
    assert.ok(key in user, key);
  }
  assert.equal(user.email, 'fields@customer.example');
  assert.deepEqual(user.tags, ['a', 'b']);
  assert.match(user.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(user.url.startsWith(server.url) && user.url.endsWith('.json'));
  const again = await agent.get(new URL(user.url).pathname);
  assert.deepEqual(again.json.user, user);
});

test('me is whoever asks, also nobody', async () => {
  const nobody = await new Api(server.url).get(`${v2}/users/me.json`);
  assert.equal(nobody.status, 200);
  assert.equal(nobody.json.user.id, null);
  assert.equal(nobody.json.user.name, 'Anonymous user');
  const wrong = await new Api(server.url, 'tom@example.org', 'wrong').get(`${v2}/users/me.json`);
  assert.equal(wrong.json.user.id, null);
  const self = await ana.get(`${v2}/users/me`);
  assert.equal(self.json.user.email, 'ana@customer.example');
  assert.equal(self.json.user.notes, undefined, 'notes are for staff');
  assert.equal((await ana.get(`${v2}/users`)).status, 403);
  const other = await ana.get(`${v2}/end_users/${(await agent.get(`${v2}/users/me`)).json.user.id}`);
  assert.equal(other.status, 404, 'other people do not exist for end users');
});

test('what is wrong is said all at once, and nothing is stored', async () => {
  refused(await agent.post(`${v2}/users`, { user: { name: 'X', email: 'ANA@customer.example' } }), 'email', 'DuplicateValue');
  refused(await agent.post(`${v2}/users`, { user: { email: 'x@customer.example' } }), 'name', 'BlankValue');
  refused(await agent.post(`${v2}/users`, { user: { name: 'X', email: 'no address' } }), 'email', 'InvalidFormat');
  const both = await agent.post(`${v2}/users`, { user: { name: '', role: 'king', organization_id: 'x' } });
  assert.deepEqual(Object.keys(both.json.details).sort(), ['name', 'organization_id', 'role']);
  assert.equal((await agent.post(`${v2}/users`, '{"user":')).status, 400);
  assert.equal((await agent.post(`${v2}/users`, { person: {} })).status, 400);
});

test('agents make requesters, only administrators make staff', async () => {
  const user = await make({ name: 'Bob', email: 'bob@customer.example' });
  const rise = { user: { role: 'admin' } };
  assert.equal((await agent.put(`${v2}/users/${user.id}`, rise)).status, 403);
  assert.equal((await ana.put(`${v2}/end_users/${user.id}`, rise)).status, 404);
  assert.equal((await agent.post(`${v2}/users`, { user: { name: 'S', role: 'agent' } })).status, 403);
  const me = (await admin.get(`${v2}/users/me`)).json.user;
  refused(await admin.put(`${v2}/users/${me.id}`, { user: { role: 'agent' } }), 'role', 'InvalidValue');
});

test('lists come in pages by number and by cursor, each person once', async () => {
  for (let i = 0; i < 7; i++) await make({ name: `Page ${i}`, external_id: `page-${i}` });
  const whole = (await agent.get(`${v2}/users.json`)).json;
  for (const start of ['?per_page=3', '?page[size]=3', '?page%5Bsize%5D=3&page%5Bsize%5D=3']) {
    const found = await agent.all(`${v2}/users.json${start}`, 'users');
    assert.deepEqual(found.map((user) => user.id), whole.users.map((user) => user.id), start);
  }
  assert.equal(whole.count, whole.users.length);
  assert.equal(whole.next_page, null);
  const cursor = (await agent.get(`${v2}/users?page[size]=100`)).json;
  assert.deepEqual(cursor.meta.has_more, false);
  assert.equal(cursor.links.next, null);
  assert.equal(cursor.count, undefined);
  const beyond = await agent.get(`${v2}/users?page=101`);
  assert.equal(beyond.status, 400);
  assert.equal(beyond.json.errors[0].code, 'InvalidPaginationParameter');
  const total = await agent.get(`${v2}/users/count.json`);
  assert.equal(total.json.count.value, whole.count);
  const staff = await agent.get(`${v2}/users?role[]=agent&role[]=admin`);
  assert.equal(staff.json.count, 2);
});

test('people are found by the beginnings of their words, by address and by external id', async () => {
  for (const query of ['ana ru', 'ÁNA', 'ana@customer.example', 'email:ana@customer.example', 'type:user "Ána Ruiz"']) {
    const answer = await agent.get(`${v2}/users/search.json?query=${encodeURIComponent(query)}`);
    assert.equal(answer.json.count, 1, query);
    assert.equal(answer.json.users[0].email, 'ana@customer.example', query);
  }
  await make({ name: 'Ext', external_id: 'Key-1' });
  const by = await agent.get(`${v2}/users/search.json?external_id=KEY-1&include=identities,roles,groups`);
  assert.equal(by.json.count, 1);
  assert.deepEqual(by.json.roles.map((role) => role.name), ['end-user']);
  refused(await agent.post(`${v2}/users`, { user: { name: 'Y', external_id: 'key-1' } }), 'external_id', 'DuplicateValue');
  const complete = await agent.get(`${v2}/users/autocomplete.json?name=rui`);
  assert.equal(complete.json.users[0].email, 'ana@customer.example');
  const ids = (await agent.get(`${v2}/users`)).json.users.map((user) => user.id);
  const many = await agent.get(`${v2}/users/show_many?ids=${ids[0]},${ids[1]},77`);
  assert.equal(many.json.count, 2);
  const lots = Array.from({ length: 101 }, (_, i) => i + 1).join();
  const refusal = await agent.get(`${v2}/users/show_many?ids=${lots}`);
  assert.equal(refusal.json.error, 'TooManyValues');
  assert.equal(refusal.json.max_count, 100);
});

test('create_or_update knows people by external id and by address; null clears', async () => {
  const first = await agent.post(`${v2}/users/create_or_update`, { user: { name: 'Cora', external_id: 'c-9', phone: '1' } });
  assert.equal(first.status, 201);
  const second = await agent.post(`${v2}/users/create_or_update`, { user: { name: 'Cora B', external_id: 'C-9', phone: null } });
  assert.equal(second.status, 200);
  assert.equal(second.json.user.id, first.json.user.id);
  assert.equal(second.json.user.phone, null);
});

test('deleting keeps the person for those who ask, and frees the address', async () => {
  const user = await make({ name: 'Gone', email: 'gone@customer.example' });
  const answer = await agent.delete(`${v2}/users/${user.id}.json`);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.user.active, false);
  const shown = await agent.get(`${v2}/users/${user.id}.json`);
  assert.equal(shown.json.user.active, false);
  assert.equal((await agent.get(`${v2}/users/search?query=gone`)).json.count, 0);
  await make({ name: 'Back', email: 'gone@customer.example' });
});

test('identities', async () => {
  const user = await make({ name: 'Ida', email: 'ida@customer.example' });
  const base = `${v2}/users/${user.id}/identities`;
  const added = await agent.post(base, { identity: { type: 'email', value: 'Ida2@customer.example', verified: true } });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.json.identity.value, 'ida2@customer.example');
  refused(await agent.post(base, { identity: { type: 'email', value: 'ana@customer.example' } }), 'value', 'DuplicateValue');
  refused(await agent.post(base, { identity: { type: 'pigeon', value: 'x' } }), 'type', 'InvalidValue');
  const primary = await agent.put(`${base}/${added.json.identity.id}/make_primary`);
  assert.deepEqual(primary.json.identities.map((one) => one.primary), [true, false]);
  assert.equal((await agent.get(user.url.slice(server.url.length))).json.user.email, 'ida2@customer.example');
  const old = primary.json.identities[1];
  assert.equal((await agent.put(`${base}/${old.id}/verify`)).json.identity.verified, true);
  const removed = await agent.delete(`${base}/${old.id}.json`);
  assert.equal(removed.status, 204);
  assert.equal(removed.reason, 'No Content');
  assert.equal((await agent.get(`${base}/${old.id}`)).status, 404);
});

test('groups and who is in them', async () => {
  assert.equal((await agent.post(`${v2}/groups`, { group: { name: 'No' } })).status, 403);
  const group = (await admin.post(`${v2}/groups`, { group: { name: 'Network' } })).json.group;
  refused(await admin.post(`${v2}/groups`, { group: { name: 'network' } }), 'name', 'DuplicateValue');
  const tom = (await agent.get(`${v2}/users/me`)).json.user;
  const body = { group_membership: { user_id: String(tom.id), group_id: group.id } };
  const joined = await admin.post(`${v2}/group_memberships`, body);
  assert.equal(joined.status, 201, joined.text);
  refused(await admin.post(`${v2}/group_memberships`, body), 'user_id', 'DuplicateValue');
  const made = await admin.put(`${v2}/users/${tom.id}/group_memberships/${joined.json.group_membership.id}/make_default`);
  assert.equal(made.json.group_memberships.filter((one) => one.default).length, 1);
  assert.equal((await agent.get(`${v2}/users/me`)).json.user.default_group_id, group.id);
  const members = await agent.get(`${v2}/groups/${group.id}/users?page[size]=10`);
  assert.deepEqual(members.json.users.map((user) => user.id), [tom.id]);
  assert.equal((await admin.delete(`${v2}/groups/${group.id}`)).status, 204);
  assert.equal((await agent.get(`${v2}/groups/${group.id}`)).json.group.deleted, true);
  const list = await agent.get(`${v2}/groups.json`);
  assert.ok(list.json.groups.every((one) => !one.deleted));
});

test('organisations gather the people of their domains', async () => {
  const user = await make({ name: 'Otto', email: 'otto@otto.example' });
  const made = await agent.post(`${v2}/organizations`, {
    organization: { name: 'Otto & Co', domain_names: ['otto.example'], external_id: 'o-1' },
  });
  assert.equal(made.status, 201, made.text);
  const { id } = made.json.organization;
  refused(await agent.post(`${v2}/organizations`, { organization: { name: 'OTTO & co' } }), 'name', 'DuplicateValue');
  refused(await agent.post(`${v2}/organizations`, { organization: { name: 'Bad', domain_names: ['a b@'] } }), 'domain_names', 'InvalidValue');
  const people = await agent.get(`${v2}/organizations/${id}/users.json?include=organizations`);
  assert.deepEqual(people.json.users.map((one) => one.id), [user.id]);
  assert.equal(people.json.organizations[0].id, id);
  const newcomer = await make({ name: 'Olga', email: 'olga@otto.example' });
  assert.equal(newcomer.organization_id, id);
  const memberships = await agent.get(`${v2}/users/${newcomer.id}/organization_memberships`);
  assert.equal(memberships.json.organization_memberships[0].organization_name, 'Otto & Co');
  const tags = await agent.put(`${v2}/organizations/${id}/tags`, { tags: ['vip', 'eu'] });
  assert.deepEqual(tags.json.tags, ['eu', 'vip']);
  assert.equal((await agent.delete(`${v2}/organizations/${id}`)).status, 204);
  assert.equal((await agent.get(`${v2}/organizations/${id}`)).status, 404);
  assert.equal((await agent.get(`${v2}/users/${user.id}`)).json.user.organization_id, null);
});

test('a form-encoded body counts as the same', async () => {
  const answer = await request(new URL(`${v2}/users.json`, server.url), {
    method: 'POST',
    headers: { ...agent.headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'user%5Bname%5D=Form&user%5Bemail%5D=form@customer.example&user%5Btags%5D%5B%5D=x&user%5Btags%5D%5B%5D=y',
  });
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual(JSON.parse(answer.text).user.tags, ['x', 'y']);
});

test('passwords are set by administrators and changed by their owners', async () => {
  const tom = (await agent.get(`${v2}/users/me`)).json.user;
  const path = `${v2}/users/${tom.id}/password.json`;
  refused(await admin.post(path, { password: 'short' }), 'password', 'TooShort');
  assert.equal((await agent.post(path, { password: 'long enough for this' })).status, 403);
  assert.equal((await admin.post(path, { password: 'wind lamp river nine' })).status, 200);
  refused(await agent.put(path, { previous_password: 'wrong', password: 'other words than those' }), 'previous_password', 'InvalidValue');
  const basic = { authorization: `Basic ${Buffer.from('tom@example.org:wind lamp river nine').toString('base64')}` };
  const self = await new Api(server.url).get(`${v2}/users/me`, basic);
  assert.equal(self.json.user.id, tom.id);
});
