// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that is given too little memory for what is asked of it, under a supervisor that starts it
// again, as systemd does. The limit is a control group's where root may make one (version 2 or 1), and
// else one of addresses (RLIMIT_AS; always with TEST_LIMIT=addresses): the output says which. Over-large requests are refused
// clearly; when memory ends all the same, the program ends, and nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../support/http.mjs';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { until } from '../support/wait.mjs';

const megabytes = 110;
const addresses = 1400; // MB; most of it is reserved by the C library for its threads and never used
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-limit-'));
const real = path.resolve(process.env.STEWARD_PROGRAM || 'build/src/cmd/steward');
const thorough = Number(process.env.STEWARD_FAULT_ROUNDS || 8) > 20;
const sanitized = /asan/.test(real) && 'sanitizers need memory for themselves';

// { what, enter (shell: the process that comes next is within), remove }
function confinement() {
  const name = `steward-test-${process.pid}`;
  const all = `${megabytes << 20}`;
  const groups = process.env.TEST_LIMIT === 'addresses' ? [] : [['/sys/fs/cgroup', { 'memory.max': all, 'memory.swap.max': '0' }], ['/sys/fs/cgroup/memory', { 'memory.limit_in_bytes': all }]];
  for (const [parent, limits] of groups) {
    const group = path.join(parent, name);
    try {
      if (!fs.existsSync(path.join(parent, 'cgroup.procs'))) continue;
      fs.mkdirSync(group);
      for (const [file, value] of Object.entries(limits)) fs.writeFileSync(path.join(group, file), value);
      // Whether processes may be put there at all.
      execFileSync('sh', ['-c', `echo $$ > ${group}/cgroup.procs`], { stdio: 'ignore' });
      return { what: `a control group with ${megabytes} MB`, enter: `echo $BASHPID > ${group}/cgroup.procs`, remove: () => fs.rmdirSync(group) };
    } catch {
      if (fs.existsSync(group)) fs.rmdirSync(group);
    }
  }
  return { what: `RLIMIT_AS of ${addresses} MB`, enter: `ulimit -v ${addresses * 1024}`, remove() {} };
}

const limit = sanitized ? { what: '', enter: 'true', remove() {} } : confinement();
const wrapper = path.join(folder, 'steward');
fs.writeFileSync(wrapper, `#!/bin/bash
[ "$1" = serve ] || exec "${real}" "$@"
trap 'kill -TERM $child' TERM
while :; do
  ( ${limit.enter}; exec setpriv --pdeathsig KILL "${real}" "$@" ) &
  child=$!
  code=143
  while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
  [ $code -ne 0 ] || exit 0
  echo "supervisor: ended with $code"
done
`, { mode: 0o755 });
process.env.STEWARD_PROGRAM = wrapper;
const { startServer } = await import('../support/server.mjs');

// Retries until it is answered; the last answer.
async function insist(work, wanted) {
  return until('an answer', async () => {
    const answer = await work().catch(() => null);
    return answer && wanted.includes(answer.status) && answer;
  }, 30000);
}

test('too little memory: over-large requests are refused, and a death costs no acknowledged word', { skip: sanitized, timeout: 240000 }, async (t) => {
  const server = await startServer({ lmtp: true, env: { STEWARD_MAX_UPLOAD_BYTES: `${8 << 20}` } });
  after(async () => {
    await server.stop();
    limit.remove();
    fs.rmSync(folder, { recursive: true });
  });
  const api = await server.api();
  const deaths = () => (server.log.match(/supervisor: ended with/g) ?? []).length;
  const refusals = {};

  // What is over-large by itself is refused while others work, and costs nothing.
  const huge = Buffer.alloc(40 << 20, 'abcdefgh');
  for (let i = 0; i < 6; i++) {
    const upload = await request(`${server.url}/api/v2/uploads.json?filename=x.bin`, {
      method: 'POST', headers: { ...api.headers, 'content-type': 'application/binary', 'content-length': huge.length }, body: huge,
    }).catch((error) => ({ status: error.code }));
    refusals[`upload ${upload.status}`] = (refusals[`upload ${upload.status}`] ?? 0) + 1;
    const json = await request(`${server.url}/api/v2/tickets.json`, {
      method: 'POST', headers: { ...api.headers, 'content-type': 'application/json', 'content-length': huge.length }, body: huge,
    }).catch((error) => ({ status: error.code }));
    refusals[`json ${json.status}`] = (refusals[`json ${json.status}`] ?? 0) + 1;
  }
  t.diagnostic(`${limit.what}; over-large: ${JSON.stringify(refusals)}`);
  assert.ok(refusals['upload 413'] >= 1 && refusals['json 413'] >= 1, JSON.stringify(refusals));
  for (const key of Object.keys(refusals)) assert.match(key, / (413|503|EPIPE|ECONNRESET)$/);
  assert.equal(deaths(), 0, 'none of them ended the program');

  // Small words all the while, and more and more large mails at once, until memory ends.
  const sent = new Map(); // subject → acknowledged
  let going = true;
  let count = 0;
  const words = async () => {
    while (going) {
      const subject = `w${++count}`;
      sent.set(subject, false);
      const answer = await api.post('/api/v2/tickets', { ticket: { subject, comment: { body: `${subject} in words` } } }).catch(() => null);
      if (answer?.status === 201) sent.set(subject, true);
      else await sleep(50);
    }
  };
  const mails = async (size) => {
    const subject = `m${++count}`;
    sent.set(subject, false);
    const { bytes } = buildMail({ from: `<${subject}@example.net>`, subject, text: 'x'.repeat(3 << 20), attachments: [{ name: 'a.bin', bytes: Buffer.alloc(size, subject) }] });
    try {
      const client = await LmtpClient.connect(server.lmtp);
      try {
        await client.lhlo();
        const { results } = await client.send({ to: 'support@example.org', message: bytes });
        if (results?.[0]?.code === 250) sent.set(subject, true);
      } finally {
        client.socket.destroy();
      }
    } catch {
      await sleep(50);
    }
  };
  const busy = [words(), words()];
  for (let round = 1; round <= 12 && deaths() < (thorough ? 3 : 1); round++) {
    await Promise.all(Array.from({ length: 3 * round }, () => mails(18 << 20)));
  }
  going = false;
  await Promise.all(busy);
  assert.ok(deaths() >= 1, 'memory never ended: this proves nothing');

  await insist(() => api.get('/api/v2/tickets/count'), [200]);
  const accepted = [...sent].filter(([, said]) => said).map(([subject]) => subject);
  const list = () => api.all('/api/v2/tickets.json?page[size]=100', 'tickets').catch(() => []);
  const tickets = await until('all that was acknowledged', async () => {
    const all = await list();
    const there = new Set(all.map((one) => one.subject));
    return accepted.every((subject) => there.has(subject)) && all;
  }, 60000);
  for (const subject of sent.keys()) {
    const there = tickets.filter((one) => one.subject === subject).length;
    assert.ok(there <= 1 && (there === 1 || !sent.get(subject)), `${subject} is there ${there} times`);
  }
  t.diagnostic(`${deaths()} deaths by the limit; ${accepted.length} of ${sent.size} were acknowledged, all are there once`);
  api.close();
});
