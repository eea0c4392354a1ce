// SPDX-License-Identifier: GPL-3.0-or-later
//
// `steward move-db`: from one engine to the other and back, broken off again and again, on a desk
// that is in use, and never over another desk.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { articles, fill } from '../support/keep.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { program, runProgram, startServer } from '../support/server.mjs';

const exec = promisify(execFile);
let server;
let api;
let postgres;
let folder;
const urls = [];

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-move-'));
  postgres = await startPostgres();
  server = await startServer({ lmtp: true });
  api = await server.api();
  await fill(server, api);
});
after(async () => {
  await server.stop();
  for (const url of urls) await postgres.sql('postgres', `DROP DATABASE IF EXISTS ${new URL(url.replace('@/', '@localhost/')).pathname.slice(1)} WITH (FORCE)`);
  await postgres.release();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function newPostgres() {
  urls.push(await postgres.createDatabase());
  return urls.at(-1);
}
const newSqlite = (name) => `sqlite:${path.join(folder, name)}`;

// What a program sees of the desk.
async function seen(on) {
  const all = {};
  for (const what of ['tickets', 'users', 'groups', 'organizations', 'views']) {
    all[what] = (await on.get(`/api/v2/${what}.json?per_page=100`)).json[what].map(({ url, ...rest }) => rest);
  }
  all.comments = [];
  all.audits = [];
  for (const { id } of all.tickets) {
    const { json } = await on.get(`/api/v2/tickets/${id}/comments`);
    all.comments.push(json.comments.map(({ id: number, body, attachments }) => [number, body, attachments.map((file) => file.file_name)]));
    all.audits.push((await on.get(`/api/v2/tickets/${id}/audits`)).json.audits.map((audit) => audit.events.length));
  }
  return all;
}

// How many rows of some tables are there.
async function arrived(url) {
  const count = "SELECT (SELECT COUNT(*) FROM person) + (SELECT COUNT(*) FROM ticket) + (SELECT COUNT(*) FROM ticket_audit) + (SELECT COUNT(*) FROM ticket_event)";
  try {
    if (url.startsWith('sqlite:')) return Number((await exec('sqlite3', [url.slice(7), count])).stdout);
    return Number(await postgres.sql(new URL(url.replace('@/', '@localhost/')).pathname.slice(1), count));
  } catch {
    return 0; // not even tables yet
  }
}

const move = (from, to) =>
  runProgram(['move-db', '--data', server.data, ...(from ? ['--db', from] : []), '--to', to], { timeout: 300000 });
const home = () => server.db;

test('both ways: the desk is the same, search works, new numbers and ids go on', async () => {
  const expected = await seen(api);
  await server.halt();
  let from = home();
  const stops = server.postgres ? [newSqlite('a.db'), await newPostgres()] : [await newPostgres(), newSqlite('a.db')];
  for (const to of stops) {
    const moved = await move(from, to);
    assert.equal(moved.code, 0, moved.stderr);
    assert.match(moved.stdout, /\d+ rows in \d+ tables are the same in both/);
    const check = await runProgram(['check', '--data', server.data, '--db', to]);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    from = to;
  }
  const other = await startServer({ data: server.data, db: from });
  try {
    const client = await other.api();
    assert.deepEqual(await seen(client), expected);
    const found = await client.get('/api/v2/search?query=quoted');
    assert.equal(found.json.results[0].subject, 'Ünïcödé \u{1F600} "quoted"');
    assert.deepEqual(await articles(client, 'tray'), ['Clearing a paper jam']);
    const made = await client.post('/api/v2/tickets', { ticket: { subject: 'later', comment: { body: 'later' } } });
    assert.equal(made.json.ticket.id, Math.max(...expected.tickets.map((ticket) => ticket.id), 4) + 1);
    const known = expected.comments.flat().map(([number]) => number);
    const [comment] = (await client.get(`/api/v2/tickets/${made.json.ticket.id}/comments`)).json.comments;
    assert.ok(!known.includes(comment.id), 'an id was given twice');
    client.close?.();
  } finally {
    await other.stop();
    await server.start();
  }
});

test('broken off by kill -9 again and again, it goes on and ends the same', async () => {
  await server.halt();
  await server.run('bench-data', ['--tickets', '4000'], { timeout: 300000 });
  const to = server.postgres ? newSqlite('killed.db') : await newPostgres();
  const args = ['move-db', '--data', server.data, ...(home() ? ['--db', home()] : []), '--to', to];
  let kills = 0;
  let last = 0;
  for (let ms = 150; kills < 3; ms = ms * 1.3) {
    const child = spawn(program, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal)));
    setTimeout(() => child.kill('SIGKILL'), ms);
    assert.equal(await ended, 'SIGKILL', `it was done within ${ms} ms`);
    const rows = await arrived(to);
    kills += rows > last ? 1 : 0; // one that came before there was anything to break off is none
    last = Math.max(last, rows);
  }
  const early = await runProgram(['check', '--data', server.data, '--db', to]);
  const done = await move(home(), to);
  assert.equal(done.code, 0, done.stderr);
  const [, rows, written] = done.stdout.match(/(\d+) rows in \d+ tables .*\((\d+) written/).map(Number);
  assert.ok(written < rows, `of ${rows} rows ${written} were written at the end: it began anew`);
  assert.equal(early.code, 69, 'a program would have started with half a desk');
  assert.match(early.stderr, /being moved to it/);
  const check = await runProgram(['check', '--data', server.data, '--db', to]);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  await server.start();
});

test('a desk in use is not taken for moved; a second run after its stop is', async () => {
  const to = server.postgres ? newSqlite('used.db') : await newPostgres();
  let going = true;
  const busy = (async () => {
    while (going) await api.post('/api/v2/tickets', { ticket: { subject: 'meanwhile', comment: { body: 'meanwhile' } } });
  })();
  const first = await move(home(), to);
  going = false;
  await busy;
  assert.equal(first.code, 75, first.stdout + first.stderr);
  assert.match(first.stderr, /was changed while it was moved/);
  const expected = await seen(api);
  const { ticket } = (await api.post('/api/v2/tickets', { ticket: { subject: 'to be deleted', tags: ['x'], comment: { body: 'x' } } })).json;
  await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: { tags: [] } });
  await server.halt();
  const second = await move(home(), to);
  assert.equal(second.code, 0, second.stderr);
  const again = await move(home(), to);
  assert.equal(again.code, 73);
  assert.match(again.stderr, /moved there already/);
  const check = await runProgram(['check', '--data', server.data, '--db', to]);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  await server.start();
  assert.ok(expected.tickets.length > 0);
});

test('another desk is never written over', async () => {
  const other = await startServer({ engine: 'sqlite' });
  await other.halt();
  const refused = await move(home(), `sqlite:${path.join(other.data, 'steward.db')}`);
  assert.equal(refused.code, 73);
  assert.match(refused.stderr, /another desk in that database/);
  await other.start();
  await other.stop();
});
