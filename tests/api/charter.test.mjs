// SPDX-License-Identifier: GPL-3.0-or-later
//
// The charter from draft to signatures: written, commented on, fixed, signed by its very text, put
// in place of the configured mission, acknowledged; values seen in replies. And who may not.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, pageText, request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

let server;
let sink;
let api;
let lead;
let agent;
let colleague;
let person;
let admin;
const ids = {};

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  for (const [name, role] of [['lead', 'lead'], ['agent', 'agent'], ['colleague', 'agent'], ['person', 'end-user']]) {
    const { json } = await api.post('/api/v2/users', {
      user: { name, email: `${name}@example.org`, role: role === 'lead' ? 'agent' : role, verified: true },
    });
    ids[name] = json.user.id;
  }
  ids.admin = (await api.get('/api/v2/users/me')).json.user.id;
  lead = api; // an administrator may what leads may
  agent = await server.api('agent@example.org');
  colleague = await server.api('colleague@example.org');
  person = await server.api('person@example.org');
  admin = server.visitor();
  await signIn(admin, server.admin);
});
after(async () => {
  for (const one of [api, agent, colleague, person, admin]) one?.close();
  await server?.stop();
  await sink?.close();
});

const version = (id) => `/api/v2/charter/versions/${id}`;
let first;

test('a charter is written in steps, commented on, and read by staff alone', async () => {
  let page = await admin.get('/charter');
  assert.match(pageText(page.text), /There is no charter yet/);
  const answer = await admin.submit(page, '/charter/versions', { from: 'example' });
  assert.equal(answer.status, 303);
  first = answer.headers.location.match(/versions\/(\d+)/)[1];
  page = await admin.get(`/charter/versions/${first}/edit?step=3`);
  const form = forms(page.text).find((one) => 'mission' in one.fields);
  assert.match(pageText(page.text), /What you said before .*What we do/);
  const saved = await admin.submit(page, form.action, { mission: 'We help <at once> & stay.' });
  assert.match(saved.headers.location, /step=4$/);
  const again = await admin.submit(page, form.action, { mission: 'Written from an older state' });
  assert.equal(again.status, 409);
  assert.match(again.text, /Written from an older state/, 'what was written stays on the page');
  page = await admin.get(`/charter/versions/${first}`);
  assert.equal((await admin.submit(page, `/charter/versions/${first}/comments`, { field: 'mission', body: 'Shorter & better' })).status, 303);
  assert.match((await admin.get(`/charter/versions/${first}`)).text, /Shorter &amp; better/);
  assert.equal((await agent.get(version(first))).json.version.mission, 'We help <at once> & stay.');
  assert.equal((await person.get(version(first))).status, 403);
  assert.equal((await agent.put(version(first), { version: { mission: 'Mine' } })).status, 403);
  assert.equal((await agent.post('/api/v2/charter/versions', { version: {} })).status, 403);
  const open = (await request(`${server.url}/api/v2/charter`)).text;
  assert.doesNotMatch(open, /We help/, 'drafts are nobody else’s');
});

test('leaders and staff sign the very text; the last signature puts it in force', async () => {
  const open = (signer_ids) => lead.put(`${version(first)}/open`, { signer_ids, review_months: 6 });
  assert.equal((await open([ids.agent])).status, 422, 'no leader signs');
  assert.equal((await open([ids.admin, ids.person])).status, 422, 'who is no staff cannot sign');
  const { json } = await open([ids.admin, ids.agent]);
  assert.equal(json.version.state, 'signing');
  await sink.wait((mail) => mail.to.includes('agent@example.org') && /Please sign our charter/.test(mail.subject));
  const text = await admin.get(`/charter/versions/${first}/text`);
  const { hash } = json.version;
  assert.equal(createHash('sha256').update(text.text).digest('hex'), hash);
  assert.match(text.text, /We help <at once> & stay\./);
  assert.equal((await lead.put(version(first), { version: { mission: 'Other' } })).status, 409);
  assert.equal((await colleague.put(`${version(first)}/sign`, { hash })).status, 403);
  assert.equal((await person.put(`${version(first)}/sign`, { hash })).status, 403);
  assert.equal((await agent.put(`${version(first)}/sign`, { hash: 'beef' })).status, 409);
  const half = await agent.put(`${version(first)}/sign`, { hash });
  assert.deepEqual(half.json.version.signers.map((one) => [one.name, one.part, one.hash]).sort(), [
    ['agent', 'staff', hash], [json.version.signers.find((one) => one.part === 'leader').name, 'leader', null],
  ].sort());
  assert.match(pageText((await request(server.url)).text), /We stay with you until it is done/);
  const page = await admin.get('/desk');
  assert.match(page.text, /waits for your signature/);
  const own = await admin.get(`/charter/versions/${first}`);
  assert.equal((await admin.submit(own, `/charter/versions/${first}/sign`, { read: '' })).status, 422);
  assert.equal((await admin.submit(own, `/charter/versions/${first}/sign`, { read: '1' })).status, 303);
  // A server beside others believes for two seconds what it has read.
  await until('the signed mission is shown', async () => /<h1>We help &lt;at once&gt; &amp; stay\.<\/h1>/.test((await request(server.url)).text));
  assert.match(pageText((await request(`${server.url}/mission`)).text), /Patience/);
  const known = JSON.parse((await request(`${server.url}/api/v2/charter`)).text).charter;
  assert.equal(known.mission, 'We help <at once> & stay.');
  assert.deepEqual(Object.keys(known), ['desk', 'mission', 'vision', 'greeting_chat', 'greeting_call', 'in_force_at', 'values']);
});

