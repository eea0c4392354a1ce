// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bad company: mail servers that hang, clients that drip, lines without end, thousands who only
// listen. Nobody else may notice. STEWARD_FAULT_ROUNDS above 20 (./dev fault) takes the large numbers.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerForm, signIn } from '../support/desk.mjs';
import { request } from '../support/http.mjs';
import { LmtpClient } from '../support/lmtp.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const thorough = Number(process.env.STEWARD_FAULT_ROUNDS || 6) > 20;

// How long the slowest of some ordinary requests took, in ms.
async function slowest(server, times = 20) {
  let worst = 0;
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    assert.equal((await request(`${server.url}/sign-in`)).status, 200);
    worst = Math.max(worst, performance.now() - begun);
  }
  return worst;
}

test('a mail server that hangs holds up its mails and nothing else', { timeout: 120000 }, async (t) => {
  const sink = await startSink();
  const server = await startServer({ smtp: sink.url });
  after(async () => {
    await server.stop();
    await sink.close();
  });
  const api = await server.api();
  const agent = server.visitor();
  await signIn(agent, server.admin);
  sink.behave = { '': 'hang' };
  for (let i = 0; i < 8; i++) {
    const { json } = await api.post('/api/v2/tickets', {
      ticket: { subject: `stuck ${i}`, comment: 'x', requester: { name: `P ${i}`, email: `p${i}@stuck.example` } },
    });
    assert.equal((await answerForm(agent, json.ticket.id, 'Our answer', { public: '1' })).status, 303);
  }
  await until('connections that hang', () => sink.sockets.size >= 2);
  // Other work in the background has a worker left.
  const begun = performance.now();
  const made = await api.post('/api/v2/tickets/create_many', {
    tickets: [1, 2, 3].map((n) => ({ subject: `bulk ${n}`, comment: { body: 'x' } })),
  });
  assert.equal(made.status, 200, made.text);
  await until('the work to be done', async () => {
    const { json } = await api.get(`/api/v2/job_statuses/${made.json.job_status.id}`);
    return json.job_status.status === 'completed';
  }, 15000);
  t.diagnostic(`beside ${sink.sockets.size} connections that hang, work in the background took ${Math.round(performance.now() - begun)} ms`);
  assert.ok((await slowest(server)) < 2000);
  // Ending does not wait for them either.
  const ending = performance.now();
  await server.halt();
  assert.ok(performance.now() - ending < 15000);
  sink.behave = {};
  for (const socket of sink.sockets) socket.destroy();
  await server.start();
  await until('the mails to leave after all', () => new Set(sink.mails.flatMap((mail) => mail.to)).size >= 8, 90000);
  agent.close();
  api.close();
});

function open(port, text) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.got = '';
    socket.on('data', (chunk) => (socket.got += chunk.toString('latin1').slice(0, 1000)));
    socket.on('error', () => {});
    socket.on('close', () => (socket.gone = true));
    socket.on('connect', () => {
      if (text) socket.write(text);
      resolve(socket);
    });
  });
}

test('of those who drip the others notice nothing', { timeout: 180000 }, async (t) => {
  const server = await startServer({ lmtp: true });
  after(() => server.stop());
  const count = thorough ? 1000 : 200;
  const slow = [];
  for (let i = 0; i < count; i++) {
    slow.push(await open(server.port, ['GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', 'P', 'POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Le'][i % 3]));
  }
  for (let i = 0; i < count / 4; i++) slow.push(await open(server.lmtp.port, 'LHLO'));
  const drip = setInterval(() => slow.forEach((socket) => socket.gone || socket.write('a')), 500);
  const worst = await slowest(server);
  const client = await LmtpClient.connect(server.lmtp);
  assert.equal((await client.lhlo()).code, 250);
  // A head may take 80 seconds, however it drips: too long for the short run.
  if (thorough) await until('the slow ones to be shown the door', () => slow.slice(0, count).every((socket) => socket.gone), 110000);
  clearInterval(drip);
  t.diagnostic(`${count} slow connections to HTTP, ${count / 4} to LMTP: the slowest other request took ${Math.round(worst)} ms`);
  assert.ok(worst < 3000);
  assert.equal((await client.command('NOOP')).code, 250);
  slow.forEach((socket) => socket.destroy());
  client.socket.destroy();
});

test('over-long everything is refused, and costs no memory', { timeout: 120000 }, async (t) => {
  const server = await startServer({ lmtp: true });
  after(() => server.stop());
  const much = 'x'.repeat(4 << 20);
  const http = {
    'a path': `GET /${much} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'a query': `GET /?${much} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'a header': `GET / HTTP/1.1\r\nHost: a\r\nX: ${much}\r\n\r\n`,
    'many headers': `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100000)}\r\n`,
    'a cookie': `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'a=b; '.repeat(500000)}\r\n\r\n`,
    'a method': `${much} / HTTP/1.1\r\nHost: a\r\n\r\n`,
    'a chunk size': `POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(100000)}\r\n`,
    'many fields': `POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n${'a=&'.repeat(20000)}`,
  };
  let asked = 0;
  for (let i = 0; i < (thorough ? 20 : 2); i++) {
    for (const [what, text] of Object.entries(http)) {
      const socket = await open(server.port, text);
      await until(`${what} to be answered`, () => socket.gone || /^HTTP\/1\.1 (4\d\d|503)/.test(socket.got), 20000);
      assert.doesNotMatch(socket.got, /^HTTP\/1\.1 (2|500)/, what);
      socket.destroy();
      asked++;
    }
    for (const text of [`LHLO ${much}\r\n`, `LHLO a\r\nMAIL FROM:<${much}>\r\n`, `LHLO a\r\n${'NOOP\r\n'.repeat(200000)}`, `${much}\r\n`]) {
      const socket = await open(server.lmtp.port, text);
      await until('LMTP to answer', () => socket.gone || /^[45]\d\d/m.test(socket.got) || /(250[^\n]*\n){5}/.test(socket.got), 20000);
      socket.destroy();
      asked++;
    }
  }
  t.diagnostic(`${asked} over-long requests`);
  assert.ok((await slowest(server)) < 3000);
});

test('thousands who listen', { timeout: 240000 }, async (t) => {
  const server = await startServer();
  after(() => server.stop());
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const count = thorough ? 10000 : 1000;
  const listeners = [];
  for (let i = 0; i < count; i++) {
    listeners.push(await open(server.port, `GET /live?topics=desk HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`));
    if (i % 200 === 199) await until('them to be let in', () => listeners.every((one) => one.got.startsWith('HTTP/1.1 200')), 60000);
  }
  const worst = await slowest(server);
  const api = await server.api();
  const begun = performance.now();
  await api.post('/api/v2/tickets', { ticket: { subject: 'news', comment: { body: 'x' } } });
  await until('all to hear', () => listeners.every((one) => one.got.includes('data: desk')), 60000);
  t.diagnostic(`${count} listeners heard after ${Math.round(performance.now() - begun)} ms; the slowest page beside them took ${Math.round(worst)} ms`);
  assert.ok(worst < 3000);
  listeners.forEach((one) => one.destroy());
  await sleep(100);
  assert.ok((await slowest(server)) < 3000);
  visitor.close();
  api.close();
});
