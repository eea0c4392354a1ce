// SPDX-License-Identifier: GPL-3.0-or-later
//
// What waits for a time: tickets that are put off, replies that leave later; and time that was
// spent: minutes, phone calls; and what stands below answers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let visitor;
let sink;
let ahead = 0;
let count = 0;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url, env: { STEWARD_TEST_AHEAD_SECONDS: '0' } });
  await open();
});
after(async () => {
  visitor.close();
  api.close();
  await server.stop();
  await sink.close();
});

async function open() {
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
}

// Some hours pass.
async function pass(hours) {
  visitor.close();
  api.close();
  ahead += hours * 3600;
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = String(ahead);
  await server.start();
  await open();
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
const listed = async (id) => (await visitor.get('/desk?view=open')).text.includes(`id="ticket-${id}"`);

function inHours(hours) {
  return new Date(Date.now() + (ahead + hours * 3600) * 1000).toISOString().slice(0, 16);
}

async function putOff(id, fields) {
  const answer = await visitor.submit(await visitor.get(`/tickets/${id}/snooze`), /\/snooze$/, fields);
  assert.equal(answer.status, 303, answer.text);
}

async function ask(email, id, text) {
  const requester = await server.api(email);
  const answer = await requester.put(`/api/v2/requests/${id}`, { request: { comment: { body: text } } });
  assert.equal(answer.status, 200, answer.text);
  requester.close();
}

const composer = (got) => forms(got.text).find(({ action }) => /\/comments$/.test(action)).fields;

test('what is put off is in no view until somebody writes, wakes or solves it', async () => {
  const a = await ticket();
  const email = `asker${count}@example.com`;
  assert.ok(await listed(a.id));
  await putOff(a.id, { choice: 'hours' });
  assert.ok(!(await listed(a.id)));
  assert.match(await page('/tickets/snoozed'), new RegExp(`#${a.id} Help`));
  assert.match(await page(`/tickets/${a.id}`), /Put off until/);
  await ask(email, a.id, 'Any news?');
  assert.ok(await listed(a.id), 'the requester wrote');
  await putOff(a.id, { until: inHours(5) });
  assert.ok(!(await listed(a.id)));
  const woken = await visitor.submit(await visitor.get(`/tickets/${a.id}`), /\/snooze$/);
  assert.equal(woken.status, 303);
  assert.ok(await listed(a.id), 'woken by hand');
  await putOff(a.id, { until: inHours(5) });
  await api.put(`/api/v2/tickets/${a.id}`, { ticket: { status: 'solved' } });
  assert.doesNotMatch(await page('/tickets/snoozed'), new RegExp(`#${a.id} Help`));
  for (const wrong of [inHours(-1), 'soon']) {
    const b = await ticket();
    const refused = await visitor.submit(await visitor.get(`/tickets/${b.id}/snooze`), /\/snooze$/, { until: wrong });
    assert.equal(refused.status, 422, wrong);
  }
});

test('minutes are added up, and taken off by who recorded them', async () => {
  const a = await ticket();
  const form = await visitor.get(`/tickets/${a.id}`);
  for (const minutes of ['50', '35']) {
    assert.equal((await visitor.submit(form, /\/time$/, { minutes, note: 'on site' })).status, 303);
  }
  assert.match(await page(`/tickets/${a.id}`), /Time spent 1 h 25 min/);
  assert.match(await page(`/tickets/${a.id}`), /recorded 35 min/);
  assert.match(await page('/time'), /Admin.* 1 h 25 min/);
  for (const minutes of ['0', '-5', 'ten', '1441']) {
    assert.equal((await visitor.submit(form, /\/time$/, { minutes })).status, 422, minutes);
  }
  const list = await visitor.get(`/tickets/${a.id}/time`);
  assert.equal((await visitor.submit(list, /\/remove$/)).status, 303);
  assert.match(await page(`/tickets/${a.id}`), /Time spent 35 min/);
});

test('a phone call is a message by phone with its length', async () => {
  const a = await ticket();
  const done = await visitor.submit(await visitor.get(`/tickets/${a.id}/call`), /\/call$/, { minutes: '12', body: 'The cable is loose.' });
  assert.equal(done.status, 303, done.text);
  const said = (await comments(a.id)).at(-1);
  assert.deepEqual([said.plain_body, said.public, said.via.channel], ['The cable is loose.', false, 'voice']);
  assert.match(await page(`/tickets/${a.id}`), /recorded a call of 12 min/);
  const made = await visitor.submit(await visitor.get('/tickets/new'), /\/tickets$/, { email: 'phone@example.com', subject: 'By phone', body: 'No sound', call: '7' });
  assert.equal(made.status, 303, made.text);
  const id = Number(made.headers.location.split('/').at(-1));
  assert.equal((await show(id)).via.channel, 'voice');
  assert.match(await page(`/tickets/${id}/time`), /7 min They called/);
  const wrong = await visitor.submit(await visitor.get('/tickets/new'), /\/tickets$/, { email: 'phone@example.com', subject: 'Never made', body: 'No sound', call: '9999' });
  assert.equal(wrong.status, 422);
});

test('below an answer stands the author’s signature, or the group’s', async () => {
  const a = await ticket();
  const email = `asker${count}@example.com`;
  const { group_id: group } = await show(a.id);
  const groups = (await api.get('/api/v2/groups')).json.groups;
  await api.put(`/api/v2/tickets/${a.id}`, { ticket: { group_id: group ?? groups[0].id } });
  const signatures = await visitor.get('/admin/signatures');
  const saved = await visitor.submit(signatures, new RegExp(`/admin/signatures/${group ?? groups[0].id}$`), { words: 'Yours, {name}\nSupport, room 12 <here>' });
  assert.equal(saved.status, 303, saved.text);
  await answerForm(visitor, a.id, 'First answer');
  const first = await sink.wait((mail) => mail.to.includes(email) && /First answer/.test(mail.text));
  assert.match(first.text, /--\r?\nYours, Admin\r?\nSupport, room 12 <here>/);
  const me = (await api.get('/api/v2/users/me')).json.user;
  await api.put(`/api/v2/users/${me.id}`, { user: { signature: 'Ada, your administrator' } });
  await answerForm(visitor, a.id, 'Second answer');
  const second = await sink.wait((mail) => mail.to.includes(email) && /Second answer/.test(mail.text));
  assert.match(second.text, /--\r?\nAda, your administrator/);
  assert.doesNotMatch(second.text, /room 12/);
});

test('a reply leaves when its time has come, with its files and status; nothing of it counts before', async () => {
  const a = await ticket();
  const crossing = await ticket();
  const taken = await ticket();
  const asleep = await ticket();
  const emails = [a, crossing, taken].map((one) => `${one.subject.replace('Help ', 'asker')}@example.com`);
  const file = { name: 'plan.txt', type: 'text/plain', bytes: Buffer.from('the plan') };
  for (const one of [a, crossing, taken]) {
    const planned = await visitor.submit(await visitor.get(`/tickets/${one.id}`), /\/comments$/, { body: 'See the plan attached', files: file, when: 'later', later: inHours(3), status: 'pending' });
    assert.equal(planned.status, 303, planned.text);
    assert.equal((await comments(one.id)).length, 1);
    assert.notEqual((await show(one.id)).status, 'pending');
  }
  assert.match(await page(`/tickets/${a.id}`), /Admin’s reply leaves .* See the plan attached/);
  await putOff(asleep.id, { until: inHours(3) });
  // Taken back, it is a draft with its files.
  const back = await visitor.submit(await visitor.get(`/tickets/${taken.id}`), /\/take-back$/);
  assert.equal(back.status, 303, back.text);
  const draft = await visitor.get(`/tickets/${taken.id}`);
  assert.match(composer(draft).body, /See the plan attached/);
  assert.match(draft.text, /plan\.txt/);
  assert.match(pageText(draft.text), /took back the reply planned for/);
  await ask(emails[1], crossing.id, 'It works again, thanks!');

  await pass(4);
  await until('the reply', async () => (await comments(a.id)).length === 2);
  const left = (await comments(a.id)).at(-1);
  assert.equal(left.public, true);
  assert.equal(left.attachments[0].file_name, 'plan.txt');
  const sent = await show(a.id);
  assert.equal(sent.status, 'pending');
  assert.equal(sent.assignee_id, left.author_id);
  assert.ok(await sink.wait((mail) => mail.to.includes(emails[0]) && /See the plan attached/.test(mail.text)));
  await until('the hold', async () => /did not leave: Asker \d+ wrote meanwhile/.test(await page(`/tickets/${crossing.id}`)));
  assert.equal((await comments(crossing.id)).length, 2);
  assert.match(composer(await visitor.get(`/tickets/${crossing.id}`)).body, /See the plan attached/);
  assert.ok(await sink.wait((mail) => mail.to.includes(server.admin.email) && /did not leave/.test(mail.subject)));
  assert.equal((await comments(taken.id)).length, 1);
  await until('waking', () => listed(asleep.id));
  assert.match(await page(`/tickets/${asleep.id}`), /Steward woke this ticket, put off until/);
});

test('a time that is no time to come is refused with the text kept', async () => {
  const a = await ticket();
  for (const later of [inHours(-1), 'never', '']) {
    const refused = await visitor.submit(await visitor.get(`/tickets/${a.id}`), /\/comments$/, { body: 'Kept words', when: 'later', later });
    assert.equal(refused.status, 422, later);
    assert.equal(composer(refused).body, 'Kept words');
  }
  assert.equal((await comments(a.id)).length, 1);
});

test('who may not see the ticket has no part in it', async () => {
  const file = path.join(server.folder, 'password');
  fs.writeFileSync(file, 'four plain words here\n');
  await server.run(['user', 'add', 'rita@example.org'], ['--name', 'Rita', '--role', 'agent', '--password-file', file]);
  const { id } = (await api.get('/api/v2/users/search?query=rita@example.org')).json.users[0];
  await api.put(`/api/v2/users/${id}`, { user: { ticket_restriction: 'assigned' } });
  const rita = server.visitor();
  await signIn(rita, { email: 'rita@example.org', password: 'four plain words here' });
  const a = await ticket();
  await visitor.submit(await visitor.get(`/tickets/${a.id}`), /\/time$/, { minutes: '5' });
  await visitor.submit(await visitor.get(`/tickets/${a.id}`), /\/comments$/, { body: 'Later', when: 'later', later: inHours(3) });
  const entry = (await visitor.get(`/tickets/${a.id}/time`)).text.match(/\/time\/(\d+)\/remove/)[1];
  const reply = (await visitor.get(`/tickets/${a.id}`)).text.match(/\/later\/(\d+)\/take-back/)[1];
  const { csrf } = forms((await rita.get('/tickets/new')).text).find(({ fields }) => fields.csrf).fields;
  const send = (where) => rita.send(where, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ csrf, choice: 'hour', minutes: '5', body: 'x' }).toString() });
  for (const where of [`/tickets/${a.id}/snooze`, `/tickets/${a.id}/time`, `/tickets/${a.id}/call`, `/time/${entry}/remove`, `/later/${reply}/take-back`]) {
    assert.equal((await send(where)).status, 404, where);
  }
  assert.equal((await rita.get(`/tickets/${a.id}/time`)).status, 404);
  // Of hers, too, another's entry stays.
  await api.put(`/api/v2/tickets/${a.id}`, { ticket: { assignee_id: id } });
  assert.equal((await send(`/time/${entry}/remove`)).status, 403);
  assert.doesNotMatch(await page('/time', rita), /Admin/);
  rita.close();
});
