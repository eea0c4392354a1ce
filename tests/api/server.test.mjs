// SPDX-License-Identifier: GPL-3.0-or-later
//
// What holds for every answer of the server: headers, methods, limits, health, metrics, the end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;

before(async () => {
  server = await startServer();
});
after(() => server.stop());

const ask = (path, options) => request(new URL(path, server.url), options);

test('healthz answers without asking who', async () => {
  const answer = await ask('/healthz');
  assert.equal(answer.status, 200);
  assert.equal(answer.cookies.length, 0);
});

test('metrics are what Prometheus reads', async () => {
  const metrics = await ask('/metrics');
  assert.equal(metrics.status, 200);
  const check = spawn('promtool', ['check', 'metrics']);
  let said = '';
  check.stdout.on('data', (chunk) => (said += chunk));
  check.stderr.on('data', (chunk) => (said += chunk));
  check.stdin.end(metrics.text);
  const code = await new Promise((resolve) => check.on('close', resolve));
  assert.equal(code, 0, said);
});

test('pages carry a policy without inline code, and forbid frames and sniffing', async () => {
  for (const path of ['/', '/sign-in', '/nowhere']) {
    const { headers } = await ask(path);
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|\*/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.ok(headers['referrer-policy'], path);
    assert.ok(headers['x-request-id'], path);
  }
});

test('static files are kept for ever, and sent compressed when the browser can', async () => {
  const page = await ask('/sign-in');
  const href = page.text.match(/href="([^"]*\.css)"/)[1];
  const plain = await ask(href);
  assert.equal(plain.status, 200);
  assert.match(plain.headers['cache-control'], /immutable/);
  for (const encoding of ['br', 'gzip']) {
    const packed = await ask(href, { headers: { 'accept-encoding': encoding } });
    assert.equal(packed.headers['content-encoding'], encoding);
    assert.match(packed.headers.vary ?? '', /accept-encoding/i);
    assert.ok(packed.bytes.length < plain.bytes.length / 2);
  }
  const again = await ask(href, { headers: { 'if-none-match': plain.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.bytes.length, 0);
});

test('what is not there is a page for people and JSON for programs', async () => {
  const page = await ask('/nowhere');
  assert.equal(page.status, 404);
  assert.match(page.headers['content-type'], /text\/html/);
  const api = await server.api();
  const json = await api.get('/api/v2/nowhere.json');
  assert.equal(json.status, 404);
  assert.equal(json.json.error, 'InvalidEndpoint');
  api.close();
});

test('HEAD is GET without a body, other methods are refused', async () => {
  const got = await ask('/sign-in');
  const head = await ask('/sign-in', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
  assert.equal(head.headers['content-type'], got.headers['content-type']);
  assert.equal((await ask('/healthz', { method: 'DELETE' })).status, 405);
});

test('a body beyond the limit is refused, whether its size was announced or not', async () => {
  const path = new URL('/sign-in', server.url);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = `a=${'x'.repeat(2 * 1024 ** 2)}`;
  assert.equal((await request(path, { method: 'POST', headers, body })).status, 413);
  const chunked = { ...headers, 'transfer-encoding': 'chunked' };
  assert.equal((await request(path, { method: 'POST', headers: chunked, body })).status, 413);
});

test('a form without its CSRF token changes nothing', async () => {
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const api = await server.api();
  const made = await api.post('/api/v2/tickets.json', { ticket: { subject: 'x', comment: { body: 'y' } } });
  const { id } = made.json.ticket;
  const answer = await visitor.send(`/tickets/${id}/comments`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'body=forged&public=1',
  });
  assert.equal(answer.status, 403);
  const comments = await api.get(`/api/v2/tickets/${id}/comments.json`);
  assert.equal(comments.json.comments.length, 1);
  api.close();
  visitor.close();
});

test('strangers on the socket get an answer or the door, never a crash', async () => {
  const attempts = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
    'POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(5000)}\r\n\r\n`,
    'GET / HTTP/1.1\r\nHost: evil"><script>\r\n\r\n',
    '\0\x16\x03\x01\x02',
  ];
  for (const bytes of attempts) {
    const socket = net.connect(server.port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk));
    socket.on('error', () => {});
    socket.setTimeout(2000, () => socket.destroy()); // half a request may be waited for
    socket.write(bytes);
    socket.end();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.doesNotMatch(said, /evil"><script>|root:x/, bytes);
  }
  assert.equal((await ask('/healthz')).status, 200);
});

test('the end is graceful: what is under way is answered, live pages do not hold it up', async () => {
  const own = await startServer();
  const visitor = own.visitor();
  await signIn(visitor, own.admin);
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const live = http.get(new URL('/live?topics=desk', own.url), { headers: { cookie } });
  const stream = await new Promise((resolve, reject) => {
    live.on('response', resolve);
    live.on('error', reject);
  });
  assert.match(stream.headers['content-type'], /text\/event-stream/);
  stream.on('error', () => {});
  stream.resume();
  const slow = net.connect(own.port, '127.0.0.1');
  let said = '';
  slow.on('data', (chunk) => (said += chunk));
  slow.write('POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n');
  slow.write('Content-Length: 3\r\nConnection: close\r\n\r\na=');
  await until('the server to read', async () => (await request(`${own.url}/healthz`)).status === 200);
  const begun = Date.now();
  const stopped = own.stop();
  slow.write('b');
  await stopped;
  assert.ok(Date.now() - begun < 15000, 'it took too long');
  assert.match(said, /^HTTP\/1\.1 \d\d\d /, 'the form under way was not answered');
  visitor.close();
});
