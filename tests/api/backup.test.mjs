// SPDX-License-Identifier: GPL-3.0-or-later
//
// Backups taken while mails and forms come in, restored to either engine; damaged ones are refused.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { articles, fill, mailIn, upload } from '../support/keep.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { runProgram, startServer } from '../support/server.mjs';

let server;
let api;
let folder;
const at = (...parts) => path.join(folder, ...parts);

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-backup-'));
  server = await startServer({ lmtp: true });
  api = await server.api();
  await fill(server, api);
});
after(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function steward(args, code = 0) {
  const result = await runProgram(args);
  assert.equal(result.code, code, `steward ${args.join(' ')} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
  return result;
}

async function tickets(on) {
  const list = [];
  for (let next = '/api/v2/tickets.json?per_page=100'; next; ) {
    const { json } = await on.get(next);
    list.push(...json.tickets);
    next = json.next_page;
  }
  return list;
}

// A program of its own on what was restored, with the token of the desk that was saved.
async function restored(data, db, work) {
  const other = await startServer({ data, db });
  const client = await other.api();
  try {
    return await work(other, client);
  } finally {
    client.close?.();
    await other.stop();
  }
}

test('all that was acknowledged before a backup began is in it, once, while more comes in', async () => {
  const acknowledged = [];
  let going = true;
  const mails = (async () => {
    for (let i = 0; going; i++) {
      await mailIn(server, `mail ${i}`, i % 5 === 0 ? 100000 : 10);
      acknowledged.push(`mail ${i}`);
    }
  })();
  const forms = (async () => {
    for (let i = 0; going; i++) {
      const uploads = [await upload(server, api, `f${i}`, Buffer.alloc(5000, `f${i}`))];
      await api.post('/api/v2/tickets', { ticket: { subject: `form ${i}`, comment: { body: `form ${i}`, uploads } } });
      acknowledged.push(`form ${i}`);
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const before = [...acknowledged];
  const { stdout } = await server.run('backup', ['--to', at('busy')]);
  going = false;
  await Promise.all([mails, forms]);
  assert.match(stdout, /\d+ rows, \d+ files \(\d+ of them new\)/);
  await steward(['restore', '--from', at('busy'), '--data', at('busy-data')]);
  const check = await steward(['check', '--data', at('busy-data')]);
  assert.match(check.stdout, /All is well/);
  await restored(at('busy-data'), undefined, async (other, client) => {
    const subjects = (await tickets(client)).map((ticket) => ticket.subject);
    for (const subject of before) {
      assert.equal(subjects.filter((one) => one === subject).length, 1, `${subject}, of ${before.length}`);
    }
    const found = await client.get('/api/v2/search?query=form');
    assert.ok(found.json.count > 0, 'search finds what was restored');
    assert.deepEqual(await articles(client, 'paper'), ['Clearing a paper jam']);
    const next = await client.post('/api/v2/tickets', { ticket: { subject: 'new', comment: { body: 'new' } } });
    assert.equal(next.status, 201, next.text);
    assert.ok(!subjects.includes('new') && next.json.ticket.id > subjects.length, 'numbers go on');
  });
});

test('a second snapshot copies no file again; the newest is restored, an older one by its name', async () => {
  const first = await server.run('backup', ['--to', at('two')]);
  const [, files, fresh] = first.stdout.match(/, (\d+) files \((\d+) of them new/);
  assert.equal(files, fresh);
  await api.post('/api/v2/tickets', { ticket: { subject: 'after the first snapshot', comment: { body: 'x' } } });
  await new Promise((resolve) => setTimeout(resolve, 1100)); // snapshots are named by the second
  assert.match((await server.run('backup', ['--to', at('two')])).stdout, new RegExp(`, ${files} files \\(0 of them new\\)`));
  const [old] = fs.readdirSync(at('two/snapshots')).sort();
  await steward(['restore', '--from', at('two/snapshots', old), '--data', at('two-old')]);
  await steward(['restore', '--from', at('two'), '--data', at('two-new')]);
  const has = (data) => restored(data, undefined, async (_, client) =>
    (await tickets(client)).some((ticket) => ticket.subject === 'after the first snapshot'));
  assert.equal(await has(at('two-old')), false);
  assert.equal(await has(at('two-new')), true);
  const again = await steward(['restore', '--from', at('two'), '--data', at('two-new')], 73);
  assert.match(again.stderr, /not empty/);
});

test('a sealed backup is read with its key only, and says nothing without', async () => {
  await steward(['backup', '--new-key', at('key')]);
  await steward(['backup', '--new-key', at('other')]);
  assert.equal(fs.statSync(at('key')).mode & 0o777, 0o600);
  await steward(['backup', '--new-key', at('key')], 69);
  await server.run('backup', ['--to', at('sealed'), '--key', at('key')]);
  const everything = fs.readdirSync(at('sealed'), { recursive: true })
    .filter((name) => fs.statSync(at('sealed', name)).isFile())
    .map((name) => name + fs.readFileSync(at('sealed', name), 'latin1')).join('');
  for (const secret of ['admin@example.org', 'A small mail', 'stewardsteward', fs.readFileSync(path.join(server.data, 'secret'), 'latin1')]) {
    assert.ok(!everything.includes(secret), `${secret} can be read`);
  }
  assert.match((await steward(['restore', '--from', at('sealed'), '--data', at('no')], 65)).stderr, /sealed/);
  assert.match((await steward(['restore', '--from', at('sealed'), '--data', at('no'), '--key', at('other')], 65)).stderr, /does not fit/);
  const { stdout } = await steward(['backup', '--verify', '--from', at('sealed'), '--key', at('key')]);
  assert.match(stdout, /came back as they were/);
});

test('a snapshot that was cut off or changed anywhere is refused, and so is one with a damaged file', async () => {
  await server.run('backup', ['--to', at('whole')]);
  assert.match((await steward(['backup', '--verify', '--from', at('whole')])).stdout, /came back as they were/);
  const [name] = fs.readdirSync(at('whole/snapshots'));
  const file = at('whole/snapshots', name);
  const bytes = fs.readFileSync(file);
  const refused = async (changed) => {
    fs.writeFileSync(file, changed);
    const { stderr } = await steward(['backup', '--verify', '--from', at('whole')], 65);
    assert.match(stderr, /damaged or was cut off|no backup of this version/);
    await steward(['restore', '--from', at('whole'), '--data', at('never')], 65);
    assert.ok(!fs.existsSync(at('never', 'secret')));
  };
  for (const length of [0, 10, 100, bytes.length >> 1, bytes.length - 40, bytes.length - 1]) {
    await refused(bytes.subarray(0, length));
  }
  for (const place of [17, 30, bytes.length >> 1, bytes.length - 20]) {
    const flipped = Buffer.from(bytes);
    flipped[place] ^= 1;
    await refused(flipped);
  }
  await refused(Buffer.concat([bytes, Buffer.from('x')]));
  fs.writeFileSync(file, bytes);
  const [blob] = fs.readdirSync(at('whole/blobs'), { recursive: true }).filter((one) => /[0-9a-f]{64}$/.test(one));
  const content = fs.readFileSync(at('whole/blobs', blob));
  content[5] ^= 1;
  fs.writeFileSync(at('whole/blobs', blob), content);
  assert.match((await steward(['backup', '--verify', '--from', at('whole')], 65)).stderr, /damaged: its content/);
  fs.rmSync(at('whole/blobs', blob));
  assert.match((await steward(['backup', '--verify', '--from', at('whole')], 65)).stderr, /missing in the backup/);
});

test('a backup of either engine is restored to the other', async () => {
  await server.run('backup', ['--to', at('cross')]);
  const expected = await tickets(api);
  const people = (await api.get('/api/v2/users.json')).json.users;
  const same = (data, db) => restored(data, db, async (_, client) => {
    const strip = (list) => list.map(({ url, ...rest }) => rest);
    assert.deepEqual(strip(await tickets(client)), strip(expected));
    assert.deepEqual(strip((await client.get('/api/v2/users.json')).json.users), strip(people));
  });
  const postgres = await startPostgres();
  const db = await postgres.createDatabase();
  try {
    await steward(['restore', '--from', at('cross'), '--data', at('cross-pg'), '--db', db]);
    await steward(['check', '--data', at('cross-pg'), '--db', db]);
    await same(at('cross-pg'), db);
    const full = await steward(['restore', '--from', at('cross'), '--data', at('cross-pg2'), '--db', db], 73);
    assert.match(full.stderr, /has a desk already/);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await steward(['backup', '--data', at('cross-pg'), '--db', db, '--to', at('cross')]);
    await steward(['restore', '--from', at('cross'), '--data', at('cross-sqlite')]);
    await same(at('cross-sqlite'));
  } finally {
    await postgres.release(db);
  }
});
