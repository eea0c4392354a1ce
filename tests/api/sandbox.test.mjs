// SPDX-License-Identifier: GPL-3.0-or-later
//
// The desk at work inside its sandbox: the optimised program, because with sanitizers there is no
// filter of system calls. What it may not do is proved by src/cmd/test_sandbox.c; here, that it can
// do all it must, and that an administrator is told.
import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { startSink } from '../support/smtp-sink.mjs';

process.env.STEWARD_PROGRAM ||= 'build/src/cmd/steward';
const { startServer } = await import('../support/server.mjs');

let server;
let sink;

before(async () => {
  sink = await startSink();
  const name = await dns.lookup('localhost', 4).then(() => 'localhost', () => '127.0.0.1');
  server = await startServer({ smtp: `smtp://${name}:${sink.port}`, lmtp: true });
});
after(async () => {
  await server?.stop();
  await sink.close();
});

function status(name) {
  const text = fs.readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  return Number(text.match(new RegExp(`^${name}:\\s*(\\d+)`, 'm'))[1]);
}

test('the log and the kernel say what holds', () => {
  const line = server.log.match(/msg="sandbox" calls=(\d) files_abi=(\d+)/);
  assert.ok(line, server.log);
  assert.equal(status('NoNewPrivs'), 1);
  assert.equal(status('Seccomp'), line[1] === '1' ? 2 : 0);
});

test('mail in, files of every size, mail out by a name, pages: all of it works inside', async () => {
  const client = await LmtpClient.connect(server.lmtp);
  await client.lhlo();
  const { bytes } = buildMail({
    from: 'Ana <ana@sandbox.example>', subject: 'From inside', text: 'häßlich genug für iconv',
    attachments: [{ name: 'large.bin', bytes: Buffer.alloc(3 << 20, 7) }, { name: 'small.txt', bytes: Buffer.from('x') }],
  });
  const { results } = await client.send({ to: 'support@example.org', message: bytes });
  assert.equal(results[0].code, 250);
  const told = await sink.wait((mail) => mail.to?.includes('ana@sandbox.example'));
  assert.ok(told);
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const page = await visitor.get('/tickets/1');
  assert.equal(page.status, 200);
  const link = page.text.match(/\/attachments\/token\/[\w-]+/)[0];
  assert.equal((await visitor.get(link)).status, 200);
  visitor.close();
});

test('doctor tries it and says so', async () => {
  const { stdout } = await server.run('doctor', [], { code: null });
  assert.match(stdout, /^ok +the server's sandbox: /m);
});

test('a wrong word is told, and off is off', async () => {
  const conf = path.join(server.data, 'steward.conf');
  await server.halt();
  fs.writeFileSync(conf, 'sandbox = perhaps\n', { mode: 0o600 });
  const wrong = await server.run('serve', ['--listen', '127.0.0.1:0'], { code: null });
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /sandbox is on or off/);
  fs.writeFileSync(conf, 'sandbox = off\n');
  await server.start();
  assert.equal(status('Seccomp'), 0);
  assert.match(server.log, /the sandbox is off/);
  const { stdout } = await server.run('doctor', [], { code: null });
  assert.match(stdout, /TROUBLE +the server is in its sandbox/);
});

test('nobody else reads the data folder', () => {
  assert.equal(fs.statSync(server.data).mode & 0o777, 0o700);
  for (const name of fs.readdirSync(server.data)) {
    assert.equal(fs.statSync(path.join(server.data, name)).mode & 0o077, 0, name);
  }
});
