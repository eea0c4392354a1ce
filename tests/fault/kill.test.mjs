// SPDX-License-Identifier: GPL-3.0-or-later
//
// Never lose a word. The server is killed at a random moment while mails come in by LMTP and an
// agent's forms are posted, again and again on the same data folder. Afterwards every mail answered
// 250 and every form answered 303 is there exactly once and whole; what was not answered is there
// once or not at all. STEWARD_FAULT_ROUNDS says how often (./dev fault: 100).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { startServer } from '../support/server.mjs';
import { signIn, answerForm } from '../support/desk.mjs';
import { until } from '../support/wait.mjs';

const rounds = Number(process.env.STEWARD_FAULT_ROUNDS || 6);
const mailers = 4;
const writers = 2;

// Long enough to fill several pages of the database, so that a torn write would show.
const filler = 'All of these words must arrive. '.repeat(200);
const body = (mark) => `${mark} begins. ${filler} ${mark} ends.`;

// mark → whether the server said that it has it
const sent = { mails: new Map(), forms: new Map() };
let counter = 0;

async function mailUntilDeath(server, round) {
  const client = await LmtpClient.connect(server.lmtp);
  await client.lhlo();
  for (;;) {
    const mark = `m${round}x${++counter}`;
    sent.mails.set(mark, false);
    const { bytes } = buildMail({
      from: `Person ${mark} <${mark}@example.net>`,
      subject: mark,
      text: body(mark),
      attachments: counter % 5 === 0 ? [{ name: `${mark}.bin`, bytes: Buffer.alloc(200000, mark) }] : [],
    });
    const { results } = await client.send({ to: 'support@example.org', message: bytes });
    if (results[0]?.code === 250) sent.mails.set(mark, true);
  }
}

async function writeUntilDeath(visitor, ticket, round) {
  for (;;) {
    const mark = `f${round}x${++counter}`;
    sent.forms.set(mark, false);
    const answer = await answerForm(visitor, ticket, body(mark));
    if (answer.status === 303) sent.forms.set(mark, true);
    else throw new Error(`the form was answered with ${answer.status}`);
  }
}

// Runs until the server is gone; what the server did wrong before that is a failure.
async function untilDeath(server, work) {
  try {
    await work();
  } catch (error) {
    if (server.child) throw error;
  }
}

async function round(server, ticket, number) {
  const visitors = [];
  for (let i = 0; i < writers; i++) {
    const visitor = server.visitor();
    await signIn(visitor, server.admin);
    visitors.push(visitor);
  }
  const busy = [];
  for (let i = 0; i < mailers; i++) busy.push(untilDeath(server, () => mailUntilDeath(server, number)));
  for (const visitor of visitors) busy.push(untilDeath(server, () => writeUntilDeath(visitor, ticket, number)));
  await sleep(100 + Math.random() * 900);
  await server.kill();
  await Promise.all(busy);
  for (const visitor of visitors) visitor.close();
  await server.start();
}

function count(list, key) {
  const counts = new Map();
  for (const one of list) {
    const value = key(one);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function checkOnce(kind, marks, counts) {
  for (const [mark, answered] of marks) {
    const there = counts.get(mark) ?? 0;
    if (answered) assert.equal(there, 1, `${kind} ${mark} was acknowledged and is there ${there} times`);
    else assert.ok(there <= 1, `${kind} ${mark} is there ${there} times`);
  }
}

function checkWhole(text, mark) {
  assert.ok(text.includes(`${mark} begins.`) && text.includes(`${mark} ends.`), `${mark} is not whole`);
  assert.ok(text.length >= filler.length, `${mark} is too short`);
}

test(`nothing acknowledged is lost in ${rounds} sudden deaths`, { timeout: rounds * 60000 + 300000 }, async (t) => {
  const server = await startServer({ lmtp: true });
  after(() => server.stop());
  const api = await server.api();
  const made = await api.post('/api/v2/tickets.json', {
    ticket: { subject: 'the ticket of the forms', comment: { body: 'begin' } },
  });
  assert.equal(made.status, 201);
  const { id } = made.json.ticket;
  for (let number = 1; number <= rounds; number++) await round(server, id, number);

  // What was accepted may still be on its way from the spool into a ticket.
  const list = () => api.all('/api/v2/tickets.json?per_page=100', 'tickets');
  const accepted = [...sent.mails].filter(([, answered]) => answered).map(([mark]) => mark);
  await until(
    'every accepted mail to become a ticket',
    async () => {
      const there = new Set((await list()).map((ticket) => ticket.subject));
      return accepted.every((mark) => there.has(mark));
    },
    60000,
  );
  const tickets = (await list()).filter((ticket) => ticket.id !== id);
  checkOnce('mail', sent.mails, count(tickets, (ticket) => ticket.subject));
  for (const ticket of tickets) {
    assert.ok(sent.mails.has(ticket.subject), `ticket ${ticket.id} is of nobody`);
    const comments = await api.all(`/api/v2/tickets/${ticket.id}/comments.json`, 'comments');
    assert.equal(comments.length, 1, `ticket ${ticket.id} has ${comments.length} comments`);
    checkWhole(comments[0].plain_body ?? comments[0].body, ticket.subject);
  }
  const answers = await api.all(`/api/v2/tickets/${id}/comments.json?per_page=100`, 'comments');
  const marks = count(answers.slice(1), (comment) => comment.body.match(/f\d+x\d+/)?.[0]);
  checkOnce('form', sent.forms, marks);
  for (const comment of answers.slice(1)) checkWhole(comment.body, comment.body.match(/f\d+x\d+/)[0]);
  const forms = [...sent.forms.values()].filter(Boolean).length;
  t.diagnostic(`${accepted.length} of ${sent.mails.size} mails and ${forms} of ${sent.forms.size} forms were acknowledged`);
  assert.ok(accepted.length > rounds, 'hardly any mail was accepted: this proves nothing');
  assert.ok(forms > rounds, 'hardly any form was accepted');
  api.close();
  const doctor = await server.run('doctor', [], { code: null });
  assert.match(doctor.stdout + doctor.stderr, /database/i);
});
