// SPDX-License-Identifier: GPL-3.0-or-later
//
// Side conversations from outside: what is said there by program, page and mail stays there. Every
// word of them has "quokka" in it; the requester looks everywhere and finds none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, multipart, pageText, request } from '../support/http.mjs';
import { deliver } from '../support/lmtp.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const desk = 'support@example.org';
const vendor = 'help@acme.example';
const password = 'four plain words here';
let server;
let sink;
let admin;
let tom;
let dana;
let ana;
let count = 0;

async function person(email, name, role) {
  const file = path.join(server.folder, 'secret');
  fs.writeFileSync(file, `${password}\n`);
  await server.run(['user', 'add', email], ['--name', name, '--role', role, '--password-file', file]);
  const visitor = server.visitor();
  await signIn(visitor, { email, password });
  const api = await server.api(email);
  return { visitor, api, email, id: (await api.get('/api/v2/users/me')).json.user.id };
}

before(async () => {
  sink = await startSink();
  server = await startServer({ lmtp: true, smtp: sink.url, env: { STEWARD_TEST_AHEAD_SECONDS: '0' } });
  admin = await server.api();
  tom = await person('tom@example.org', 'Tom Berg', 'agent');
  dana = await person('dana@example.org', 'Dana', 'agent');
  ana = await person('ana@people.example', 'Ana', 'end-user');
});
after(async () => {
  for (const one of [admin, tom?.visitor, dana?.visitor, ana?.visitor]) one?.close();
  await server?.stop();
  await sink?.close();
});

async function newTicket(subject = `Printer ${++count}`) {
  const { status, json } = await tom.api.post('/api/v2/tickets', {
    ticket: { subject, requester_id: ana.id, assignee_id: tom.id, comment: { body: 'It hums all day', public: true } },
  });
  assert.equal(status, 201, JSON.stringify(json));
  return json.ticket.id;
}

const of = (ticket, uuid = '') => `/api/v2/tickets/${ticket}/side_conversations${uuid && `/${uuid}`}`;

async function begin(ticket, message = {}, client = tom.api) {
  const answer = await client.post(of(ticket), {
    message: { subject: `quokka ${++count}`, body: 'quokka: when can you come?', to: [{ email: vendor, name: 'Acme' }], ...message },
    external_ids: { theirs: '4711' },
  });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.side_conversation;
}

const events = async (side) => (await tom.api.get(`${of(side.ticket_id, side.id)}/events`)).json.events;
const load = async (side) => (await tom.api.get(of(side.ticket_id, side.id))).json.side_conversation;
const comments = async (ticket) => (await admin.get(`/api/v2/tickets/${ticket}/comments`)).json.comments;
const ticketCount = async () => (await admin.get('/api/v2/tickets/count')).json.count.value;
const mailTo = (address, subject) => sink.wait((mail) => mail.to.includes(address) && mail.header('subject').includes(subject));
const replyTo = (mail) => mail.header('reply-to').match(/[^<\s]+@[^>\s]+/)[0];

// A mail of the vendor's; returns its Message-ID.
async function write({ to, from = vendor, text = 'quokka: tomorrow at nine', subject = 'Re: something', headers = [], rcpt }) {
  const id = `<side-${++count}@acme.example>`;
  const message = [`From: Acme Service <${from}>`, `To: ${[to].flat().join(', ')}`, `Subject: ${subject}`, `Message-ID: ${id}`, ...headers, '', text, ''].join('\r\n');
  for (const one of [rcpt ?? to].flat()) await deliver(server.lmtp, { from, to: one, message });
  return id;
}

// Nothing came of a mail but a message in this conversation.
async function landsInside(side, send, howMany = 1) {
  const before = { events: (await events(side)).length, tickets: await ticketCount(), comments: (await comments(side.ticket_id)).length };
  const given = await send();
  assert.equal((await events(side)).length, before.events + howMany, 'in the conversation');
  assert.equal(await ticketCount(), before.tickets, 'no request');
  assert.equal((await comments(side.ticket_id)).length, before.comments, 'no comment');
  assert.deepEqual((await admin.get(`/api/v2/users/search?query=${vendor}`)).json.users, [], 'nobody became a person of the desk');
  return given;
}

