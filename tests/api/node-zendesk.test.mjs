// SPDX-License-Identifier: GPL-3.0-or-later
//
// The client library that most programs in this language use, driven as its readers write it. Only
// the address is ours: it is not told what it talks to.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zendesk from 'node-zendesk';
import { finished } from '../support/jobs.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let client;

before(async () => {
  server = await startServer();
  api = await server.api();
  client = zendesk.createClient({
    username: server.admin.email,
    token: server.tokens.get(server.admin.email),
    endpointUri: `${server.url}/api/v2`,
  });
});
after(() => server.stop());

async function done(started) {
  const id = (started.result ?? started).job_status.id;
  return until('the job to end', async () => {
    const answer = await client.jobstatuses.show(id);
    const job = (answer.result ?? answer).job_status;
    return job.status === 'completed' && job;
  });
}

const one = (answer, key) => answer.result?.[key] ?? answer[key] ?? answer.result ?? answer;
const create = async (ticket) => one(await client.tickets.create({ ticket }), 'ticket');

test('tickets are created, read, changed, commented, listed and deleted', async () => {
  const ticket = await create({ subject: 'By client', comment: { body: 'first' }, tags: ['a'] });
  assert.equal(ticket.subject, 'By client');
  const changed = one(await client.tickets.update(ticket.id, { ticket: { status: 'open', comment: { body: 'second', public: false } } }), 'ticket');
  assert.equal(changed.status, 'open');
  const comments = await client.tickets.getComments(ticket.id);
  assert.deepEqual(comments.map((row) => [row.body, row.public]), [['first', true], ['second', false]]);
  assert.equal(one(await client.tickets.show(ticket.id), 'ticket').id, ticket.id);
  assert.ok((await client.tickets.list()).some((row) => row.id === ticket.id));
  const audits = await client.tickets.exportAudit(ticket.id);
  assert.equal(audits.length, 2);
  assert.equal(one(await client.tickets.listMetrics(ticket.id), 'ticket_metric').ticket_id, ticket.id);
  await client.tickets.addTags(ticket.id, { tags: ['b'] });
  assert.deepEqual([...one(await client.tickets.show(ticket.id), 'ticket').tags].sort(), ['a', 'b']);
  await client.tickets.delete(ticket.id).catch((error) => assert.match(String(error.message), /No Content/));
  await assert.rejects(client.tickets.show(ticket.id), /Not Found|404/i);
});

test('every page is walked', async () => {
  const many = await finished(api, await api.post('/api/v2/tickets/create_many', {
    tickets: Array.from({ length: 100 }, (_, i) => ({ subject: `Page ${i}`, comment: 'x', tags: ['paged'] })),
  }));
  await finished(api, await api.post('/api/v2/tickets/create_many', {
    tickets: Array.from({ length: 30 }, (_, i) => ({ subject: `Page ${100 + i}`, comment: 'x', tags: ['paged'] })),
  }));
  const all = await client.tickets.list();
  const ids = all.map((row) => row.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(many.results.every((row) => ids.includes(row.id)));
  const found = await client.search.queryAll('type:ticket tags:paged');
  assert.equal(new Set(found.map((row) => row.id)).size, 130);
});

test('many at once, and merging, by jobs', async () => {
  const made = await done(await client.tickets.createMany({ tickets: [{ comment: { body: 'm1' } }, { comment: { body: 'm2' } }] }));
  const ids = made.results.map((row) => row.id);
  await done(await client.tickets.updateMany(ids, { ticket: { priority: 'high' } }));
  const shown = await client.tickets.showMany(ids);
  assert.deepEqual((shown.result ?? shown.tickets ?? shown).map((row) => row.priority), ['high', 'high']);
  await done(await client.tickets.merge(ids[0], { ids: [ids[1]], source_comment: 's', target_comment: 't' }));
  assert.equal(one(await client.tickets.show(ids[1]), 'ticket').status, 'closed');
  await done(await client.tickets.deleteMany([ids[0]]));
  await assert.rejects(client.tickets.show(ids[0]));
});

test('files are uploaded and go with a comment', async () => {
  const file = path.join(server.folder, 'note.txt');
  fs.writeFileSync(file, 'the file');
  const upload = one(await client.attachments.upload(file, { filename: 'note.txt' }), 'upload');
  const token = upload.token ?? upload.upload.token;
  const ticket = await create({ comment: { body: 'see file', uploads: [token] } });
  const [comment] = await client.tickets.getComments(ticket.id);
  assert.deepEqual(comment.attachments.map((row) => [row.file_name, row.size]), [['note.txt', 8]]);
  const shown = one(await client.attachments.show(comment.attachments[0].id), 'attachment');
  assert.equal(shown.file_name, 'note.txt');
});

test('search, people, organisations and groups', async () => {
  const user = one(await client.users.create({ user: { name: 'Zoe Client', email: 'zoe@client.example' } }), 'user');
  const organization = one(await client.organizations.create({ organization: { name: 'Client Org' } }), 'organization');
  await client.users.update(user.id, { user: { organization_id: organization.id } });
  const found = await client.search.query('type:user email:zoe@client.example');
  assert.deepEqual((found.result ?? found.results ?? found).map((row) => row.id), [user.id]);
  const hits = await client.users.search({ query: 'zoe@client.example' });
  assert.deepEqual((hits.result ?? hits).map((row) => row.organization_id), [organization.id]);
  assert.ok((await client.groups.list()).length > 0);
  assert.ok((await client.users.list()).some((row) => row.id === user.id));
  assert.equal(one(await client.users.me(), 'user').email, server.admin.email);
  const fields = await client.ticketfields.list();
  assert.ok(fields.some((row) => row.type === 'subject'));
  assert.ok((await client.brand.list()).length ?? true);
});

test('incremental exports', async () => {
  const ticket = await create({ comment: { body: 'exported' } });
  const page = await client.tickets.incremental(0);
  const rows = page.result?.tickets ?? page.tickets ?? page.result ?? page;
  assert.ok(rows.some((row) => row.id === ticket.id));
  const users = await client.users.incremental(0);
  assert.ok((users.result?.users ?? users.users ?? users.result ?? users).length > 0);
});