test('all staff acknowledge it, and leads see who has', async () => {
  await sink.wait((mail) => mail.to.includes('colleague@example.org') && /acknowledge/.test(mail.subject));
  const { hash } = (await agent.get(version(first))).json.version;
  assert.equal((await agent.put('/api/v2/charter/acknowledgement', { hash: 'beef' })).status, 409);
  assert.equal((await person.put('/api/v2/charter/acknowledgement', { hash })).status, 403);
  assert.equal((await agent.put('/api/v2/charter/acknowledgement', { hash })).status, 204);
  assert.equal((await agent.get('/api/v2/charter/coverage')).status, 403);
  const { json } = await lead.get('/api/v2/charter/coverage');
  assert.deepEqual(json.people.filter((one) => one.current).map((one) => one.user_id), [ids.agent]);
  assert.ok(json.people.some((one) => one.user_id === ids.admin), 'management too');
  assert.ok(!json.people.some((one) => one.user_id === ids.person));
  const page = await admin.get('/charter/welcome');
  assert.match(pageText(page.text), /Good day, this is .* at Help Desk/);
  assert.equal((await admin.submit(page, '/charter/acknowledge', { read: '1' })).status, 303);
  assert.match(pageText((await admin.get('/charter/coverage')).text), /2 of \d+ have acknowledged/);
  assert.doesNotMatch((await admin.get('/desk')).text, /Please acknowledge/);
});

test('mails carry the mission that was signed; a reply is marked with the value it shows', async () => {
  const ana = (await api.post('/api/v2/users', { user: { name: 'Ana', email: 'ana@example.net' } })).json.user.id;
  const { json } = await api.post('/api/v2/tickets', {
    ticket: { subject: 'Lamp', comment: { body: 'Dark.', author_id: ana }, requester_id: ana },
  });
  const ticket = json.ticket.id;
  await answerForm(admin, ticket, 'Take all the time you need.', { public: '1' });
  const mail = await sink.wait((one) => one.to.includes('ana@example.net') && /all the time/.test(one.text ?? ''));
  assert.match(mail.text, /We help <at once> & stay\./);
  const comments = (await api.get(`/api/v2/tickets/${ticket}/comments`)).json.comments;
  const [asked, reply] = comments;
  const [value] = (await agent.get(version(first))).json.version.values;
  const mark = (comment_id, value_id = value.id, who = agent) =>
    who.post('/api/v2/charter/marks', { mark: { comment_id, value_id, note: 'So kind' } });
  assert.equal((await mark(asked.id)).status, 404, 'what a requester writes is no reply');
  assert.equal((await mark(reply.id, 1)).status, 422);
  assert.equal((await mark(reply.id, value.id, person)).status, 403);
  const made = await mark(reply.id);
  assert.equal(made.status, 201);
  assert.equal((await mark(reply.id)).status, 409);
  const page = await admin.get(`/tickets/${ticket}`);
  assert.match(page.text, new RegExp(`<span class="tag">${value.name}</span>`));
  const seen = pageText((await admin.get('/charter/values')).text);
  assert.match(seen, new RegExp(`${value.name} #${ticket} Lamp Take all the time you need\\. So kind`));
  assert.match(seen, /1 reply/);
  assert.equal((await colleague.delete(`/api/v2/charter/marks/${made.json.mark.id}`)).status, 403);
  // An agent who may not see the ticket sees no mark of it.
  await api.put(`/api/v2/users/${ids.colleague}`, { user: { ticket_restriction: 'assigned' } });
  assert.deepEqual((await colleague.get('/api/v2/charter/marks')).json.marks, []);
  assert.equal((await mark(reply.id, value.id, colleague)).status, 404);
  assert.equal((await agent.delete(`/api/v2/charter/marks/${made.json.mark.id}`)).status, 204);
});

test('a new version shows what changed, and keeps the progress of what stays', async () => {
  const [objective] = (await agent.get(version(first))).json.version.objectives;
  const note = (who, percent) => who.put(`/api/v2/charter/objectives/${objective.id}`, { percent, note: 'Half way' });
  assert.equal((await note(agent, 50)).status, 403);
  assert.equal((await note(lead, 101)).status, 422);
  assert.equal((await note(lead, 50)).status, 204);
  const made = await lead.post('/api/v2/charter/versions', { version: { from: 'in_force' } });
  const second = made.json.version.id;
  assert.equal(made.json.version.objectives[0].percent, 50);
  await lead.put(version(second), { version: { mission: 'We help <at once> and stay.' } });
  const page = await admin.get(`/charter/versions/${second}/changes?from=${first}`);
  assert.match(page.text, /<del>&amp; <\/del><ins>and <\/ins>stay\./);
  assert.equal((await lead.delete(version(second))).status, 204);
  assert.equal((await lead.delete(version(first))).status, 409, 'what is in force stays');
});
