// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server with little memory: large mails, files and forms all at once go to disk and not to memory.
// The optimised program, because sanitizers take terabytes of addresses.
import assert from 'node:assert/strict';
import http from 'node:http';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, multipart, request } from '../support/http.mjs';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';

const limit = 4096; // MB of addresses, most of them reserved by the C library for its threads
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-limit-'));
const wrapper = path.join(folder, 'steward');
const real = path.resolve(process.env.STEWARD_PROGRAM || 'build/src/cmd/steward');
fs.writeFileSync(wrapper, `#!/bin/sh\nulimit -v ${limit * 1024}\nexec "${real}" "$@"\n`, { mode: 0o755 });
process.env.STEWARD_PROGRAM = wrapper;
const { startServer } = await import('../support/server.mjs');

const sanitized = /asan/.test(real) && 'sanitizers need addresses without end';

test(`much at once within ${limit} MB`, { skip: sanitized, timeout: 180000 }, async (t) => {
  const server = await startServer({ lmtp: true });
  after(async () => {
    await server.stop();
    fs.rmSync(folder, { recursive: true });
  });
  const api = await server.api();
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const made = await api.post('/api/v2/tickets', { ticket: { subject: 'x', comment: { body: 'y' } } });
  const page = await visitor.get(`/tickets/${made.json.ticket.id}`);
  const composer = forms(page.text).find((one) => one.method === 'POST' && 'body' in one.fields);
  const large = Buffer.alloc(30 << 20, 'abcdefgh');
  const work = [];
  for (let i = 0; i < 10; i++) {
    work.push(request(`${server.url}/api/v2/uploads.json?filename=${i}.bin`, {
      method: 'POST', headers: { ...api.headers, 'content-type': 'application/binary' }, body: large, timeout: 120000, agent: new http.Agent(),
    }).then((answer) => ['upload', answer.status]));
    const form = multipart({ ...composer.fields, body: `form ${i}`, files: [{ name: 'a.bin', bytes: large }] });
    work.push(visitor.send(composer.action, {
      method: 'POST', headers: { 'content-type': form.type }, body: form.body, timeout: 120000, agent: new http.Agent(),
    }).then((answer) => ['form', answer.status]));
  }
  for (let i = 0; i < 6; i++) {
    const { bytes } = buildMail({ from: `<m${i}@example.net>`, subject: `m${i}`, text: 'x', attachments: [{ name: 'a.bin', bytes: large }] });
    work.push(LmtpClient.connect(server.lmtp).then(async (client) => {
      await client.lhlo();
      const { results } = await client.send({ to: 'support@example.org', message: bytes });
      client.socket.destroy();
      return ['mail', results[0].code];
    }));
  }
  const counts = {};
  for (const [what, status] of await Promise.all(work)) {
    const key = `${what} ${status}`;
    counts[key] = (counts[key] ?? 0) + 1;
    assert.ok([201, 303, 250, 503, 451, 452].includes(status), key);
  }
  const peak = Number(fs.readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) >> 10;
  t.diagnostic(`${JSON.stringify(counts)}; the server took ${peak} MB at most`);
  assert.ok(peak < 800, `${peak} MB`);
  assert.ok(counts['upload 201'] === 10 && counts['form 303'] === 10 && counts['mail 250'] === 6, JSON.stringify(counts));
  assert.equal((await request(`${server.url}/healthz`)).status, 200);
  visitor.close();
  api.close();
});
