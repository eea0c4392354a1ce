// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mails that lie: about who wrote them, what they answer, and whose they are. Every one arrives as
// Postfix would hand it over.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deliver } from '../support/lmtp.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const desk = 'support@example.org';
let sink;
let server;
let admin;
let agent;
let count = 0;

before(async () => {
  sink = await startSink();
  server = await startServer({ lmtp: true, smtp: sink.url });
  admin = await server.api();
  const made = await admin.post('/api/v2/users', { user: { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' } });
  agent = made.json.user;
});
after(async () => {
  admin.close();
  await server.stop();
  await sink.close();
});

async function send({ from, subject = 'Hello', text = 'words', to = desk, headers = [] }) {
  const id = `<abuse-${++count}@sender.example>`;
  const lines = [`From: ${from}`, `To: ${desk}`, `Subject: ${subject}`, `Message-ID: ${id}`, ...headers, '', text, ''];
  if (headers.some((line) => /^message-id:/i.test(line))) lines.splice(3, 1);
  const sender = from.match(/[^<\s]+@[^>\s]+/)[0];
  await deliver(server.lmtp, { from: sender, to, message: lines.join('\r\n') });
  return id;
}

async function comments(ticket) {
  return admin.all(`/api/v2/tickets/${ticket}/comments`, 'comments');
}

async function tickets() {
  return admin.all('/api/v2/tickets', 'tickets');
}

async function person(email) {
  const found = await admin.get(`/api/v2/users/search?query=${encodeURIComponent(email)}`);
  return found.json.users.find((one) => one.email === email);
}

// The ticket with that subject; there must be one at most.
async function ticketOf(subject) {
  const found = (await tickets()).filter((one) => one.subject === subject);
  assert.ok(found.length <= 1, `${found.length} tickets of the same subject`);
  return found[0];
}

// A request of a customer, answered once by the desk. Returns { ticket, answer } with its mail.
async function conversation(email, subject) {
  await send({ from: email, subject });
  const ticket = await ticketOf(subject);
  const answered = await admin.put(`/api/v2/tickets/${ticket.id}`, {
    ticket: { comment: { body: `the answer to ${email}`, public: true } },
  });
  assert.equal(answered.status, 200);
  const answer = await sink.wait((mail) => mail.to.includes(email) && mail.text.includes('the answer to'));
  return { ticket, answer };
}

function replyAddress(mail) {
  return mail.header('reply-to').match(/[^<\s]+@[^>\s]+/)[0];
}

test('a mail in the name of an agent never speaks for the desk', async () => {
  const { ticket, answer } = await conversation('ana@customer.example', 'Printer');
  const headers = [`In-Reply-To: ${answer.header('message-id')}`];
  // By reference, by subject, and with the reply address of somebody else.
  await send({ from: 'Tom <tom@example.org>', subject: 'Re: Printer', text: 'forged one', headers });
  await send({ from: 'Tom <tom@example.org>', subject: `Re: [#${ticket.id}] x`, text: 'forged two' });
  await send({ from: 'Tom <tom@example.org>', text: 'forged three', to: replyAddress(answer) });
  const list = await comments(ticket.id);
  for (const comment of list.filter((one) => one.body.includes('forged'))) {
    assert.equal(comment.public, false, comment.body);
  }
  assert.ok(list.filter((one) => one.body.includes('forged')).length >= 2);
  assert.ok(!sink.mails.some((mail) => mail.to.includes('ana@customer.example') && mail.text.includes('forged')));
});

test('nor when that agent is in copy', async () => {
  const { ticket, answer } = await conversation('carla@customer.example', 'Agent in copy');
  const copied = await admin.put(`/api/v2/tickets/${ticket.id}`, {
    ticket: { email_ccs: [{ user_id: agent.id, action: 'put' }] },
  });
  assert.equal(copied.status, 200, copied.text);
  const headers = [`In-Reply-To: ${answer.header('message-id')}`];
  await send({ from: 'Tom <tom@example.org>', subject: 'Re: Agent in copy', text: 'forged copy', headers });
  const forged = (await comments(ticket.id)).find((one) => one.body.includes('forged copy'));
  assert.ok(forged);
  assert.equal(forged.public, false);
});

test('nobody is put in copy of a running ticket by an address and a number alone', async () => {
  const { ticket, answer } = await conversation('emil@customer.example', 'Copied in');
  const ccs = async () => (await admin.get(`/api/v2/tickets/${ticket.id}`)).json.ticket.email_cc_ids.length;
  const headers = ['Cc: spy@evil.example'];
  await send({ from: 'emil@customer.example', subject: `Re: [#${ticket.id}] Copied in`, headers });
  assert.equal(await ccs(), 0);
  // Nor by an agent's name.
  await admin.put(`/api/v2/tickets/${ticket.id}`, { ticket: { email_ccs: [{ user_id: agent.id, action: 'put' }] } });
  await send({ from: 'tom@example.org', headers: [...headers, `In-Reply-To: ${answer.header('message-id')}`] });
  assert.equal(await ccs(), 1);
  assert.equal((await comments(ticket.id)).length, 4);
});

test('a forged Message-ID or reference of ours finds no ticket and stops no mail', async () => {
  const { ticket, answer } = await conversation('bob@customer.example', 'Hash forged');
  const real = answer.header('message-id');
  const forged = real.replace(/(.)(@)/, (all, last, at) => (last === 'a' ? 'b' : 'a') + at);
  assert.notEqual(forged, real);
  const before = (await comments(ticket.id)).length;
  await send({ from: 'eve@evil.example', subject: 'By reference', headers: [`In-Reply-To: ${forged}`, `References: ${forged}`] });
  assert.equal((await comments(ticket.id)).length, before);
  assert.ok(await ticketOf('By reference'));
  await send({ from: 'eve@evil.example', subject: 'Own id', headers: [`Message-ID: ${forged}`] });
  assert.ok(await ticketOf('Own id'), 'a mail with a made-up id of ours is a mail like others');
});

test("a stranger's subject tag opens a new ticket", async () => {
  const { ticket } = await conversation('dora@customer.example', 'Tagged');
  const before = (await comments(ticket.id)).length;
  await send({ from: 'eve@evil.example', subject: `Re: Tagged [#${ticket.id}]`, text: 'let me in' });
  assert.equal((await comments(ticket.id)).length, before);
  assert.ok(await ticketOf(`Re: Tagged [#${ticket.id}]`));
});

test('a made-up loop header does not make a mail vanish', async () => {
  await send({ from: 'eve@evil.example', subject: 'Loop forged', headers: ['X-Steward-Loop: 0123456789abcdef'] });
  assert.ok(await ticketOf('Loop forged'));
});

test('the reply address of one person lets nobody else see the ticket', async () => {
  const { ticket, answer } = await conversation('frida@customer.example', 'Token lent');
  await send({ from: 'eve@evil.example', subject: 'Re: Token lent', text: 'strange words', to: replyAddress(answer) });
  const list = await comments(ticket.id);
  const strange = list.find((one) => one.body.includes('strange words'));
  const eve = await person('eve@evil.example');
  if (strange) assert.equal(strange.author_id, eve.id);
  const after = (await admin.get(`/api/v2/tickets/${ticket.id}`)).json.ticket;
  assert.ok(!(after.collaborator_ids ?? []).includes(eve.id));
  assert.ok(!(after.email_cc_ids ?? []).includes(eve.id));
  assert.equal(after.requester_id, ticket.requester_id);
  // And a token with one letter changed is no token.
  const broken = replyAddress(answer).replace(/.(?=@)/, (last) => (last === 'a' ? 'b' : 'a'));
  await assert.rejects(send({ from: 'eve@evil.example', text: 'broken words', to: broken }).then(async () => {
    const found = (await comments(ticket.id)).some((one) => one.body.includes('broken words'));
    if (!found) throw new Error('LMTP said: not taken into this ticket');
  }), /LMTP said/);
});

test("a mail from the desk's own address becomes nothing by itself", async () => {
  const people = (await tickets()).length;
  await send({ from: `Support <${desk}>`, subject: 'From yourself' });
  assert.equal((await tickets()).length, people);
  const waiting = await server.run(['mail', 'list']);
  assert.match(waiting.stdout, /From yourself|desk itself/);
});

test('a mail with very many in copy makes forty people at most', async () => {
  const ccs = Array.from({ length: 60 }, (all, i) => `cc${i}@crowd.example`);
  await send({ from: 'gina@customer.example', subject: 'Crowd', headers: [`Cc: ${ccs.join(',\r\n ')}`] });
  const ticket = await ticketOf('Crowd');
  assert.ok(ticket);
  assert.ok(ticket.email_cc_ids.length <= 40, `${ticket.email_cc_ids.length}`);
  assert.equal(await person('cc59@crowd.example'), undefined);
});

test('line breaks in names and subjects become no headers of the answer', async () => {
  const word = Buffer.from('Hi\r\nBcc: victim@elsewhere.example\r\nX-Evil: 1').toString('base64');
  await send({ from: `=?utf-8?B?${word}?= <hugo@customer.example>`, subject: `=?utf-8?B?${word}?=`, text: 'break words' });
  const found = (await tickets()).find((one) => one.subject.includes('Hi'));
  await admin.put(`/api/v2/tickets/${found.id}`, { ticket: { comment: { body: 'safe answer', public: true } } });
  const mail = await sink.wait((one) => one.to.includes('hugo@customer.example') && one.text.includes('safe answer'));
  assert.equal(mail.header('bcc'), undefined);
  assert.equal(mail.header('x-evil'), undefined);
  assert.ok(!sink.mails.some((one) => one.to.includes('victim@elsewhere.example')));
});
