// SPDX-License-Identifier: GPL-3.0-or-later
//
// What agents do with tickets beside answering them, on the pages as a browser without scripts
// sends them: merging, links, splitting, due dates, follow-ups.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText, request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let visitor;
let rita; // an agent who sees only what is hers
let light;
let count = 0;

before(async () => {
  server = await startServer();
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
  rita = await person('Rita Stein', 'agent', { ticket_restriction: 'assigned' });
  light = await person('Lia Licht', 'light-agent');
});
after(async () => {
  for (const one of [visitor, rita, light]) one?.close();
  api.close();
  await server.stop();
});

async function person(name, role, fields) {
  const email = `${name.split(' ')[0].toLowerCase()}@example.org`;
  const file = path.join(server.folder, 'password');
  fs.writeFileSync(file, 'four plain words here\n');
  await server.run(['user', 'add', email], ['--name', name, '--role', role, '--password-file', file]);
  const one = server.visitor();
  await signIn(one, { email, password: 'four plain words here' });
  one.id = (await api.get(`/api/v2/users/search?query=${email}`)).json.users[0].id;
  if (fields) assert.equal((await api.put(`/api/v2/users/${one.id}`, { user: fields })).status, 200);
  return one;
}

async function ticket(fields = {}) {
  count++;
  const requester = { name: `Asker ${count}`, email: `asker${count}@example.com` };
  const answer = await api.post('/api/v2/tickets', { ticket: { subject: `Help ${count}`, requester, comment: { body: `Please help ${count}.` }, ...fields } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

const show = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json.ticket;
const comments = async (id) => (await api.get(`/api/v2/tickets/${id}/comments`)).json.comments;
const page = async (where, who = visitor) => pageText((await who.get(where)).text);

test('this ticket goes into another, or the other into this; both histories say so', async () => {
  for (const way of ['there', 'here']) {
    const a = await ticket();
    const b = await ticket();
    const form = await visitor.get(`/tickets/${a.id}/merge`);
    const done = await visitor.submit(form, /\/merge$/, { number: `#${b.id}`, way });
    assert.equal(done.status, 303, done.text);
    const [kept, closed] = way === 'here' ? [a, b] : [b, a];
    assert.equal(done.headers.location, `/tickets/${kept.id}`);
    assert.equal((await show(closed.id)).status, 'closed');
    assert.notEqual((await show(kept.id)).status, 'closed');
    assert.match(await page(`/tickets/${closed.id}`), new RegExp(`Merged into #${kept.id}`));
    const told = (await comments(kept.id)).at(-1);
    assert.match(told.plain_body, new RegExp(`Request #${closed.id} .* was closed and merged`));
    assert.equal(told.public, false);
  }
});

test('merging offers the requester’s other open tickets, and says what is wrong', async () => {
  const a = await ticket();
  const b = await ticket({ requester_id: a.requester_id, requester: undefined });
  const form = await visitor.get(`/tickets/${a.id}/merge`);
  assert.match(form.text, new RegExp(`name="other" value="${b.id}"`));
  for (const [number, why] of [['', /Say which ticket/], ['nonsense', /Say which ticket/], [`${a.id}`, /cannot be merged into itself/], ['999999', /no ticket 999999 that you can see/]]) {
    const refused = await visitor.submit(form, /\/merge$/, { number });
    assert.equal(refused.status, 422, number);
    assert.match(pageText(refused.text), why);
  }
  const told = await visitor.submit(form, /\/merge$/, { other: `${b.id}`, way: 'there', tell: '1' });
  assert.equal(told.status, 303);
  assert.equal((await comments(b.id)).at(-1).public, true);
  const closed = await visitor.submit(form, /\/merge$/, { number: `${b.id}` });
  assert.equal(closed.status, 422);
  assert.match(pageText(closed.text), /is closed and cannot be merged/);
});

test('links are shown at both tickets, in the words of each side', async () => {
  const a = await ticket();
  const b = await ticket();
  const form = await visitor.get(`/tickets/${a.id}/links`);
  const done = await visitor.submit(form, /\/links$/, { side: 'blocked', number: `${b.id}` });
  assert.equal(done.status, 303, done.text);
  assert.match(await page(`/tickets/${a.id}`), new RegExp(`is blocked by #${b.id} Help`));
  const other = await page(`/tickets/${b.id}`);
  assert.match(other, new RegExp(`blocks #${a.id} Help`));
  assert.match(other, new RegExp(`linked this ticket: blocks #${a.id}`));
  const list = await visitor.get(`/tickets/${b.id}/links`);
  const gone = await visitor.submit(list, /\/remove$/);
  assert.equal(gone.status, 303);
  assert.match(await page(`/tickets/${a.id}`), new RegExp(`removed the link: is blocked by #${b.id}`));
  assert.doesNotMatch(await page(`/tickets/${a.id}/links`), new RegExp(`#${b.id} Help`));
});

test('one message becomes a ticket of who wrote it, with its files', async () => {
  const asked = await ticket();
  const upload = JSON.parse((await request(`${server.url}/api/v2/uploads?filename=scan.txt`, { method: 'POST', headers: { ...api.headers, 'content-type': 'text/plain' }, body: 'scan' })).text);
  const requester = await server.api(`asker${count}@example.com`);
  await requester.put(`/api/v2/requests/${asked.id}`, { request: { comment: { body: 'Also my screen is black.' } } });
  requester.close();
  await api.put(`/api/v2/tickets/${asked.id}`, { ticket: { comment: { body: 'Here is a scan', public: false, uploads: [upload.upload.token] } } });
  const [, second, third] = await comments(asked.id);
  const form = await visitor.get(`/tickets/${asked.id}/comments/${second.id}/split`);
  assert.match(pageText(form.text), /Also my screen is black/);
  const done = await visitor.submit(form, /\/split$/, { subject: 'Black screen' });
  assert.equal(done.status, 303, done.text);
  const made = await show(Number(done.headers.location.split('/').at(-1)));
  assert.equal(made.subject, 'Black screen');
  assert.equal(made.requester_id, asked.requester_id);
  assert.equal((await comments(made.id))[0].plain_body, 'Also my screen is black.');
  assert.equal((await comments(made.id))[0].author_id, asked.requester_id);
  assert.equal((await comments(asked.id)).length, 3, 'the message stays');
  assert.match(await page(`/tickets/${asked.id}`), new RegExp(`made of one of the messages ticket #${made.id}`));
  assert.match(await page(`/tickets/${made.id}`), new RegExp(`made this ticket of a message in #${asked.id}`));
  assert.match(await page(`/tickets/${made.id}`), new RegExp(`is related to #${asked.id}`));

  const note = await visitor.submit(await visitor.get(`/tickets/${asked.id}/comments/${third.id}/split`), /\/split$/);
  const inside = (await comments(Number(note.headers.location.split('/').at(-1))))[0];
  assert.equal(inside.public, false, 'what was internal stays so');
  assert.equal(inside.attachments[0].file_name, 'scan.txt');
  assert.notEqual(inside.attachments[0].content_url, third.attachments[0].content_url);
});

test('a due date in the time of who sets it', async () => {
  const asked = await ticket();
  const me = (await api.get('/api/v2/users/me')).json.user;
  await api.put(`/api/v2/users/${me.id}`, { user: { time_zone: 'Europe/Berlin' } });
  const form = await visitor.get(`/tickets/${asked.id}`);
  const done = await visitor.submit(form, /\/due$/, { due: '2027-07-01T14:30' });
  assert.equal(done.status, 303, done.text);
  assert.equal((await show(asked.id)).due_at, '2027-07-01T12:30:00Z');
  assert.match((await visitor.get(`/tickets/${asked.id}`)).text, /value="2027-07-01T14:30"/);
  assert.equal((await visitor.submit(form, /\/due$/, { due: 'tomorrow' })).status, 422);
  await visitor.submit(form, /\/due$/, { due: '' });
  assert.equal((await show(asked.id)).due_at, null);
});

test('a closed ticket has a follow-up, which stands where it stood', async () => {
  const asked = await ticket({ priority: 'high', tags: ['vpn'] });
  const open = await visitor.get(`/tickets/new?followup=${asked.id}`);
  assert.equal(open.status, 422, 'only closed ones are followed up');
  await api.put(`/api/v2/tickets/${asked.id}`, { ticket: { status: 'closed' } });
  const form = await visitor.get(`/tickets/new?followup=${asked.id}`);
  const fields = forms(form.text).find(({ action }) => action === '/tickets').fields;
  assert.equal(fields.email, `asker${count}@example.com`);
  const done = await visitor.submit(form, /\/tickets$/, { body: 'It is broken again' });
  assert.equal(done.status, 303, done.text);
  const made = await show(Number(done.headers.location.split('/').at(-1)));
  assert.equal(made.via.source.rel, 'follow_up');
  assert.equal(made.priority, 'high');
  assert.deepEqual(made.tags, ['vpn']);
  assert.match(await page(`/tickets/${asked.id}`), new RegExp(`Follow-ups .*#${made.id}`));
});

test('who may not see or change a ticket can do none of it', async () => {
  const asked = await ticket();
  const hers = await ticket({ assignee_id: rita.id });
  const [comment] = await comments(asked.id);
  for (const what of ['merge', 'links', `comments/${comment.id}/split`]) {
    assert.equal((await rita.get(`/tickets/${asked.id}/${what}`)).status, 404, what);
    assert.equal((await light.get(`/tickets/${asked.id}/${what}`)).status, 403, what);
  }
  // From a ticket of her own she reaches none that she may not see.
  for (const what of ['merge', 'links']) {
    const form = await rita.get(`/tickets/${hers.id}/${what}`);
    const refused = await rita.submit(form, new RegExp(`/${what}$`), { number: `${asked.id}`, side: 'related' });
    assert.equal(refused.status, 422, what);
    assert.match(pageText(refused.text), /no ticket \d+ that you can see/);
  }
  assert.equal((await rita.get(`/tickets/${hers.id}/comments/${comment.id}/split`)).status, 404);
  // A link whose other end she may not see is not there for her.
  await visitor.submit(await visitor.get(`/tickets/${hers.id}/links`), /\/links$/, { side: 'related', number: `${asked.id}` });
  const link = (await visitor.get(`/tickets/${hers.id}/links`)).text.match(/links\/(\d+)\/remove/)[1];
  const mine = await rita.get(`/tickets/${hers.id}/links`);
  assert.doesNotMatch(mine.text, /\/remove/);
  const csrf = forms(mine.text).find(({ fields }) => fields.csrf).fields.csrf;
  const send = (where, more = {}) => rita.send(where, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ csrf, ...more }).toString() });
  assert.equal((await send(`/tickets/${hers.id}/links/${link}/remove`)).status, 404);
  assert.equal((await send(`/tickets/${asked.id}/due`, { due: '2027-07-01T14:30' })).status, 404);
  assert.equal((await send(`/tickets/${asked.id}/merge`, { number: `${hers.id}` })).status, 404);
  assert.match(await page(`/tickets/${hers.id}/links`), /is related to/);
});
