// SPDX-License-Identifier: GPL-3.0-or-later
//
// Many tickets in one call, and what ends a ticket: merging, deleting, restoring, spam, redaction.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { request } from '../support/http.mjs';
import { finished } from '../support/jobs.mjs';
import { blobs } from '../support/keep.mjs';
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

const show = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json?.ticket;

test('create_many goes on behind an item that fails', async () => {
  const job = await finished(api, await api.post('/api/v2/tickets/create_many.json', {
    tickets: [{ subject: 'One', comment: { body: 'first' } }, { subject: 'Nothing to say' }, { comment: 'third' }],
  }));
  assert.deepEqual([job.status, job.total, job.progress], ['completed', 3, 3]);
  assert.match(job.message, /^Completed at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
  assert.deepEqual(job.results.map((one) => one.index), [0, 1, 2]);
  assert.deepEqual([job.results[1].error, /^Description:/.test(job.results[1].details)], ['TicketCreateFailed', true]);
  assert.equal((await show(job.results[0].id)).subject, 'One');
  assert.equal((await show(job.results[2].id)).description, 'third');
  const listed = (await api.get('/api/v2/job_statuses')).json.job_statuses;
  assert.equal(listed[0].id, job.id);
  const many = (await api.get(`/api/v2/job_statuses/show_many.json?ids=${job.id}`)).json.job_statuses;
  assert.deepEqual(many.map((one) => one.status), ['completed']);
});

test('update_many takes one change for all, or each its own; tags are added and taken', async () => {
  const [a, b] = [await create({ comment: 'a', tags: ['x'] }), await create({ comment: 'b', external_id: 'other-b' })];
  const same = await finished(api, await api.put(`/api/v2/tickets/update_many?ids=${a.id},${b.id},99999`, {
    ticket: { priority: 'high', additional_tags: ['y'] },
  }));
  assert.deepEqual(same.results.map((one) => [one.id, one.status, one.error]),
    [[a.id, 'Updated', undefined], [b.id, 'Updated', undefined], [99999, undefined, 'TicketUpdateFailed']]);
  assert.deepEqual((await show(a.id)).tags, ['x', 'y']);
  const each = await finished(api, await api.put('/api/v2/tickets/update_many', {
    tickets: [{ id: a.id, remove_tags: ['x'], status: 'open' }, { id: b.id, status: 'solved' }],
  }));
  assert.ok(each.results.every((one) => one.success && one.action === 'update'));
  assert.deepEqual([(await show(a.id)).tags, (await show(a.id)).status, (await show(b.id)).status], [['y'], 'open', 'solved']);
  await finished(api, await api.put('/api/v2/tickets/update_many?external_ids=other-b', { ticket: { type: 'task' } }));
  assert.equal((await show(b.id)).type, 'task');
  const tickets = Array.from({ length: 101 }, () => ({ comment: 'x' }));
  const refused = await api.post('/api/v2/tickets/create_many', { tickets });
  assert.deepEqual([refused.status, refused.json.error, refused.json.max_count], [400, 'TooManyValues', 100]);
});

test('a job is seen by who began it and by administrators', async () => {
  await api.post('/api/v2/users', { user: { name: 'Ida', email: 'ida@example.org', role: 'agent', verified: true } });
  const ida = await server.api('ida@example.org');
  const mine = await finished(api, await api.post('/api/v2/tickets/create_many', { tickets: [{ comment: 'x' }] }));
  assert.equal((await ida.get(mine.url)).status, 404);
  const hers = await finished(ida, await ida.post('/api/v2/tickets/create_many', { tickets: [{ comment: 'x' }] }));
  assert.equal((await api.get(hers.url)).status, 200);
  assert.deepEqual((await ida.get('/api/v2/job_statuses')).json.job_statuses.map((one) => one.id), [hers.id]);
});

test('deleted tickets are listed, come back, and can go for good', async () => {
  const made = [];
  for (const subject of ['Gone', 'Back', 'Forever']) made.push(await create({ subject, comment: `words of ${subject}` }));
  const ids = made.map((one) => one.id);
  const job = await finished(api, await api.delete(`/api/v2/tickets/destroy_many.json?ids=${ids.join(',')}`));
  assert.ok(job.results.every((one) => one.status === 'Deleted' && one.action === 'delete'));
  const deleted = (await api.get('/api/v2/deleted_tickets.json')).json;
  const row = deleted.deleted_tickets.find((one) => one.id === ids[1]);
  const me = (await api.get('/api/v2/users/me')).json.user;
  assert.deepEqual([row.subject, row.actor, row.previous_state], ['Back', { id: me.id, name: me.name }, 'new']);
  const restored = await api.put(`/api/v2/deleted_tickets/${ids[1]}/restore.json`);
  assert.deepEqual([restored.status, restored.json], [200, {}]);
  assert.equal((await show(ids[1])).status, 'new');
  await finished(api, await api.delete(`/api/v2/deleted_tickets/${ids[2]}.json`));
  const left = (await api.get('/api/v2/deleted_tickets?page[size]=100')).json;
  assert.ok(!left.deleted_tickets.some((one) => one.id === ids[2]));
  assert.equal((await api.put(`/api/v2/deleted_tickets/${ids[2]}/restore`)).status, 404);
  const found = (await api.get('/api/v2/search?query=Forever')).json.results;
  assert.deepEqual(found, [], 'its words are gone from the index, too');
  const never = await finished(api, await api.delete(`/api/v2/deleted_tickets/destroy_many?ids=${ids[1]}`));
  assert.equal(never.results[0].error, 'TicketDeleteFailed', 'a living ticket is not deleted for good');
});

test('merging closes the sources into the target with an honest history', async () => {
  const upload = JSON.parse((await request(`${server.url}/api/v2/uploads?filename=proof.txt`,
    { method: 'POST', headers: { ...api.headers, 'content-type': 'text/plain' }, body: 'proof' })).text).upload;
  const target = await create({ subject: 'Main', comment: 'the one' });
  const source = await create({
    subject: 'Double', comment: { body: 'the other', uploads: [upload.token] }, email_ccs: [{ user_email: 'cc@example.org' }],
    requester: { name: 'Rex', email: 'rex@example.org' },
  });
  const job = await finished(api, await api.post(`/api/v2/tickets/${target.id}/merge.json`, { ids: [source.id] }));
  assert.deepEqual(job.results.map((one) => [one.id, one.success]), [[target.id, true]]);
  const closed = await show(source.id);
  assert.deepEqual([closed.status, closed.tags], ['closed', ['closed_by_merge']]);
  const notes = (await api.get(`/api/v2/tickets/${target.id}/comments`)).json.comments;
  assert.match(notes[1].body, new RegExp(`Request #${source.id} "Double" was closed and merged[^]*the other`));
  assert.deepEqual([notes[1].public, notes[1].attachments.map((one) => one.file_name)], [false, ['proof.txt']]);
  const other = (await api.get(`/api/v2/tickets/${source.id}/comments`)).json.comments;
  assert.match(other[1].body, new RegExp(`merged into request #${target.id} "Main"`));
  const audits = (await api.get(`/api/v2/tickets/${source.id}/audits`)).json.audits;
  assert.deepEqual([audits.at(-1).via.source.rel, audits.at(-1).via.source.from], ['merge', { ticket_id: target.id }]);
  const ccs = (await api.get(`/api/v2/tickets/${target.id}/email_ccs`)).json.users.map((one) => one.email);
  assert.deepEqual(ccs, ['cc@example.org']);
  const again = await finished(api, await api.post(`/api/v2/tickets/${target.id}/merge`, { ids: [source.id] }));
  assert.equal(again.results[0].error, 'TicketMergeFailed');
  assert.equal((await api.post(`/api/v2/tickets/${target.id}/merge`, {})).json.error, 'RecordInvalid');
});

test('spam is deleted and its sender suspended; staff are not', async () => {
  const spam = await create({ comment: 'buy', requester: { name: 'Spam', email: 'spam@example.org' } });
  const answer = await api.put(`/api/v2/tickets/${spam.id}/mark_as_spam.json`);
  assert.deepEqual([answer.status, answer.json], [200, {}]);
  assert.equal(await show(spam.id), undefined);
  assert.equal((await api.get(`/api/v2/users/${spam.requester_id}`)).json.user.suspended, true);
  const own = await create({ comment: 'mine' });
  assert.equal((await api.put(`/api/v2/tickets/${own.id}/mark_as_spam`)).status, 422);
  const many = await create({ comment: 'buy more', requester: { name: 'Spam 2', email: 'spam2@example.org' } });
  const job = await finished(api, await api.put(`/api/v2/tickets/mark_many_as_spam?ids=${many.id}`));
  assert.equal(job.results[0].success, true);
  assert.equal(await show(many.id), undefined);
});

test('a comment can be hidden and redacted, its file emptied', async () => {
  const upload = JSON.parse((await request(`${server.url}/api/v2/uploads?filename=card.txt`,
    { method: 'POST', headers: { ...api.headers, 'content-type': 'text/plain' }, body: '4111 1111' })).text).upload;
  const ticket = await create({ subject: 'Card', comment: { html_body: '<p>My card is 4111, yes <b>4111</b>!</p>', uploads: [upload.token] } });
  const [comment] = (await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  const where = `/api/v2/tickets/${ticket.id}/comments/${comment.id}`;
  const redacted = await api.put(`${where}/redact.json`, { text: '4111' });
  assert.equal(redacted.status, 200, redacted.text);
  assert.equal(redacted.json.comment.body.trim(), 'My card is ▇▇▇▇, yes ▇▇▇▇!');
  assert.ok(!redacted.json.comment.html_body.includes('4111'));
  assert.match(redacted.json.comment.html_body, /<b>▇▇▇▇<\/b>/);
  assert.deepEqual((await api.get('/api/v2/search?query=4111')).json.results, []);
  assert.equal((await api.get('/api/v2/search?query=Card')).json.count, 1, 'the rest is still found');
  assert.equal((await api.put(`${where}/redact`, { text: 'not there' })).status, 422);
  const file = await api.put(`${where}/attachments/${comment.attachments[0].id}/redact`);
  assert.deepEqual([file.status, file.json.attachment.file_name, file.json.attachment.size], [200, 'redacted.txt', 0]);
  assert.equal((await request(file.json.attachment.content_url)).text, '');
  // Somebody may just have put the same bytes and be about to name them: only the collector takes them away.
  const hash = crypto.createHash('sha256').update('4111 1111').digest('hex');
  assert.ok(blobs(server.data).some((one) => one.name === hash), 'the bytes are left to the collector');
  assert.equal((await api.put(`${where}/make_private`)).status, 200);
  assert.deepEqual((await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments.map((one) => one.public), [false]);
  assert.equal((await show(ticket.id)).is_public, false);
  const events = (await api.get(`/api/v2/tickets/${ticket.id}/audits`)).json.audits.flatMap((one) => one.events);
  assert.deepEqual(events.filter((one) => /Redaction|Privacy/.test(one.type)).map((one) => [one.type, one.comment_id]),
    ['CommentRedactionEvent', 'AttachmentRedactionEvent', 'CommentPrivacyChange'].map((type) => [type, comment.id]));
});

test('imports take times, authors and states as they were, and nobody is mailed', async () => {
  const answer = await api.post('/api/v2/imports/tickets.json', {
    ticket: {
      subject: 'Old', status: 'closed', created_at: '2019-03-04T05:06:07Z', updated_at: '2019-04-01T00:00:00Z',
      solved_at: '2019-03-20T00:00:00Z', requester: { name: 'Olga', email: 'olga@example.org' },
      comments: [
        { value: 'long ago', created_at: '2019-03-04T05:06:07Z' },
        { body: 'answered', public: true, created_at: '2019-03-05T00:00:00Z' },
        { html_body: '<b>note</b>', public: false, created_at: '2019-03-06T00:00:00Z' },
      ],
    },
  });
  assert.equal(answer.status, 201, answer.text);
  const { ticket } = answer.json;
  assert.deepEqual([ticket.status, ticket.created_at, ticket.updated_at, ticket.assignee_id],
    ['closed', '2019-03-04T05:06:07Z', '2019-04-01T00:00:00Z', null]);
  assert.ok(ticket.generated_timestamp > 1577836800);
  const me = (await api.get('/api/v2/users/me')).json.user;
  const comments = (await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  assert.deepEqual(comments.map((one) => [one.body.trim(), one.public, one.author_id, one.created_at]), [
    ['long ago', true, ticket.requester_id, '2019-03-04T05:06:07Z'],
    ['answered', true, me.id, '2019-03-05T00:00:00Z'],
    ['note', false, me.id, '2019-03-06T00:00:00Z'],
  ]);
  const plain = await api.post('/api/v2/imports/tickets', { ticket: { comment: 'just this' } });
  assert.deepEqual([plain.json.ticket.status, plain.json.ticket.subject, plain.json.ticket.requester_id], ['open', null, me.id]);
  const job = await finished(api, await api.post('/api/v2/imports/tickets/create_many', {
    tickets: [{ comment: 'i', created_at: '2018-01-01T00:00:00Z' }, { subject: 'no words' }],
  }));
  assert.equal((await show(job.results[0].id)).created_at, '2018-01-01T00:00:00Z');
  assert.equal(job.results[1].error, 'TicketCreateFailed');
});

test('related, recent and people around a ticket', async () => {
  const problem = await create({ comment: 'p', type: 'problem' });
  await create({ comment: 'i', type: 'incident', problem_id: problem.id });
  const { ticket_related: related } = (await api.get(`/api/v2/tickets/${problem.id}/related.json`)).json;
  assert.deepEqual([related.incidents, related.followup_source_ids, related.topic_id], [1, [], null]);
  const me = (await api.get('/api/v2/users/me')).json.user;
  const mine = await create({ comment: 'm', assignee_id: me.id, followers: [{ user_id: me.id }] });
  assert.equal((await api.get('/api/v2/tickets/recent')).json.tickets[0].id, mine.id);
  assert.deepEqual((await api.get(`/api/v2/tickets/${mine.id}/followers`)).json.users.map((one) => one.id), [me.id]);
  assert.deepEqual((await api.get(`/api/v2/tickets/${mine.id}/collaborators`)).json.users.map((one) => one.id), [me.id]);
});

test('a key makes a request that is sent twice happen once', async () => {
  const body = { ticket: { subject: 'Once', comment: 'only' } };
  const key = { 'idempotency-key': `key-${Math.random()}` };
  const first = await api.post('/api/v2/tickets', body, key);
  assert.deepEqual([first.status, first.headers['x-idempotency-lookup']], [201, 'miss']);
  await api.put(first.json.ticket.url, { ticket: { priority: 'low' } });
  const second = await api.post('/api/v2/tickets', body, key);
  assert.deepEqual([second.status, second.headers['x-idempotency-lookup'], second.headers.location],
    [201, 'hit', first.json.ticket.url]);
  assert.deepEqual(second.json, first.json, 'the answer of then, not of now');
  const other = await api.post('/api/v2/tickets', { ticket: { comment: 'other' } }, key);
  assert.deepEqual([other.status, other.json.error], [400, 'IdempotentRequestError']);
  const both = await Promise.all([1, 2, 3].map(() => api.post('/api/v2/tickets', body, { 'idempotency-key': 'race' })));
  assert.equal(new Set(both.map((one) => one.json.ticket.id)).size, 1);
  assert.equal((await api.post('/api/v2/tickets', body)).headers['x-idempotency-lookup'], undefined);
  assert.equal((await api.post('/api/v2/tickets', body, { 'idempotency-key': 'x'.repeat(256) })).status, 400);
});

test('a ticket can be made by a job, and an update can insist on what it has seen', async () => {
  const job = await finished(api, await api.post('/api/v2/tickets.json?async=true', { ticket: { comment: 'later' } }));
  assert.equal((await show(job.results[0].id)).description, 'later');
  const ticket = await create({ comment: 'careful' });
  const fine = await api.put(ticket.url, { ticket: { safe_update: true, updated_stamp: ticket.updated_at, priority: 'low' } });
  assert.equal(fine.status, 200, fine.text);
  const tags = await api.put(`/api/v2/tickets/${ticket.id}/tags`, { tags: ['x'], safe_update: true, updated_stamp: '2020-01-01T00:00:00Z' });
  assert.deepEqual([tags.status, tags.json.error], [409, 'UpdateConflict']);
});