test('a program begins one, and the vendor is mailed', async () => {
  const ticket = await newTicket();
  const side = await begin(ticket);
  assert.match(side.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(side.created_at, /\.\d{3}Z$/);
  assert.equal(side.state, 'open');
  assert.deepEqual(side.external_ids, { theirs: '4711' });
  assert.ok(side.participants.some((one) => one.email === vendor && one.name === 'Acme'));
  const mail = await mailTo(vendor, side.subject);
  assert.match(mail.header('message-id'), /^<s\d+\.m\d+\./);
  assert.match(replyTo(mail), /^support\+[a-z2-7]+@example\.org$/);
  assert.doesNotMatch(mail.header('subject'), /#/, 'no tag of the ticket');
  assert.equal(mail.header('auto-submitted'), undefined);
  assert.match(mail.text, /when can you come/);
  assert.match(mail.text, /Tom Berg/);
  assert.doesNotMatch(mail.raw, /ana@people/);
  const [created] = await events(side);
  assert.equal(created.type, 'create');
  assert.deepEqual(created.message.to.map((one) => one.email), [vendor]);
  assert.equal(created.actor.user_id, tom.id);
  const listed = (await tom.api.get(`${of(ticket)}?include=side_conversation_events`)).json;
  assert.deepEqual([listed.count, listed.side_conversations[0].id, listed.side_conversation_events[0].id], [1, side.id, created.id]);
});

test('an answer lands inside, by each way a mail finds back', async (t) => {
  const side = await begin(await newTicket());
  const mail = await mailTo(vendor, side.subject);
  const ours = mail.header('message-id');
  const token = replyTo(mail);
  let first;
  await t.test('its reply address alone, with a file', async () => {
    first = await landsInside(side, () => write({
      to: token, headers: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'],
      text: ['--b', '', 'quokka: tomorrow at nine', '--b', 'Content-Type: text/plain', 'Content-Disposition: attachment; filename=quokka.txt', '', 'plan', '--b--'].join('\r\n'),
    }));
    const event = (await events(side)).at(-1);
    assert.match(event.message.body, /tomorrow at nine/);
    assert.equal(event.via, 'email');
    assert.equal(event.actor.email, vendor);
    assert.deepEqual(event.message.attachments.map((one) => one.file_name), ['quokka.txt']);
    const file = await request(event.message.attachments[0].content_url, { headers: tom.api.headers });
    assert.equal(file.text.trim(), 'plan');
    assert.match(file.headers['content-disposition'], /^attachment/);
  });
  await t.test('the bare mailbox, by our Message-ID', () => landsInside(side, () => write({ to: desk, headers: [`References: ${ours}`] })));
  await t.test('the bare mailbox, by their own earlier mail', () => landsInside(side, () => write({ to: desk, headers: [`In-Reply-To: ${first}`] })));
  await t.test('a subject that names the ticket changes nothing', () =>
    landsInside(side, () => write({ to: token, subject: `[#${side.ticket_id}] quokka`, headers: [`References: ${ours}`] })));
  await t.test('a colleague of theirs, who was not asked', () => landsInside(side, () => write({ to: token, from: 'boss@acme.example' })));
  await t.test('copies to both addresses, in both orders, are one', async () => {
    await landsInside(side, () => write({ to: [token, desk] }));
    await landsInside(side, () => write({ to: [token, desk], rcpt: [desk, token] }));
    await landsInside(side, () => write({ to: [desk, 'x@acme.example'], headers: [`Cc: ${token}`], rcpt: [desk, token] }));
  });
  await t.test('who asked is told, and nobody else outside', async () => {
    const told = await sink.wait((one) => one.to.includes(tom.email) && /tomorrow at nine/.test(one.text ?? ''));
    assert.match(told.header('auto-submitted'), /auto-generated/);
    assert.match(told.text, new RegExp(`/tickets/${side.ticket_id}/asides/|#${side.ticket_id}`));
    assert.deepEqual(sink.mails.filter((one) => one.to.includes(ana.email) && /quokka/.test(one.raw)), []);
    assert.equal((await load(side)).news, 'answer');
    assert.ok((await load(side)).answered_at);
  });
  await t.test('and answers by mail: that goes to the vendor, in the same thread', async () => {
    const told = sink.mails.find((one) => one.to.includes(tom.email) && /tomorrow at nine/.test(one.text ?? ''));
    await landsInside(side, () => write({ to: replyTo(told), from: tom.email, text: 'quokka: nine it is' }));
    const back = await sink.wait((one) => one.to.includes(vendor) && /nine it is/.test(one.text ?? ''));
    assert.ok(back.header('references').includes(ours), 'the vendor’s program shows one thread');
    assert.equal((await events(side)).at(-1).actor.user_id, tom.id);
    assert.equal((await load(side)).news, 'asked');
  });
});

test('a machine’s answer is kept and does not count; a bounce is told inside', async () => {
  const side = await begin(await newTicket(), { to: [{ email: vendor }] });
  const mail = await mailTo(vendor, side.subject);
  await landsInside(side, () => write({ to: replyTo(mail), text: 'quokka: I am away', headers: ['Auto-Submitted: auto-replied'] }));
  assert.equal((await load(side)).answered_at, null);
  const report = ['MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=delivery-status; boundary=b', '', '--b', '', 'no such person', '--b',
    'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; acme.example', '', `Final-Recipient: rfc822; ${vendor}`, 'Action: failed', 'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 quokka unknown', '', '--b--'];
  const before = (await comments(side.ticket_id)).length;
  await deliver(server.lmtp, { from: '', to: mail.envelopeFrom, message: [`From: MAILER-DAEMON@acme.example`, `To: ${mail.envelopeFrom}`, 'Subject: Undelivered', `Message-ID: <dsn-${++count}@acme.example>`, ...report, ''].join('\r\n') });
  const last = (await events(side)).at(-1);
  assert.equal(last.type, 'update');
  assert.equal(last.updates.undelivered_to, vendor);
  assert.match(last.updates.reason, /quokka unknown/);
  assert.equal((await load(side)).news, 'trouble');
  assert.equal((await comments(side.ticket_id)).length, before);
  assert.doesNotMatch((await admin.get(`/api/v2/tickets/${side.ticket_id}/audits`)).text, /quokka/);
  const next = await begin(side.ticket_id, { to: [{ email: vendor }] });
  await mailTo(vendor, next.subject);
  assert.deepEqual(sink.mails.filter((one) => one.to.includes(tom.email) && one.header('subject').includes(side.subject)), [], 'nobody is mailed because of a machine');
});

test('a group is mailed person by person; one of them answers by page', async () => {
  const group = (await admin.post('/api/v2/groups', { group: { name: `Network ${++count}` } })).json.group;
  await admin.post('/api/v2/group_memberships', { group_membership: { user_id: dana.id, group_id: group.id } });
  const side = await begin(await newTicket(), { to: [{ support_group_id: group.id }] });
  const mail = await mailTo(dana.email, side.subject);
  assert.match(replyTo(mail), /^support\+/);
  const found = await dana.visitor.get(`/tickets/${side.ticket_id}`);
  const link = found.text.match(new RegExp(`/tickets/${side.ticket_id}/asides/\\d+`))[0];
  const page = await dana.visitor.get(link);
  assert.match(pageText(page.text), /quokka: when can you come/);
  const answer = await dana.visitor.submit(page, link, { body: 'quokka: it is the switch' });
  assert.equal(answer.status, 303, answer.text);
  assert.match(pageText((await tom.visitor.get(link)).text), /it is the switch/);
  await sink.wait((one) => one.to.includes(tom.email) && /it is the switch/.test(one.text ?? ''));
  const now = await load(side);
  assert.deepEqual([now.news, Boolean(now.answered_at)], ['answer', true]);
  assert.deepEqual(now.participants.map((one) => one.support_group_id).filter(Boolean), [group.id]);
});

test('pages: begin with a file, close, open again', async () => {
  const ticket = await newTicket();
  const page = await tom.visitor.get(`/tickets/${ticket}/asides/new`);
  const wrong = await tom.visitor.submit(page, `/tickets/${ticket}/asides/new`, { to: '', subject: 'quokka', body: 'quokka' });
  assert.equal(wrong.status, 422);
  assert.match(pageText(wrong.text), /somebody must be asked/i);
  const form = forms(page.text).find((one) => 'body' in one.fields);
  const { type, body } = multipart({ ...form.fields, to: `Acme <${vendor}>`, person: '', subject: 'quokka by page', body: 'quokka: look', files: { name: 'quokka.log', type: 'text/plain', bytes: 'lines' } });
  const made = await tom.visitor.send(`/tickets/${ticket}/asides/new`, { method: 'POST', headers: { 'content-type': type }, body });
  assert.equal(made.status, 303, made.text);
  const mail = await mailTo(vendor, 'quokka by page');
  assert.match(mail.raw, /quokka\.log/);
  const show = await tom.visitor.get(made.location);
  assert.match(pageText(show.text), /quokka\.log/);
  for (const state of ['closed', 'open']) {
    const turned = await tom.visitor.submit(await tom.visitor.get(made.location), `${made.location}/state`, { state });
    assert.equal(turned.status, 303, turned.text);
    assert.equal((await tom.api.get(of(ticket))).json.side_conversations[0].state, state);
  }
  assert.match(pageText((await tom.visitor.get(made.location)).text), /Tom Berg closed it/);
});

test('programs: files ahead, reply with further people, state and subject', async () => {
  const side = await begin(await newTicket());
  const { type, body } = multipart({ file: { name: 'quokka.txt', type: 'text/plain', bytes: 'ahead' } });
  const sent = await request(`${server.url}/api/v2/tickets/side_conversations/attachments`, { method: 'POST', headers: { ...tom.api.headers, 'content-type': type }, body });
  assert.equal(sent.status, 201, sent.text);
  const { attachment } = JSON.parse(sent.text);
  const stolen = await dana.api.post(`${of(side.ticket_id, side.id)}/reply`, { message: { body: 'quokka', attachment_ids: [attachment.id] } });
  assert.equal(stolen.status, 422, 'somebody else’s upload');
  const reply = await tom.api.post(`${of(side.ticket_id, side.id)}/reply`, {
    message: { html_body: '<p>quokka <b>again</b></p>', to: [{ email: 'second@acme.example' }], attachment_ids: [attachment.id] },
  });
  assert.equal(reply.status, 201, reply.text);
  assert.match(reply.json.event.message.body, /quokka again/);
  assert.deepEqual(reply.json.event.message.attachments.map((one) => one.id), [attachment.id]);
  assert.deepEqual(reply.json.event.message.to.map((one) => one.email).sort(), [vendor, 'second@acme.example'].sort());
  const changed = await tom.api.put(of(side.ticket_id, side.id), { side_conversation: { state: 'closed', subject: `[#${side.ticket_id}] quokka new` } });
  assert.deepEqual([changed.json.side_conversation.state, changed.json.side_conversation.subject], ['closed', 'quokka new']);
  assert.equal((await tom.api.put(of(side.ticket_id, side.id), { side_conversation: { state: 'gone' } })).status, 422);
});

test('what came before is imported without a mail', async () => {
  const ticket = await newTicket();
  const body = { message: { subject: 'quokka old', body: 'quokka then', from: { name: 'Eve', email: 'eve@old.example' }, to: [{ email: vendor }] }, created_at: '2020-01-02T03:04:05Z' };
  assert.equal((await tom.api.post(`${of(ticket)}/import`, body)).status, 403);
  const answer = await admin.post(`${of(ticket)}/import`, body);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.side_conversation.created_at, '2020-01-02T03:04:05.000Z');
  const [event] = await events(answer.json.side_conversation);
  assert.deepEqual([event.actor.name, event.actor.email, event.actor.user_id], ['Eve', 'eve@old.example', null]);
  await mailTo(vendor, (await begin(ticket)).subject);
  assert.deepEqual(sink.mails.filter((mail) => /quokka (old|then)/.test(mail.raw)), []);
});

test('who may not: the requester, those in copy, the desk itself, people without the ticket', async () => {
  const ticket = await newTicket();
  await tom.api.put(`/api/v2/tickets/${ticket}`, { ticket: { email_ccs: [{ user_email: 'copy@people.example' }] } });
  for (const to of [[], [{ user_id: ana.id }], [{ email: ana.email.toUpperCase() }], [{ email: 'copy@people.example' }], [{ email: desk }], [{ email: 'nobody' }], [{ support_group_id: 99999 }], [{}]]) {
    const answer = await tom.api.post(of(ticket), { message: { subject: 'quokka', body: 'quokka', to } });
    assert.equal(answer.status, 422, `${JSON.stringify(to)}: ${answer.text}`);
  }
  for (const message of [{ subject: '' }, { body: ' ' }]) {
    assert.equal((await tom.api.post(of(ticket), { message: { subject: 'quokka', body: 'quokka', to: [{ email: vendor }], ...message } })).status, 422);
  }
  const side = await begin(ticket);
  const other = await newTicket();
  assert.equal((await tom.api.get(of(other, side.id))).status, 404, 'of another ticket');
  await person('light@example.org', 'Light', 'light-agent');
  const light = await server.api('light@example.org');
  assert.equal((await light.get(of(ticket, side.id))).status, 200);
  assert.equal((await light.post(of(ticket), { message: { subject: 'q', body: 'q', to: [{ email: vendor }] } })).status, 403);
  assert.equal((await light.post(`${of(ticket, side.id)}/reply`, { message: { body: 'q', to: [{ email: 'x@acme.example' }] } })).status, 403);
  const shut = await person('shut@example.org', 'Shut', 'agent');
  assert.equal((await admin.put(`/api/v2/users/${shut.id}`, { user: { ticket_restriction: 'assigned' } })).status, 200);
  const number = (await tom.visitor.get(`/tickets/${ticket}`)).text.match(/asides\/(\d+)/)[1];
  assert.equal((await shut.api.get(of(ticket, side.id))).status, 404);
  assert.equal((await shut.api.post(`${of(ticket, side.id)}/reply`, { message: { body: 'q' } })).status, 404);
  assert.equal((await shut.visitor.get(`/tickets/${ticket}/asides/${number}`)).status, 404);
  assert.equal((await shut.visitor.get(`/tickets/${ticket}/asides`)).status, 404);
  light.close();
  shut.visitor.close();
});

test('the requester looks everywhere and finds nothing', async () => {
  const ticket = await newTicket();
  const side = await begin(ticket);
  const mail = await mailTo(vendor, side.subject);
  await write({ to: replyTo(mail), text: 'quokka inside' });
  await tom.api.put(`/api/v2/tickets/${ticket}`, { ticket: { comment: { body: 'We are on it.', public: true } } });
  const number = (await tom.visitor.get(`/tickets/${ticket}`)).text.match(/asides\/(\d+)/)[1];
  const pages = ['/requests', `/requests/${ticket}`, `/tickets/${ticket}`, `/tickets/${ticket}/asides`, `/tickets/${ticket}/asides/${number}`, `/tickets/${ticket}/asides/new`, '/search?q=quokka', '/requests?q=quokka', `/live?topics=aside:${ticket}`];
  for (const where of pages.slice(0, -1)) assert.doesNotMatch((await ana.visitor.get(where)).text.replace(/value="quokka"/g, ''), /quokka/, where);
  const calls = [`/api/v2/requests/${ticket}`, `/api/v2/requests/${ticket}/comments`, '/api/v2/requests', '/api/v2/requests/search?query=quokka', `/api/v2/tickets/${ticket}`, `/api/v2/tickets/${ticket}/audits`, of(ticket), of(ticket, side.id), `${of(ticket, side.id)}/events`, '/api/v2/search?query=quokka'];
  for (const where of calls) {
    const answer = await ana.api.get(where);
    assert.doesNotMatch(answer.text, /quokka inside|when can you come/, where);
    if (where.includes('side_conversations')) assert.equal(answer.status, 403, where);
  }
  assert.equal((await ana.api.post(`${of(ticket, side.id)}/reply`, { message: { body: 'me too' } })).status, 403);
  await until('her mail', () => sink.mails.some((one) => one.to.includes(ana.email) && /on it/.test(one.text ?? '')));
  for (const one of sink.mails.filter((each) => each.to.includes(ana.email))) {
    assert.doesNotMatch(one.raw, /quokka|<s\d+\.m/);
  }
  const found = await admin.get('/api/v2/search?query=type:ticket quokka');
  assert.equal(found.json.count, 0, 'not in the search of the ticket either');
});

test('merge takes it along, redaction blackens it, deletion for good ends it', async () => {
  const [from, into] = [await newTicket(), await newTicket()];
  const side = await begin(from, { body: 'quokka: the card 4711-0815 failed' });
  const mail = await mailTo(vendor, side.subject);
  assert.equal((await tom.api.post(`/api/v2/tickets/${into}/merge`, { ids: [from] })).status, 200);
  await until('the merge', async () => (await load({ ...side, ticket_id: into }))?.ticket_id === into);
  const moved = { ...side, ticket_id: into };
  await landsInside(moved, () => write({ to: replyTo(mail), text: 'quokka: 4711-0815 is theirs' }));
  const posted = await tom.api.put(`/api/v2/tickets/${into}`, { ticket: { comment: { body: 'card 4711-0815', public: false } } });
  assert.equal(posted.status, 200);
  const note = (await comments(into)).at(-1);
  const done = await tom.api.put(`/api/v2/tickets/${into}/comments/${note.id}/redact`, { text: '4711-0815' });
  assert.equal(done.status, 200, done.text);
  assert.doesNotMatch(JSON.stringify(await events(moved)), /4711-0815/);
  assert.match(JSON.stringify(await events(moved)), /quokka: the card ▇+ failed/);
  assert.equal((await admin.call('DELETE', `/api/v2/tickets/${into}`)).status, 204);
  assert.equal((await tom.api.get(of(into, side.id))).status, 404);
  const purge = await admin.call('DELETE', `/api/v2/deleted_tickets/${into}`);
  assert.ok(purge.status < 300, purge.text);
  const before = await ticketCount();
  await until('the end', async () => {
    const left = await server.run('check', [], { code: null });
    return left.code === 0;
  });
  await write({ to: replyTo(mail), text: 'quokka: are you there?' });
  assert.equal(await ticketCount(), before, 'an answer to what is gone waits for an administrator');
  assert.ok((await admin.get('/api/v2/suspended_tickets')).json.suspended_tickets.length >= 1);
});

test('an expert is brought in by one action, knows what is known, and their time is measured', async () => {
  const ticket = await newTicket('The quay printer hums');
  await tom.api.put(`/api/v2/tickets/${ticket}`, { ticket: { priority: 'high', comment: { body: 'We have looked at the drum.', public: true } } });
  await tom.api.put(`/api/v2/tickets/${ticket}`, { ticket: { comment: { body: 'numbat: internal word', public: false } } });
  assert.equal((await tom.api.put(`/api/v2/tickets/${ticket}/disruption`, { disruption: { degree: 'stopped', people: 12 } })).status, 200);
  const page = await tom.visitor.get(`/tickets/${ticket}`);
  const form = forms(page.text).find((one) => one.action === `/tickets/${ticket}/expert`);
  assert.deepEqual(Object.keys(form.fields).sort(), ['csrf', 'question', 'who'], 'no checklist');
  const gone = await tom.visitor.submit(page, form.action, { who: '', question: '' });
  assert.equal(gone.status, 422, 'somebody must be chosen');
  const answer = await tom.visitor.submit(page, form.action, { who: `p${dana.id}`, question: 'quokka: is it the network?' });
  assert.equal(answer.status, 303, answer.text);
  const [side] = (await tom.api.get(of(ticket))).json.side_conversations;
  assert.equal(side.kind, 'expert');
  const mail = await sink.wait((one) => one.to.includes(dana.email) && /is it the network/.test(one.text ?? ''));
  for (const known of ['The quay printer hums', 'Ana', 'Steward: Tom Berg', 'High', 'Cannot work: 12 people', 'We have looked at the drum.']) assert.ok(mail.text.includes(known), `${known} in ${mail.text}`);
  assert.doesNotMatch(mail.text, /numbat|It hums all day/, 'the last public words, and no others');
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = '4500';
  await server.start();
  assert.match(pageText((await tom.visitor.get(`/tickets/${ticket}`)).text), /waiting for 1 h 1[5-6] min/);
  await write({ to: replyTo(mail), from: dana.email, text: 'quokka: it is the switch' });
  const now = await load(side);
  const took = (Date.parse(now.answered_at) - Date.parse(now.created_at)) / 60000;
  assert.ok(took > 74 && took < 80, `${took} minutes`);
  assert.match(pageText((await tom.visitor.get(`/tickets/${ticket}`)).text), /answered after 1 h 1[5-9] min/);
  await write({ to: replyTo(mail), from: dana.email, text: 'quokka: surely' });
  assert.equal((await load(side)).answered_at, now.answered_at, 'the first answer counts');
  const group = (await admin.get('/api/v2/groups')).json.groups[0];
  const second = await tom.api.post(`/api/v2/tickets/${ticket}/experts`, { expert: { support_group_id: group.id } });
  assert.equal(second.status, 201, second.text);
  assert.equal(second.json.side_conversation.answered_at, null);
  assert.equal((await tom.api.post(`/api/v2/tickets/${ticket}/experts`, { expert: {} })).status, 422);
  assert.equal((await ana.api.post(`/api/v2/tickets/${ticket}/experts`, { expert: { user_id: dana.id } })).status, 403);
  const lead = await person('lead@example.org', 'Lead', 'lead');
  const report = pageText((await lead.visitor.get('/asides/experts')).text);
  assert.match(report, /Dana 1 1 0 1 h 1[5-9] min 1 h 1[5-9] min/);
  assert.match(report, new RegExp(`${group.name} 1 0 1`));
  assert.equal((await tom.visitor.send('/asides/experts')).status, 403);
  lead.visitor.close();
});
