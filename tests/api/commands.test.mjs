// SPDX-License-Identifier: GPL-3.0-or-later
//
// The program's commands as administrators and scripts meet them: help, exit codes of sysexits.h,
// nothing printed where nothing is asked for.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildMail } from '../support/mime.mjs';
import { runProgram, startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const commands = ['init', 'serve', 'worker', 'deliver', 'token', 'user', 'mail', 'doctor', 'check', 'backup', 'restore', 'export', 'import', 'move-db', 'move-blobs', 'config', 'routes', 'sample', 'bench-data', 'version'];
let server;

before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('every command explains itself', async () => {
  for (const words of [[], ...commands.map((command) => [command])]) {
    const { code, stdout, stderr } = await runProgram([...words, '--help']);
    assert.equal(code, 0, `steward ${words} --help: ${stderr}`);
    assert.match(stdout, new RegExp(`steward ${words.join(' ')}`, 'i'), `steward ${words} --help`);
  }
});

test('wrong usage ends with 64 and says what is wrong', async () => {
  for (const args of [['nonsense'], ['serve', '--nonsense'], ['token', '--data'], ['init'], []]) {
    const { code, stdout, stderr } = await runProgram(args);
    assert.equal(code, 64, `steward ${args.join(' ')} ended with ${code}: ${stderr}`);
    assert.equal(stdout, '');
    assert.notEqual(stderr.trim(), '');
  }
});

test('version is that of the build', async () => {
  const { code, stdout } = await runProgram(['version']);
  const source = fs.readFileSync(new URL('../../meson.build', import.meta.url), 'utf8');
  assert.equal(code, 0);
  assert.ok(stdout.includes(source.match(/version: '([\d.]+)'/)[1]), stdout);
});

test('init refuses a folder that has a desk', async () => {
  const file = path.join(server.folder, 'again');
  fs.writeFileSync(file, 'another password');
  const again = await server.run('init', ['--admin', 'b@example.org', '--password-file', file], { code: null });
  assert.notEqual(again.code, 0);
  assert.match(again.stderr, /already/i);
});

test('a token of somebody unknown is refused', async () => {
  const { code, stdout } = await server.run('token', ['--user', 'nobody@example.org'], { code: null });
  assert.notEqual(code, 0);
  assert.equal(stdout, '');
});

test('deliver ends with 0 when the mail is safe, and it becomes a ticket', async () => {
  const { bytes } = buildMail({ subject: 'Piped into the program', text: 'Hello' });
  await server.run('deliver', ['--to', 'support@example.org'], { input: bytes });
  const api = await server.api();
  await until('the ticket', async () => {
    const { json } = await api.get('/api/v2/tickets.json');
    return json.tickets.some((ticket) => ticket.subject === 'Piped into the program');
  });
  api.close();
});

test('a mail handed over without its address comes from its sender, and nobody else is named', async () => {
  const bytes = Buffer.from('From: Ona <ona@example.net>\r\nSubject: No address\r\nMessage-ID: <na@example.net>\r\n\r\nHello\r\n');
  const args = ['deliver', '--data', server.data, ...server.dbArgs()];
  const { code } = await runProgram(args, { input: bytes, env: { STEWARD_MAILBOX: '' } });
  assert.equal(code, 0);
  const api = await server.api();
  const found = (await api.get('/api/v2/search?query=subject:"No address"')).json.results;
  api.close();
  assert.deepEqual(found[0].via.source.from.original_recipients, ['ona@example.net']);
  assert.equal(found[0].via.source.to.address, null);
});

test('what several programs write at a ticket stands in the order in which it was written', async () => {
  const server = await startServer();
  try {
    const api = await server.api();
    const subject = 'In turns';
    const first = (await api.post('/api/v2/tickets.json', {
      ticket: { subject, comment: { body: 'One' }, requester: { name: 'Turn', email: 'turn@example.net' } },
    })).json.ticket;
    const mail = buildMail({ from: 'turn@example.net', subject: `Re: ${subject} [#${first.id}]`, text: 'Two' });
    await server.run('deliver', ['--to', 'support@example.org'], { input: mail.bytes });
    await until('the mail', async () => (await api.get(`/api/v2/tickets/${first.id}/comments.json`)).json.comments.length === 2);
    await api.put(`/api/v2/tickets/${first.id}.json`, { ticket: { comment: { body: 'Three' } } });
    const { comments } = (await api.get(`/api/v2/tickets/${first.id}/comments.json`)).json;
    assert.deepEqual(comments.map((one) => one.body.trim()), ['One', 'Two', 'Three']);
    const { audits } = (await api.get(`/api/v2/tickets/${first.id}/audits.json`)).json;
    const said = audits.flatMap((one) => one.events.filter((event) => event.type === 'Comment').map((event) => event.body.trim()));
    assert.deepEqual(said, ['One', 'Two', 'Three']);
    api.close();
  } finally {
    await server.stop();
  }
});

test('deliver asks to try again when there is no desk', async () => {
  const nowhere = path.join(os.tmpdir(), `steward-nowhere-${process.pid}`);
  const { bytes } = buildMail({ subject: 'x' });
  const { code } = await runProgram(['deliver', '--data', nowhere], { input: bytes });
  assert.equal(code, 75);
  assert.ok(!fs.existsSync(nowhere));
});

test('users are added, listed and given passwords', async () => {
  const file = path.join(server.folder, 'secret');
  fs.writeFileSync(file, 'a long enough password');
  await server.run(['user', 'add', 'ada@example.org'], ['--name', 'Ada', '--role', 'agent']);
  await server.run(['user', 'password', 'ada@example.org'], ['--password-file', file]);
  const { stdout } = await server.run(['user', 'list']);
  assert.match(stdout, /ada@example\.org/);
  assert.match(stdout, /admin@example\.org/);
});

test('doctor finds nothing wrong with a new desk', async () => {
  const { code, stdout } = await server.run('doctor', [], { code: null });
  assert.match(stdout, /database/i);
  assert.ok(code === 0 || /smtp|mail/i.test(stdout), stdout);
});
