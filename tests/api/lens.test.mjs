// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer lens: a public reply is read before it leaves, its author is asked, and what left all
// the same is counted; with forms alone, through the API, and with an administrator's own rules.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, pageText, urlencoded } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

const leak = 'We are still waiting for the vendor, and we will breach our SLA tonight.';
const plain = 'I looked at it today and will write to you again tomorrow morning.';
let server;
let api;
let agent;

before(async () => {
  server = await startServer();
  api = await server.api();
  agent = server.visitor();
  await signIn(agent, server.admin);
});
after(async () => {
  api?.close();
  await server?.stop();
});

async function ticket() {
  const { json } = await api.post('/api/v2/tickets', {
    ticket: { subject: 'Projector', comment: 'It is dark.', requester: { name: 'Rita Roe', email: 'rita@example.net' } },
  });
  return json.ticket.id;
}
const comments = async (id) => (await api.get(`/api/v2/tickets/${id}/comments`)).json.comments.map((one) => one.plain_body ?? one.body);
const report = async () => pageText((await agent.get('/admin/lens')).text);

test('a reply with something internal is shown again with reasons, and leaves when its author says so', async () => {
  const id = await ticket();
  const asked = await answerForm(agent, id, leak, { public: '1', files: { name: 'notes.txt', bytes: 'see here' } });
  assert.equal(asked.status, 422);
  assert.match(pageText(asked.text), /who works for us/);
  assert.match(pageText(asked.text), /our deadlines/);
  assert.equal((await comments(id)).length, 1);
  const composer = forms(asked.text).find((form) => 'body' in form.fields);
  assert.equal(composer.fields.body, leak);
  const { uploads } = composer.fields;
  assert.ok(uploads, 'the file that came is kept');
  const sent = await agent.submit(asked, composer.action, { ...composer.fields, lens: 'anyway' });
  assert.equal(sent.status, 303, sent.text);
  const list = (await api.get(`/api/v2/tickets/${id}/comments`)).json.comments;
  assert.equal(list.length, 2);
  assert.equal(list[1].attachments[0].file_name, 'notes.txt');
  assert.match(await report(), /who works for us 1 1/);
});

test('harmless replies and internal notes leave at once', async () => {
  const id = await ticket();
  assert.equal((await answerForm(agent, id, plain, { public: '1' })).status, 303);
  assert.equal((await answerForm(agent, id, leak, { public: '0' })).status, 303);
  assert.equal((await comments(id)).length, 3);
});

test('the names and addresses of the requester are no other person\'s data', async () => {
  const id = await ticket();
  const theirs = 'I changed the password for the account rita@example.net, Rita Roe.';
  assert.equal((await answerForm(agent, id, theirs, { public: '1' })).status, 303);
  const others = 'Another customer, john.miller@acme.example, has the same ticket: his invoice is attached.';
  assert.equal((await answerForm(agent, id, others, { public: '1' })).status, 422);
});

test('what a program sends is not held back, but counted', async () => {
  const id = await ticket();
  const before = await report();
  const answer = await api.put(`/api/v2/tickets/${id}`, { ticket: { comment: { body: leak, public: true } } });
  assert.equal(answer.status, 200, answer.text);
  const now = await report();
  assert.notEqual(now, before);
  assert.match(now, /who works for us 2 1/);
});

test('what stands in the composer is read as a fragment', async () => {
  const id = await ticket();
  const page = await agent.get(`/tickets/${id}`);
  const { csrf } = forms(page.text).find((form) => 'body' in form.fields).fields;
  const read = (ticket, text) =>
    agent.send(`/tickets/${ticket}/lens`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: urlencoded({ csrf, html_body: `<div>${text}</div>` }),
    });
  const found = await read(id, leak);
  assert.equal(found.status, 200, found.text);
  assert.match(found.text, /^\s*<section class="lens"/);
  assert.equal((await read(id, plain)).text.trim(), '');
  assert.equal((await read(99999, leak)).status, 404);
});

test('an administrator adds rules, which are checked before they hold', async () => {
  const id = await ticket();
  const house = 'The people at Zyxo had a look.';
  const save = async (rules) => agent.submit(await agent.get('/admin/lens'), '/admin/lens', { rules });
  const wrong = await save('language en\nkind vendor\nleak (zyxo\n');
  assert.equal(wrong.status, 422);
  assert.match(pageText(wrong.text), /Line 3: A '\(' is never closed/);
  assert.ok(wrong.text.includes('leak (zyxo'));
  assert.equal((await answerForm(agent, id, house, { public: '1' })).status, 303);
  assert.equal((await save('language en\nkind vendor\nleak people at zyxo\n')).status, 303);
  assert.equal((await answerForm(agent, id, house, { public: '1' })).status, 422);
  assert.equal((await answerForm(agent, id, leak, { public: '1' })).status, 422);
});
