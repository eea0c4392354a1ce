// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing at a ticket, as a browser without scripts does it: macros, the line of copies, second
// looks before a reply leaves, colleagues told by "@".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let api;
let visitor;
let sink;
let tom;
let count = 0;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
  tom = (await api.post('/api/v2/users', { user: { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' } })).json.user;
});
after(async () => {
  visitor.close();
  api.close();
  await server.stop();
  await sink.close();
});

async function ticket(fields = {}) {
  count++;
  const requester = { name: `Asker ${count}`, email: `asker${count}@example.com` };
  const answer = await api.post('/api/v2/tickets', { ticket: { subject: `Help ${count}`, requester, comment: { body: 'Please help.' }, ...fields } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

async function macro(fields) {
  const answer = await api.post('/api/v2/macros', { macro: fields });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.macro;
}

const show = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json.ticket;
const comments = async (id) => (await api.get(`/api/v2/tickets/${id}/comments`)).json.comments;

function composer(page) {
  return forms(page.text).find(({ action }) => /\/comments$/.test(action)).fields;
}

const boxes = (page) => [...page.text.matchAll(/name="set" value="([^"]*)"/g)].map((one) => one[1]);

test('a macro fills the composer and shows what it would change; what was unticked does not go along', async () => {
  const asked = await ticket();
  const restart = await macro({
    title: 'Restart the printer',
    actions: [
      { field: 'status', value: 'pending' }, { field: 'priority', value: 'high' }, { field: 'current_tags', value: 'printer restart' },
      { field: 'assignee_id', value: String(tom.id) }, { field: 'comment_value', value: 'Hello {{ticket.requester.name}}, please restart it.' },
    ],
  });
  await macro({ title: 'Close for good', actions: [{ field: 'status', value: 'solved' }] });
  const list = await visitor.get(`/tickets/${asked.id}/macros?q=print%20rest`);
  assert.match(list.text, /Restart the printer/);
  assert.doesNotMatch(list.text, /Close for good/);

  const page = await visitor.get(`/tickets/${asked.id}/macros/${restart.id}`);
  assert.equal(composer(page).body, `Hello Asker ${count}, please restart it.`);
  assert.deepEqual(boxes(page), ['status=pending', 'priority=high', `assignee=${tom.id}`, 'add_tags=printer restart']);
  assert.match(pageText(page.text), /Assignee: Tom Berg/);
  assert.equal((await show(asked.id)).priority, null, 'nothing is written yet');

  const sent = await visitor.submit(page, /\/comments$/, { set: ['status=pending', `assignee=${tom.id}`, 'add_tags=printer restart'] });
  assert.equal(sent.status, 303, sent.text);
  const after = await show(asked.id);
  assert.equal(after.status, 'pending');
  assert.equal(after.priority, null);
  assert.equal(after.assignee_id, tom.id);
  assert.deepEqual(after.tags, ['printer', 'restart']);
  // The button that says a status is the later word.
  const again = await visitor.get(`/tickets/${asked.id}?macro=${restart.id}`);
  await visitor.submit(again, /\/comments$/, { set: ['status=pending'], status: 'solved' });
  assert.equal((await show(asked.id)).status, 'solved');
});

test('a macro proposes what administrators defined; it goes along as it is ticked', async () => {
  const define = async (where, body) => Object.values((await api.post(where, body)).json)[0];
  const kit = await define('/api/v2/ticket_fields', {
    ticket_field: { type: 'multiselect', title: 'Kit', custom_field_options: ['Mouse', 'Dock'].map((name) => ({ name, value: name.toLowerCase() })) },
  });
  const note = await define('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'Shelf' } });
  const parts = await define('/api/v2/custom_statuses', { custom_status: { status_category: 'hold', agent_label: 'Waits for parts' } });
  const order = await macro({
    title: 'Order parts',
    actions: [
      { field: 'custom_status_id', value: `${parts.id}` }, { field: `custom_fields_${kit.id}`, value: ['Dock', 'Mouse'] },
      { field: `custom_fields_${note.id}`, value: 'A7' }, { field: 'comment_value', value: 'We order it.' },
    ],
  });
  const asked = await ticket();
  const page = await visitor.get(`/tickets/${asked.id}/macros/${order.id}`);
  const proposed = [`custom_status=${parts.id}`, `field-${kit.id}=dock mouse`, `field-${note.id}=A7`, 'add_tags=dock mouse'];
  assert.deepEqual(boxes(page), proposed);
  assert.match(pageText(page.text), /custom status: Waits for parts.*“Kit”: Dock, Mouse.*“Shelf”: A7/s);
  const sent = await visitor.submit(page, /\/comments$/, { set: proposed.slice(0, 2) });
  assert.equal(sent.status, 303, sent.text);
  const after = await show(asked.id);
  const value = (field) => after.custom_fields.find((one) => one.id === field.id).value;
  assert.deepEqual([after.status, after.custom_status_id, value(kit), value(note), after.tags], ['hold', parts.id, ['dock', 'mouse'], null, ['dock', 'mouse']]);
  // The button that says a status is the later word here, too.
  const again = await visitor.get(`/tickets/${asked.id}?macro=${order.id}`);
  await visitor.submit(again, /\/comments$/, { set: [proposed[0]], status: 'pending' });
  assert.deepEqual([(await show(asked.id)).status, (await show(asked.id)).custom_status_id], ['pending', 403]);
  const broken = await visitor.submit(again, /\/comments$/, { set: [`field-${kit.id}=boat`], body: 'kept words' });
  assert.equal(broken.status, 422);
  assert.match(broken.text, /kept words/);
  for (const one of [kit, note, parts]) await api.delete(one.url);
});

test('macros that are off are not there, and a damaged change is refused with the text kept', async () => {
  const asked = await ticket();
  const off = await macro({ title: 'Off', active: false, actions: [{ field: 'status', value: 'solved' }] });
  assert.equal((await visitor.get(`/tickets/${asked.id}/macros/${off.id}`)).status, 404);
  assert.equal((await visitor.get(`/tickets/${asked.id}?macro=${off.id}`)).status, 404);
  const page = await visitor.get(`/tickets/${asked.id}`);
  for (const set of ['status=gone', 'color=red', 'cc=99999999', `follower=${asked.requester_id}`, 'status']) {
    const refused = await visitor.submit(page, /\/comments$/, { body: 'Kept words', set });
    assert.equal(refused.status, 422, set);
    assert.equal(composer(refused).body, 'Kept words');
  }
  assert.equal((await comments(asked.id)).length, 1);
});

test('the line of copies shows who reads along, adds and takes off', async () => {
  const asked = await ticket({ email_ccs: [{ user_email: 'ana@example.com', user_name: 'Ana Ruiz' }] });
  let page = await visitor.get(`/tickets/${asked.id}`);
  assert.equal(composer(page).copy, '"Ana Ruiz" <ana@example.com>');
  // Somebody whom the form does not show stays.
  await api.put(`/api/v2/tickets/${asked.id}`, { ticket: { email_ccs: [{ user_email: 'late@example.com', user_name: 'Late', action: 'put' }] } });
  const sent = await visitor.submit(page, /\/comments$/, { body: 'For Ben', copy: 'Ben Ito <ben@example.com>; cleo@example.com' });
  assert.equal(sent.status, 303, sent.text);
  const mailed = await sink.wait((mail) => mail.to.includes('ben@example.com') && /For Ben/.test(mail.text ?? ''));
  assert.ok(mailed);
  page = await visitor.get(`/tickets/${asked.id}`);
  const line = composer(page).copy;
  for (const there of ['ben@example.com', 'cleo@example.com', 'late@example.com']) assert.match(line, new RegExp(there));
  assert.doesNotMatch(line, /ana@example\.com/);

  for (const [copy, why] of [['nobody at all', /is no mail address/], ['support@example.org', /is this desk itself/]]) {
    const refused = await visitor.submit(page, /\/comments$/, { body: 'Kept', copy });
    assert.equal(refused.status, 422);
    assert.match(pageText(refused.text), why);
    assert.equal(composer(refused).body, 'Kept');
  }
  // What is written inside changes nobody's copy.
  await visitor.submit(page, /\/comments$/, { body: 'Inside', public: '0', copy: '' });
  assert.equal(composer(await visitor.get(`/tickets/${asked.id}`)).copy, line);
});

test('words of an attachment without one ask once; a second sending leaves', async () => {
  const asked = await ticket();
  const page = await visitor.get(`/tickets/${asked.id}`);
  const held = await visitor.submit(page, /\/comments$/, { body: 'The form is attached.' });
  assert.equal(held.status, 422);
  assert.match(pageText(held.text), /no file goes along/);
  assert.equal((await comments(asked.id)).length, 1);
  const sent = await visitor.submit(held, /\/comments$/);
  assert.equal(sent.status, 303, sent.text);
  const file = { name: 'form.txt', type: 'text/plain', bytes: Buffer.from('x') };
  const withFile = await visitor.submit(page, /\/comments$/, { seen: '999999999999999999', body: 'The form is attached.', files: file });
  assert.equal(withFile.status, 303);
  const note = await answerForm(visitor, asked.id, 'The form is attached.', { public: '0' });
  assert.equal(note.status, 303, 'notes are not asked about');
});

test('a reply that crosses a newer message is shown that message first', async () => {
  const asked = await ticket();
  const page = await visitor.get(`/tickets/${asked.id}`);
  const requester = await server.api(`asker${count}@example.com`);
  await requester.put(`/api/v2/requests/${asked.id}`, { request: { comment: { body: 'It works again!' } } });
  requester.close();
  const held = await visitor.submit(page, /\/comments$/, { body: 'We look at it.' });
  assert.equal(held.status, 422);
  assert.match(pageText(held.text), new RegExp(`Asker ${count} wrote while you were writing`));
  assert.match(held.text, /It works again!/);
  const sent = await visitor.submit(held, /\/comments$/);
  assert.equal(sent.status, 303);
  assert.equal((await comments(asked.id)).length, 3);
});

test('"@Tom Berg" in a note tells Tom, who follows from then on; public words tell nobody', async () => {
  const asked = await ticket();
  await answerForm(visitor, asked.id, 'Mail tom@berg.example or @Tom Bergmann? No: @tom berg, please look.', { public: '0' });
  const mail = await sink.wait((one) => one.to.includes('tom@example.org') && /mentions you/.test(one.subject));
  assert.match(mail.text, new RegExp(`/tickets/${asked.id}#comment-`));
  assert.deepEqual((await show(asked.id)).follower_ids, [tom.id]);
  const tomApi = await server.api('tom@example.org');
  const activities = (await tomApi.get('/api/v2/activities')).json.activities;
  assert.equal(activities.filter(({ target }) => target.ticket.id === asked.id).length, 1);
  const other = await ticket();
  await answerForm(visitor, other.id, 'Hello @Tom Berg', { public: '1' });
  await answerForm(visitor, other.id, 'Write to x@Tom Berg', { public: '0' });
  assert.deepEqual((await show(other.id)).follower_ids, []);
  tomApi.close();
});

test('who may not see the ticket is not told, and the author reads that', async () => {
  const made = await api.post('/api/v2/users', { user: { name: 'Rita Stein', email: 'rita@example.org', role: 'agent', ticket_restriction: 'assigned' } });
  assert.equal(made.status, 201, made.text);
  const asked = await ticket();
  await answerForm(visitor, asked.id, 'Ask @Rita Stein', { public: '0' });
  const page = await visitor.get(`/tickets/${asked.id}`);
  assert.match(pageText(page.text), /Rita Stein may not see this ticket and was not told\./);
  assert.deepEqual((await show(asked.id)).follower_ids, []);
});

test('colleagues and Markdown for the editor', async () => {
  const asked = await ticket();
  const found = await visitor.get(`/tickets/${asked.id}/colleagues?q=berg`);
  assert.match(found.text, /data-value="Tom Berg"/);
  assert.doesNotMatch((await visitor.get(`/tickets/${asked.id}/colleagues?q=asker`)).text, /data-value/);
  const page = await visitor.get(`/tickets/${asked.id}`);
  const csrf = page.text.match(/name="csrf-token" content="([^"]+)"/)[1];
  const body = new URLSearchParams({ csrf, text: '**Bold** <script>x</script>\n\n- [a](javascript:x)\n- b' }).toString();
  const answer = await visitor.send('/compose/markdown', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /<strong>Bold<\/strong>/);
  assert.doesNotMatch(answer.text, /script/);
});
