// SPDX-License-Identifier: GPL-3.0-or-later
//
// The outer edges: how large a request may be, route by route; what a proxy in front changes about
// cookies and addresses; who reads the figures.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { request } from '../support/http.mjs';
import { runProgram, startServer } from '../support/server.mjs';

let server;
let proxied;

before(async () => {
  server = await startServer();
  proxied = await startServer({
    args: ['--public-url', 'https://help.example.org'],
    env: { STEWARD_TRUSTED_PROXY: '127.0.0.1', STEWARD_METRICS_TOKEN: 'a long token that nobody guesses' },
  });
});
after(async () => {
  await server?.stop();
  await proxied?.stop();
});

// Announces a body of so many bytes, asks whether to send it, and sends nothing. Returns the answer.
function announce(method, where, length, headers) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1');
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(5000, finish);
    socket.on('data', (chunk) => {
      text += chunk;
      if (/\r\n\r\n[\s\S]+/.test(text)) finish();
    });
    socket.on('close', finish);
    socket.on('error', reject);
    const lines = Object.entries({ host: 'localhost', expect: '100-continue', 'content-length': length, ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
    socket.write(`${method} ${where} HTTP/1.1\r\n${lines.join('')}\r\n`);
  });
}

test('every route that takes a body has a limit, and says so at once', { timeout: 300000 }, async (t) => {
  const api = await server.api();
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const { stdout } = await runProgram(['routes']);
  const routes = stdout.trim().split('\n').map((line) => line.split(' ')).filter(([method]) => method !== 'GET');
  const wrong = [];
  for (const [method, route, kind, , limit] of routes) {
    assert.ok(Number(limit) >= 1000 && Number(limit) <= 67108864, `${route}: ${limit}`);
    const where = route.replace(/\{\w+:id\}/g, '1').replace(/\{\w+\}/g, 'x'.repeat(32));
    const headers = kind === 'api'
      ? { ...api.headers, 'content-type': 'application/json', accept: 'application/json' }
      : { cookie, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await announce(method, where, Number(limit) + 1, headers);
    if (!answer.startsWith('HTTP/1.1 413 ') || !answer.includes('larger than allowed')) {
      wrong.push(`${method} ${route} ${limit}: ${answer.slice(0, 80)}`);
    }
  }
  t.diagnostic(`${routes.length} routes`);
  assert.ok(routes.length > 80);
  assert.deepEqual(wrong, []);
  visitor.close();
});

test('behind a proxy that speaks TLS cookies are for this host and for TLS only', async () => {
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'help.example.org', 'x-forwarded-for': '203.0.113.9' };
  const page = await request(`${proxied.url}/sign-in`, { headers });
  assert.ok(page.cookies.length > 0);
  const csrf = page.text.match(/name="csrf" value="([^"]+)"/)[1];
  const form = page.cookies.map((line) => line.split(';')[0]).join('; ');
  const fields = new URLSearchParams({ csrf, email: proxied.admin.email, password: proxied.admin.password });
  const sent = { ...headers, cookie: form, 'content-type': 'application/x-www-form-urlencoded', origin: 'https://help.example.org' };
  const inside = await request(`${proxied.url}/sign-in`, { method: 'POST', headers: sent, body: fields.toString() });
  assert.equal(inside.status, 303, inside.text);
  for (const line of [...page.cookies, ...inside.cookies]) {
    assert.match(line, /^__Host-steward_/);
    assert.match(line, /; Secure/);
    assert.match(line, /; HttpOnly/);
    assert.match(line, /; Path=\/(;|$)/);
    assert.doesNotMatch(line, /Domain=/i);
  }
  const session = inside.cookies.find((line) => line.startsWith('__Host-steward_session=')).split(';')[0];
  assert.equal((await request(`${proxied.url}/account`, { headers: { ...headers, cookie: session } })).status, 200);
  // The same value under the name that plain HTTP uses is no session, nor is this one without TLS.
  const value = session.split('=').slice(1).join('=');
  assert.equal((await request(`${proxied.url}/account`, { headers: { ...headers, cookie: `steward_session=${value}` } })).status, 303);
  assert.equal((await request(`${proxied.url}/account`, { headers: { cookie: session } })).status, 303);
  // A foreign page that posts here is refused by the host that people see, not by ours.
  const foreign = await request(`${proxied.url}/sign-in`, { method: 'POST', headers: { ...sent, origin: proxied.url }, body: fields.toString() });
  assert.equal(foreign.status, 403);
});

test('figures are for this machine while no proxy stands before the desk', async () => {
  const ask = (headers = {}) => request(`${server.url}/metrics`, { headers });
  assert.equal((await ask()).status, 200);
  assert.equal((await ask({ host: `localhost:${server.port}` })).status, 200);
  // A proxy that nobody told us of gives itself away by any of these.
  for (const headers of [{ 'x-forwarded-for': '203.0.113.9' }, { 'x-forwarded-proto': 'https' }, { 'x-real-ip': '203.0.113.9' },
    { forwarded: 'for=203.0.113.9' }, { via: '1.1 proxy' }, { host: 'help.example.org' }]) {
    const answer = await ask(headers);
    assert.equal(answer.status, 403, JSON.stringify(headers));
    assert.doesNotMatch(answer.text, /steward_http/);
  }
});

test('behind a proxy figures want the token or an administrator', async () => {
  const ask = (headers = {}) => request(`${proxied.url}/metrics`, { headers });
  assert.equal((await ask()).status, 403, 'the proxy itself, asking for who knows whom');
  assert.equal((await ask({ 'x-forwarded-for': '127.0.0.1' })).status, 403);
  assert.equal((await ask({ 'x-forwarded-for': '203.0.113.9' })).status, 403);
  const bearer = (token, more = {}) => ask({ authorization: `Bearer ${token}`, ...more });
  assert.equal((await bearer('a long token that nobody guesses')).status, 200);
  assert.equal((await bearer('a long token that nobody guesses', { 'x-forwarded-for': '203.0.113.9' })).status, 200);
  for (const token of ['', 'a', 'a long token that nobody guesset', 'a long token that nobody guesses and more']) {
    assert.equal((await bearer(token)).status, 403, token);
  }
  const printed = await proxied.run('config', [], { env: { STEWARD_METRICS_TOKEN: 'hidden word' } });
  assert.doesNotMatch(printed.stdout, /hidden word|nobody guesses/);
  const visitor = proxied.visitor();
  await signIn(visitor, proxied.admin);
  assert.equal((await visitor.get('/metrics')).status, 200);
  visitor.close();
});

test('without a token set, none opens the figures', async () => {
  const answer = await request(`${server.url}/metrics`, { headers: { authorization: 'Bearer ', 'x-forwarded-for': '203.0.113.9' } });
  assert.equal(answer.status, 403);
});
