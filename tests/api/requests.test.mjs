// SPDX-License-Identifier: GPL-3.0-or-later
//
// /requests: what a person who asks sees and may do; and mails that wait for an administrator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let eva;

before(async () => {
  server = await startServer();
  api = await server.api();
  await api.post('/api/v2/users', { user: { name: 'Eva', email: 'eva@example.org', verified: true } });
  eva = await server.api('eva@example.org');
});
after(() => server.stop());

async function ask(body) {
  const answer = await eva.post('/api/v2/requests.json', { request: body });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.request;
}

test('a person asks, reads, answers and solves', async () => {
  const made = await ask({ subject: 'Help', comment: { body: 'It broke' }, priority: 'high', status: 'closed', assignee_id: 1 });
  assert.deepEqual([made.subject, made.description, made.status, made.priority, made.assignee_id],
    ['Help', 'It broke', 'new', 'high', null]);
  const me = (await api.get('/api/v2/users/me')).json.user;
  await api.put(`/api/v2/tickets/${made.id}`, { ticket: { assignee_id: me.id, comment: { body: 'internal', public: false } } });
  await api.put(`/api/v2/tickets/${made.id}`, { ticket: { status: 'hold', comment: { body: 'Hello' } } });
  const shown = (await eva.get(made.url)).json.request;
  assert.deepEqual([shown.status, shown.can_be_solved_by_me], ['open', true]);
  const comments = (await eva.get(`/api/v2/requests/${made.id}/comments`)).json;
  assert.deepEqual(comments.comments.map((one) => one.body), ['It broke', 'Hello'], 'no internal note');
  assert.ok(comments.users.every((one) => one.email === undefined || one.id === made.requester_id), 'no addresses of others');
  assert.equal((await eva.get(`/api/v2/requests/${made.id}/comments/${comments.comments[1].id}`)).json.comment.body, 'Hello');
  const answered = await eva.put(made.url, { request: { comment: { body: 'Thanks', public: false }, priority: 'low' } });
  assert.deepEqual([answered.status, answered.json.request.priority, answered.json.request.status], [200, 'high', 'open']);
  const solved = await eva.put(made.url, { request: { solved: true, comment: 'Done' } });
  assert.equal(solved.json.request.status, 'solved', solved.text);
  const all = (await api.get(`/api/v2/tickets/${made.id}/comments`)).json.comments;
  assert.ok(all.filter((one) => one.author_id === made.requester_id).every((one) => one.public));
});

test('lists are one\'s own', async () => {
  const open = await ask({ subject: 'Open zebra', comment: 'x' });
  const other = (await api.post('/api/v2/tickets', {
    ticket: { comment: 'zebra of others', requester: { name: 'O', email: 'o@example.org' } },
  })).json.ticket;
  const copied = (await api.post('/api/v2/tickets', {
    ticket: { comment: 'zebra copied', requester: { name: 'O', email: 'o@example.org' }, email_ccs: [{ user_email: 'eva@example.org' }] },
  })).json.ticket;
  const ids = async (path) => (await eva.get(path)).json.requests.map((one) => one.id);
  assert.ok((await ids('/api/v2/requests/open')).includes(open.id));
  assert.ok(!(await ids('/api/v2/requests/solved')).includes(open.id));
  assert.deepEqual(await ids('/api/v2/requests/ccd'), [copied.id]);
  assert.deepEqual((await ids('/api/v2/requests/search?query=zebra')).sort(), [open.id, copied.id].sort());
  assert.ok(!(await ids('/api/v2/requests')).includes(other.id));
  assert.equal((await eva.get(`/api/v2/requests/${other.id}`)).status, 404);
  assert.equal((await eva.put(`/api/v2/requests/${other.id}`, { request: { comment: 'x' } })).status, 404);
  assert.equal((await eva.get(`/api/v2/requests/${copied.id}`)).json.request.can_be_solved_by_me, false);
  assert.equal(typeof (await eva.get('/api/v2/requests?page[size]=1')).json.meta.has_more, 'boolean');
  const person = (await api.get('/api/v2/users/search?query=eva@example.org')).json.users[0];
  assert.ok((await api.get(`/api/v2/users/${person.id}/requests`)).json.requests.length > 0);
  assert.equal((await eva.get(`/api/v2/users/${person.id}/requests`)).status, 403);
});

test('nobody in particular can ask, and is told no more than the number', async () => {
  const post = (body) => request(`${server.url}/api/v2/requests.json`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ request: body }),
  });
  const fine = await post({ requester: { name: 'Nora', email: 'nora@example.org' }, subject: 'Hi', comment: { body: 'there' } });
  assert.equal(fine.status, 201, fine.text);
  const ticket = (await api.get(`/api/v2/tickets/${JSON.parse(fine.text).request.id}`)).json.ticket;
  assert.equal(ticket.description, 'there');
  const admin = await post({ requester: { name: 'Me', email: server.admin.email }, subject: 'Hi', comment: 'x', status: 'solved' });
  assert.equal(JSON.parse(admin.text).request.status, 'new');
  assert.equal((await post({ subject: 'Hi', comment: { body: 'there' } })).status, 422);
  assert.equal((await post({ requester: { email: 'x@example.org' }, subject: 'Hi', comment: 'x' })).status, 422);
  assert.equal((await request(`${server.url}/api/v2/requests`)).status, 401);
});

test('mails that wait can be read, let in and deleted', async () => {
  const person = (await api.post('/api/v2/users', { user: { name: 'Sus', email: 'sus@example.org' } })).json.user;
  await api.put(person.url, { user: { suspended: true } });
  const mail = (n) => ['From: Sus Pended <sus@example.org>', 'To: support@example.org', `Subject: Wait ${n}`,
    `Message-ID: <wait${n}@example.org>`, '', `words ${n}`, ''].join('\r\n');
  for (const n of [1, 2, 3]) await server.run(['deliver'], ['--to', 'support@example.org'], { input: mail(n) });
  const list = (await api.get('/api/v2/suspended_tickets.json')).json;
  assert.equal(list.count, 3);
  const one = list.suspended_tickets.find((row) => row.subject === 'Wait 1');
  assert.deepEqual([one.author.name, one.author.email, one.recipient, one.content.trim(), one.message_id],
    ['Sus Pended', 'sus@example.org', 'support@example.org', 'words 1', '<wait1@example.org>']);
  assert.ok(one.cause.length > 5);
  assert.equal((await api.get(one.url)).json.suspended_ticket.id, one.id);
  await api.put(person.url, { user: { suspended: false } });
  const recovered = await api.put(`/api/v2/suspended_tickets/${one.id}/recover.json`);
  assert.equal(recovered.status, 200, recovered.text);
  assert.deepEqual(recovered.json.ticket.map((t) => [t.subject, t.via.channel, t.via.source.from.address]),
    [['Wait 1', 'email', 'sus@example.org']]);
  assert.equal((await api.get(one.url)).status, 404);
  const rest = list.suspended_tickets.filter((row) => row.id !== one.id).map((row) => row.id);
  assert.equal((await api.put(`/api/v2/suspended_tickets/recover_many?ids=${rest[0]}`)).json.tickets.length, 1);
  assert.equal((await api.delete(`/api/v2/suspended_tickets/${rest[1]}`)).status, 204);
  assert.equal((await api.delete(`/api/v2/suspended_tickets/${rest[1]}`)).status, 404);
  assert.equal((await api.get('/api/v2/suspended_tickets')).json.count, 0);
});
