// SPDX-License-Identifier: GPL-3.0-or-later
//
// Never lose a word, on either engine. The server is killed at a random moment while mails come in by
// LMTP and an agent's forms are posted, again and again on the same desk; on PostgreSQL it is the
// database server every other time, and Steward goes on by itself. Afterwards every mail answered
// 250 and every form answered 303 is there exactly once and whole; what was not answered is there
// once or not at all. STEWARD_FAULT_ROUNDS says how often, both engines together (./dev fault: 1000).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { startServer } from '../support/server.mjs';
import { signIn, answerForm } from '../support/desk.mjs';
import { until } from '../support/wait.mjs';

const rounds = Math.ceil(Number(process.env.STEWARD_FAULT_ROUNDS || 8) / 2);
const mailers = 4;
const writers = 2;
// So that the page of the forms' ticket stays quick.
const roundsOfTicket = 20;

// Long enough to fill several pages of the database, so that a torn write would show.
const filler = 'All of these words must arrive. '.repeat(200);
const body = (mark) => `${mark} begins. ${filler} ${mark} ends.`;

let counter = 0;

// One engine's desk under attack. mails and forms: mark → whether the server said that it has it.
class Attack {
  constructor(server) {
    this.server = server;
    this.mails = new Map();
    this.forms = new Map();
    this.tickets = []; // of the forms
    this.calm = true; // a failure is one of the server's own making
    this.over = false;
  }

  async newTicket() {
    const api = await this.server.api();
    const made = await api.post('/api/v2/tickets.json', {
      ticket: { subject: 'a ticket of the forms', comment: { body: 'begin' } },
    });
    assert.equal(made.status, 201);
    this.tickets.push(made.json.ticket.id);
    api.close();
  }

  async mail(round) {
    const client = await LmtpClient.connect(this.server.lmtp);
    await client.lhlo();
    while (!this.over) {
      const mark = `m${round}x${++counter}`;
      this.mails.set(mark, false);
      const { bytes } = buildMail({
        from: `Person ${mark} <${mark}@example.net>`,
        subject: mark,
        text: body(mark),
        attachments: counter % 5 === 0 ? [{ name: `${mark}.bin`, bytes: Buffer.alloc(200000, mark) }] : [],
      });
      const { results } = await client.send({ to: 'support@example.org', message: bytes });
      if (results[0]?.code === 250) this.mails.set(mark, true);
      else if (this.calm) throw new Error(`a mail was answered with ${results[0]?.code}`);
    }
    await client.quit?.();
  }

  async write(visitor, round) {
    while (!this.over) {
      const mark = `f${round}x${++counter}`;
      this.forms.set(mark, false);
      const answer = await answerForm(visitor, this.tickets.at(-1), body(mark));
      if (answer.status === 303) this.forms.set(mark, true);
      else throw new Error(`the form was answered with ${answer.status}`);
    }
  }

  // Goes on until the server is gone or the round is over; what goes wrong while all is well is a
  // failure.
  async keepTrying(work) {
    while (this.server.child && !this.over) {
      try {
        await work();
      } catch (error) {
        if (this.calm && this.server.child) throw error;
        await sleep(10);
      }
    }
  }

  async begin(round) {
    const visitors = [];
    this.over = false;
    this.calm = true;
    for (let i = 0; i < writers; i++) {
      const visitor = this.server.visitor();
      await signIn(visitor, this.server.admin);
      visitors.push(visitor);
    }
    const busy = [];
    for (let i = 0; i < mailers; i++) busy.push(this.keepTrying(() => this.mail(round)));
    for (const visitor of visitors) busy.push(this.keepTrying(() => this.write(visitor, round)));
    await sleep(100 + Math.random() * 900);
    return async () => {
      await Promise.all(busy);
      for (const visitor of visitors) visitor.close();
    };
  }

  async killProgram(round) {
    const end = await this.begin(round);
    await this.server.kill();
    await end();
    await this.server.start();
  }

  async killDatabase(round) {
    const end = await this.begin(round);
    this.calm = false;
    await this.server.postgres.killAndLaunch();
    const count = (marks) => [...marks.values()].filter(Boolean).length;
    const [mails, forms] = [count(this.mails), count(this.forms)];
    await until('work to go on', () => count(this.mails) > mails && count(this.forms) > forms, 60000);
    this.over = true;
    await end();
  }
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

async function checkMails(attack, api) {
  // What was accepted may still be on its way from the spool into a ticket.
  const list = () => api.all('/api/v2/tickets.json?page[size]=100', 'tickets');
  const accepted = [...attack.mails].filter(([, answered]) => answered).map(([mark]) => mark);
  await until(
    'every accepted mail to become a ticket',
    async () => {
      const there = new Set((await list()).map((ticket) => ticket.subject));
      return accepted.every((mark) => there.has(mark));
    },
    60000,
  );
  const tickets = (await list()).filter((ticket) => !attack.tickets.includes(ticket.id));
  checkOnce('mail', attack.mails, count(tickets, (ticket) => ticket.subject));
  for (const ticket of tickets) {
    assert.ok(attack.mails.has(ticket.subject), `ticket ${ticket.id} is of nobody`);
    const comments = await api.all(`/api/v2/tickets/${ticket.id}/comments.json`, 'comments');
    assert.equal(comments.length, 1, `ticket ${ticket.id} has ${comments.length} comments`);
    checkWhole(comments[0].plain_body ?? comments[0].body, ticket.subject);
  }
  return accepted.length;
}

async function checkForms(attack, api) {
  const answers = [];
  for (const id of attack.tickets) {
    const comments = await api.all(`/api/v2/tickets/${id}/comments.json?page[size]=100`, 'comments');
    answers.push(...comments.slice(1));
  }
  checkOnce('form', attack.forms, count(answers, (comment) => comment.body.match(/f\d+x\d+/)?.[0]));
  for (const comment of answers) checkWhole(comment.body, comment.body.match(/f\d+x\d+/)[0]);
  return [...attack.forms.values()].filter(Boolean).length;
}

async function attackAll(t, engine) {
  const server = await startServer({ engine, lmtp: true });
  t.after(() => server.stop());
  const attack = new Attack(server);
  for (let number = 1; number <= rounds; number++) {
    if (number % roundsOfTicket === 1) await attack.newTicket();
    if (engine === 'postgres' && number % 2 === 0) await attack.killDatabase(number);
    else await attack.killProgram(number);
    if (number % 50 === 0) t.diagnostic(`${engine}: ${number} of ${rounds} rounds`);
  }
  const api = await server.api();
  const accepted = await checkMails(attack, api);
  const forms = await checkForms(attack, api);
  t.diagnostic(
    `${engine}: ${accepted} of ${attack.mails.size} mails and ${forms} of ${attack.forms.size} forms were acknowledged`,
  );
  assert.ok(accepted > rounds, 'hardly any mail was accepted: this proves nothing');
  assert.ok(forms > rounds, 'hardly any form was accepted');
  api.close();
  await server.halt();
  await server.prove();
}

// Both at once: a round is mostly waiting, and neither engine knows of the other.
test('sudden deaths', { concurrency: 2, timeout: rounds * 60000 + 600000 }, async (t) => {
  await Promise.all(
    ['sqlite', 'postgres'].map((engine) =>
      t.test(`nothing acknowledged is lost in ${rounds} sudden deaths on ${engine}`, (one) =>
        attackAll(one, engine),
      ),
    ),
  );
});
