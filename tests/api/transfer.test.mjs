// SPDX-License-Identifier: GPL-3.0-or-later
//
// All data of a desk as lines of JSON and back, to the other engine; what was changed on the way is refused.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { articles, fill } from '../support/keep.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { engine, runProgram, startServer } from '../support/server.mjs';

let server;
let api;
let folder;
let postgres;
const at = (...parts) => path.join(folder, ...parts);

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-transfer-'));
  server = await startServer({ lmtp: true });
  api = await server.api();
  await fill(server, api);
  await server.run('export', ['--to', at('one')]);
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

// Every file of the export by its name; what says when and where it was made is taken out.
function content(dir) {
  const files = new Map();
  for (const name of fs.readdirSync(dir, { recursive: true }).sort()) {
    if (!fs.statSync(path.join(dir, name)).isFile() || name === 'steward.conf') continue;
    let bytes = fs.readFileSync(path.join(dir, name));
    if (name === 'desk.json') {
      const desk = JSON.parse(bytes);
      delete desk.made_at;
      bytes = Buffer.from(JSON.stringify(desk));
    }
    files.set(name, bytes.toString('latin1'));
  }
  return files;
}

function same(one, two) {
  const [a, b] = [content(at(one)), content(at(two))];
  assert.deepEqual([...b.keys()], [...a.keys()]);
  for (const [name, bytes] of a) assert.equal(b.get(name), bytes, `${name} came out otherwise`);
}

const rows = (dir, table) => fs.readFileSync(at(dir, 'tables', `${table}.jsonl`), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

test('an export has every ticket, person and file as lines of JSON that any program reads', async () => {
  const { json } = await api.get('/api/v2/tickets.json?per_page=100');
  const tickets = rows('one', 'ticket');
  for (const ticket of json.tickets) {
    assert.equal(tickets.find((row) => row.id === ticket.id)?.subject, ticket.subject);
  }
  assert.ok(rows('one', 'identity').some((row) => row.value === 'admin@example.org'));
  const blobs = fs.readFileSync(at('one/blobs.jsonl'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).hash);
  assert.ok(blobs.length > 0);
  for (const hash of blobs) assert.ok(fs.existsSync(at('one/blobs', hash.slice(0, 2), hash)), hash);
  const desk = JSON.parse(fs.readFileSync(at('one/desk.json')));
  for (const table of desk.tables) assert.equal(rows('one', table.name).length, table.rows, table.name);
  assert.equal(fs.statSync(at('one')).mode & 0o777, 0o700);
  const again = await server.run('export', ['--to', at('one')], { code: 73 });
  assert.match(again.stderr, /not an empty folder/);
});

test('an export becomes a desk on the other engine, and that one exports the same again', async () => {
  postgres = await startPostgres();
  const database = await postgres.createDatabase();
  const other = engine === 'postgres' ? undefined : database;
  const db = other ? ['--db', other] : [];
  try {
    const { stdout } = await steward(['import', '--from', 'steward', at('one'), '--data', at('other'), ...db]);
    assert.match(stdout, /rows in \d+ tables and \d+ files are as they were/);
    assert.match((await steward(['check', '--data', at('other'), ...db])).stdout, /All is well/);
    await steward(['export', '--data', at('other'), ...db, '--to', at('two')]);
    same('one', 'two');
    const full = await steward(['import', '--from', 'steward', at('one'), '--data', at('other'), ...db], 73);
    assert.match(full.stderr, /not empty/);
    const running = await startServer({ data: at('other'), db: other });
    try {
      const client = await running.api();
      const found = (await client.get('/api/v2/tickets.json?per_page=100')).json;
      assert.equal(found.count, (await api.get('/api/v2/tickets.json?per_page=100')).json.count);
      assert.deepEqual(await articles(client, 'paper'), ['Clearing a paper jam']);
      const next = await client.post('/api/v2/tickets', { ticket: { subject: 'new', comment: { body: 'new' } } });
      assert.equal(next.json.ticket.id, Math.max(...rows('one', 'ticket').map((ticket) => ticket.id)) + 1, next.text);
    } finally {
      await running.stop();
    }
    await steward(['import', '--from', 'steward', at('two'), '--data', at('back')]);
    await steward(['export', '--data', at('back'), '--to', at('three')]);
    same('one', 'three');
  } finally {
    await postgres.release(database);
  }
});

test('what was changed, cut off or made up is refused and leaves no desk that starts', async () => {
  let n = 0;
  const refused = async (change, message) => {
    const dir = `bad${n++}`;
    fs.cpSync(at('one'), at(dir), { recursive: true });
    change(at(dir));
    const { stderr } = await steward(['import', '--from', 'steward', at(dir), '--data', at(`${dir}-data`)], 65);
    assert.match(stderr, message);
    assert.ok(!fs.existsSync(at(`${dir}-data`, 'secret')));
    fs.rmSync(at(dir), { recursive: true });
  };
  const edit = (name, fn) => (dir) => fs.writeFileSync(path.join(dir, name), fn(fs.readFileSync(path.join(dir, name), 'utf8')));
  const desk = (fn) => edit('desk.json', (text) => {
    const json = JSON.parse(text);
    fn(json);
    return JSON.stringify(json);
  });
  await refused(edit('tables/ticket.jsonl', (text) => text.replace('"subject":"', '"subject":"x')), /ticket came out otherwise/);
  await refused(edit('tables/ticket.jsonl', (text) => text.slice(0, text.length / 2)), /ticket\.jsonl, line \d+/);
  await refused(edit('tables/ticket.jsonl', (text) => text.split('\n').slice(1).join('\n')), /otherwise|not there|FOREIGN|foreign/i);
  await refused(edit('tables/person.jsonl', () => '[1]\n'), /person\.jsonl, line 1: it is no object/);
  await refused(edit('tables/person.jsonl', () => '{"id":{"base64":"!"}}\n'), /no value of/);
  await refused(desk((json) => (json.tables[0].name = '../../../etc/passwd')), /table that cannot be/);
  await refused(desk((json) => (json.tables[0].name = 'made_up')), /made_up/);
  await refused(desk((json) => json.tables.pop()), /came out otherwise/);
  await refused(desk((json) => json.migrations.push('9999_later')), /newer version/);
  await refused(desk((json) => (json.version = 2)), /no export of a version/);
  await refused(edit('blobs.jsonl', () => ''), /files are missing/);
  await refused((dir) => {
    const [blob] = fs.readdirSync(path.join(dir, 'blobs'), { recursive: true }).filter((one) => /[0-9a-f]{64}$/.test(one));
    fs.appendFileSync(path.join(dir, 'blobs', blob), 'x');
  }, /damaged/);
  fs.mkdirSync(at('none'));
  await steward(['import', '--from', 'steward', at('none'), '--data', at('never')], 67);
  await steward(['import', '--from', 'nobody', at('one'), '--data', at('never')], 64);
});
