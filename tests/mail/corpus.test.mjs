// SPDX-License-Identifier: GPL-3.0-or-later
//
// Many real mails through LMTP into the real program: each becomes a ticket, a comment or a listed
// exception; none is lost, none counts twice, and threads come out as threads. The mails of
// tests/mail/corpus are always there; a larger collection is taken from STEWARD_MAILS, or
// ../shared/data/mail beside the source tree, where there is one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LmtpClient } from '../support/lmtp.mjs';
import { runProgram, startServer } from '../support/server.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const desk = 'support@example.org';

function files(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((one) => one.isFile())
    .map((one) => path.join(one.parentPath ?? one.path, one.name))
    .sort();
}

function collection() {
  const places = [process.env.STEWARD_MAILS, '../../../shared/data/mail', '../../../../shared/data/mail'];
  const found = places.filter(Boolean).map((place) => path.resolve(here, place)).find((place) => fs.existsSync(place));
  return found ? files(found) : [];
}

const awkward = files(path.join(here, 'corpus')).filter((file) => file.endsWith('.eml'));
const larger = collection();
const noCollection = larger.length === 0 && 'the collection is not there';

let server;
let api;

before(async () => {
  server = await startServer({ lmtp: true });
  api = await server.api();
});
after(async () => {
  api.close();
  await server.stop();
});

// All of them on one connection, as a mail server does; fails unless each is answered with 250.
async function sendAll(list, where = server.lmtp) {
  const client = await LmtpClient.connect(where);
  await client.lhlo();
  for (const file of list) {
    const sent = await client.send({ to: desk, message: fs.readFileSync(file), pipelining: true });
    assert.equal(sent.results[0]?.code, 250, `${file}: ${sent.results[0]?.line ?? sent.data.line}`);
  }
  await client.quit();
}

// What the desk holds: every comment of every ticket, and what waits for a decision.
async function census(of = server, reader = api) {
  const tickets = await reader.all('/api/v2/tickets.json?per_page=100', 'tickets');
  const comments = [];
  for (const ticket of tickets) {
    for (const comment of await reader.all(`/api/v2/tickets/${ticket.id}/comments.json`, 'comments')) {
      comments.push({ ticket: ticket.id, ...comment });
    }
  }
  const listed = await of.run(['mail', 'list']);
  return { tickets, comments, waiting: listed.stdout.split('\n').filter(Boolean) };
}

function header(raw, name) {
  const head = raw.toString('latin1').replace(/\r/g, '').split('\n\n', 1)[0].replace(/\n[ \t]+/g, ' ');
  return head.match(new RegExp(`^${name}:[ ]*(.*)$`, 'im'))?.[1] ?? '';
}

function ids(text) {
  return text.match(/<[^<>\s]+>/g) ?? [];
}

test('the awkward mails are all kept, and sending them again changes nothing', async () => {
  await sendAll(awkward);
  const once = await census();
  await sendAll(awkward);
  const twice = await census();
  assert.equal(twice.tickets.length, once.tickets.length);
  assert.equal(twice.comments.length, once.comments.length);
  assert.deepEqual(twice.waiting, once.waiting);
  assert.ok(once.comments.length > awkward.length / 3, `${once.comments.length} of ${awkward.length}`);
  for (const line of once.waiting) assert.ok(line.split('\t')[4], `an exception without a reason: ${line}`);
});

// The first mail of a thread comes first, as it does in life.
function inOrder(list) {
  return list
    .map((file) => {
      const raw = fs.readFileSync(file);
      const id = ids(header(raw, 'message-id'))[0] ?? file;
      const parents = [...ids(header(raw, 'references')), ...ids(header(raw, 'in-reply-to'))];
      return { file, id, parents, at: Date.parse(header(raw, 'date')) || 0 };
    })
    .sort((a, b) => a.at - b.at);
}

test('a collection of real mails: none is lost, none counts twice', { skip: noCollection }, async () => {
  const start = await census();
  const mails = inOrder(larger);
  await sendAll(mails.map((mail) => mail.file));
  const once = await census();
  const distinct = new Set(mails.map((mail) => mail.id)).size;
  const placed = once.comments.length - start.comments.length;
  const waiting = once.waiting.length - start.waiting.length;
  assert.equal(placed + waiting, distinct, `${placed} placed and ${waiting} waiting of ${distinct}`);
  assert.ok(waiting < distinct / 10, once.waiting.join('\n'));

  await sendAll(mails.map((mail) => mail.file));
  const twice = await census();
  assert.equal(twice.comments.length, once.comments.length);
  assert.equal(twice.tickets.length, once.tickets.length);
  assert.deepEqual(twice.waiting, once.waiting);
});

// Each mail joins the first mail before it that its References or In-Reply-To name: what a reader
// of the list would call its thread, as far as it can be known when the mail comes.
function threadsByReferences(mails) {
  const threadOf = new Map();
  for (const mail of mails) {
    const known = mail.parents.find((id) => threadOf.has(id));
    threadOf.set(mail.id, known ? threadOf.get(known) : mail.id);
  }
  return threadOf;
}

test('the threads of a busy mailing list come out as tickets', { skip: noCollection }, async () => {
  const own = await startServer({ lmtp: true });
  const reader = await own.api();
  try {
    const mails = inOrder(larger.filter((file) => file.includes('/threads-lkml/')));
    const fresh = mails.filter((mail, at) => mails.findIndex((one) => one.id === mail.id) === at);
    await sendAll(fresh.map((mail) => mail.file), own.lmtp);
    const { comments, waiting } = await census(own, reader);
    assert.deepEqual(waiting, []);
    assert.equal(comments.length, fresh.length);
    comments.sort((a, b) => a.id - b.id); // as they came
    const expected = threadsByReferences(fresh);
    const ticketOf = new Map();
    const wrong = [];
    fresh.forEach((mail, at) => {
      const thread = expected.get(mail.id);
      if (!ticketOf.has(thread)) ticketOf.set(thread, comments[at].ticket);
      if (ticketOf.get(thread) !== comments[at].ticket) wrong.push(mail.file);
    });
    assert.deepEqual(wrong, []);
    assert.equal(new Set(ticketOf.values()).size, ticketOf.size, 'two threads became one ticket');
  } finally {
    reader.close();
    await own.stop();
  }
});

function deliver(data, args = [], input = 'From: ana@people.example\nSubject: x\n\nhello\n') {
  return runProgram(['deliver', '--data', data, ...args], { input });
}

test('deliver says by its exit code what became of the mail', async () => {
  const before = await census();
  assert.equal((await deliver(server.data, ['--to', desk])).code, 0);
  const later = await census();
  assert.equal(later.comments.length, before.comments.length + 1);
  // Not there yet, or not there at this moment: the mail server keeps it and tries again.
  assert.equal((await deliver(path.join(server.folder, 'nowhere'))).code, 75);
  const notADesk = path.join(server.folder, 'file');
  fs.writeFileSync(notADesk, '');
  assert.equal((await deliver(notADesk)).code, 75);
  // What trying again cannot mend.
  assert.notEqual((await deliver(server.data, [], '')).code, 0);
  assert.equal((await deliver(server.data, ['--unknown'])).code, 64);
  assert.equal((await deliver(server.data, ['--to', 'stranger@elsewhere.example'])).code, 67);
});
