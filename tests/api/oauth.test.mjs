// SPDX-License-Identifier: GPL-3.0-or-later
//
// Programs that people let in: codes with PKCE, secrets of their own, refreshing, scopes.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, request, urlencoded } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let visitor;
const callback = 'https://app.example/back?x=1';

before(async () => {
  server = await startServer();
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
});
after(() => {
  visitor.close();
  return server.stop();
});

async function client(values) {
  const answer = await api.post('/api/v2/oauth/clients.json', { client: { name: 'App', redirect_uri: [callback], ...values } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.client;
}

async function exchange(fields, json = false) {
  const answer = await request(`${server.url}/oauth/tokens`, {
    method: 'POST',
    headers: { 'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded' },
    body: json ? JSON.stringify(fields) : urlencoded(fields),
  });
  return { ...answer, json: JSON.parse(answer.text) };
}

const bearer = (token, path, options = {}) =>
  request(server.url + path, { ...options, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });

// What a person does with a browser; returns where they are sent.
async function consent(query, answer = 'allow') {
  const page = await visitor.get(`/oauth/authorizations/new?${urlencoded(query)}`);
  assert.equal(page.status, 200, page.text);
  const form = forms(page.text).find((one) => one.action === '/oauth/authorizations');
  const sent = await visitor.submit(page, form.action, { answer });
  assert.equal(sent.status, 303, sent.text);
  return new URL(sent.location);
}

test('a code with a secret, then refreshed; the old pair ends', async () => {
  const app = await client({ identifier: 'app-one' });
  assert.ok(app.secret.length > 30);
  assert.equal((await api.get(app.url)).json.client.secret, undefined, 'shown once only');
  const query = { response_type: 'code', client_id: 'app-one', redirect_uri: callback, scope: 'read', state: 's&1' };
  const page = await visitor.get(`/oauth/authorizations/new?${urlencoded(query)}`);
  assert.match(page.headers['content-security-policy'], /form-action 'self' https:\/\/app\.example;/);
  const back = await consent(query);
  assert.deepEqual([back.origin, back.searchParams.get('x'), back.searchParams.get('state')], ['https://app.example', '1', 's&1']);
  const grant = { grant_type: 'authorization_code', client_id: 'app-one', client_secret: app.secret, redirect_uri: callback, code: back.searchParams.get('code') };
  assert.equal((await exchange({ ...grant, client_secret: 'wrong' })).json.error, 'invalid_client');
  assert.equal((await exchange({ ...grant, redirect_uri: 'https://evil.example' })).json.error, 'invalid_grant');
  const tokens = await exchange(grant, true);
  assert.equal(tokens.status, 200, tokens.text);
  assert.deepEqual([tokens.json.token_type, tokens.json.scope, tokens.headers['cache-control']], ['bearer', 'read', 'no-store']);
  assert.equal((await exchange(grant)).json.error, 'invalid_grant', 'a code is used once');
  const me = await bearer(tokens.json.access_token, '/api/v2/users/me.json');
  assert.equal(JSON.parse(me.text).user.email, server.admin.email);
  const write = await bearer(tokens.json.access_token, '/api/v2/tickets', { method: 'POST', body: '{"ticket":{"comment":"x"}}' });
  assert.deepEqual([write.status, JSON.parse(write.text)], [403, { error: 'Forbidden', description: 'Missing the following required scopes: write' }]);
  const asUser = await request(`${server.url}/api/v2/users/me`, { headers: { authorization: `Bearer ${tokens.json.access_token}`, 'x-on-behalf-of': server.admin.email } });
  assert.equal(asUser.status, 403, 'acting for others needs its own scope');
  const refresh = { grant_type: 'refresh_token', client_id: 'app-one', client_secret: app.secret, refresh_token: tokens.json.refresh_token };
  const renewed = await exchange(refresh);
  assert.equal(renewed.json.scope, 'read', renewed.text);
  assert.equal((await bearer(tokens.json.access_token, '/api/v2/tickets')).status, 401);
  assert.equal((await bearer(renewed.json.access_token, '/api/v2/tickets')).status, 200);
  assert.equal((await exchange(refresh)).json.error, 'invalid_grant');
});

test('a program without a secret proves itself by PKCE', async () => {
  await client({ identifier: 'app-public', kind: 'public' });
  const verifier = crypto.randomBytes(40).toString('base64url');
  const challenge = crypto.createHash('sha256').update(verifier).digest('base64url');
  const query = { response_type: 'code', client_id: 'app-public', redirect_uri: callback, scope: 'tickets:read' };
  assert.equal((await visitor.get(`/oauth/authorizations/new?${urlencoded(query)}`)).status, 400);
  const back = await consent({ ...query, code_challenge: challenge, code_challenge_method: 'S256' });
  const grant = { grant_type: 'authorization_code', client_id: 'app-public', redirect_uri: callback, code: back.searchParams.get('code') };
  assert.equal((await exchange(grant)).json.error, 'invalid_grant');
  assert.equal((await exchange({ ...grant, code_verifier: 'x'.repeat(43) })).json.error, 'invalid_grant');
  const { access_token: token } = (await exchange({ ...grant, code_verifier: verifier })).json;
  assert.equal((await bearer(token, '/api/v2/tickets')).status, 200);
  assert.equal((await bearer(token, '/api/v2/users')).status, 403, 'a scope is one resource\'s');
  assert.equal((await exchange({ grant_type: 'client_credentials', client_id: 'app-public' })).json.error, 'invalid_client');
});

test('nobody is sent to an address that was not registered, and no is an answer', async () => {
  await client({ identifier: 'app-two' });
  const query = { response_type: 'code', client_id: 'app-two', redirect_uri: 'https://evil.example/', scope: 'read' };
  assert.equal((await visitor.get(`/oauth/authorizations/new?${urlencoded(query)}`)).status, 400);
  assert.equal((await visitor.get(`/oauth/authorizations/new?${urlencoded({ ...query, client_id: 'unknown' })}`)).status, 400);
  const denied = await consent({ ...query, redirect_uri: callback }, 'deny');
  assert.deepEqual([denied.searchParams.get('error'), denied.searchParams.get('code')], ['access_denied', null]);
  const stranger = server.visitor();
  const answer = await stranger.send(`/oauth/authorizations/new?${urlencoded(query)}`);
  assert.match(answer.location, /^\/sign-in\?next=/);
  stranger.close();
  for (const uri of ['http://plain.example/', 'javascript:alert(1)', 'https://x.example/;y']) {
    assert.equal((await api.post('/api/v2/oauth/clients', { client: { name: 'x', identifier: 'bad', redirect_uri: [uri] } })).status, 422, uri);
  }
  assert.equal((await api.post('/api/v2/oauth/clients', { client: { name: 'x', identifier: 'app-two' } })).json.details.identifier[0].error, 'DuplicateValue');
});

test('a program of its own, tokens listed, secrets renewed, all ends with the client', async () => {
  const app = await client({ identifier: 'app-three' });
  const grant = { grant_type: 'client_credentials', client_id: 'app-three', client_secret: app.secret, scope: 'read write', expires_in: '300' };
  const { json } = await exchange(grant);
  assert.deepEqual([json.scope, json.refresh_token, json.expires_in <= 300], ['read write', null, true]);
  assert.equal((await bearer(json.access_token, '/api/v2/tickets', { method: 'POST', body: '{"ticket":{"comment":"x"}}' })).status, 201);
  assert.equal((await request(`${server.url}/api/v2/tickets?access_token=${json.access_token}`)).status, 200);
  assert.equal((await exchange({ ...grant, scope: 'everything' })).json.error, 'invalid_scope');
  assert.equal((await exchange({ ...grant, grant_type: 'implicit' })).json.error, 'unsupported_grant_type');
  const current = JSON.parse((await bearer(json.access_token, '/api/v2/oauth/tokens/current.json')).text).token;
  assert.deepEqual([current.token, current.full_token, current.client_id], [json.access_token.slice(0, 10), undefined, app.id]);
  assert.ok((await api.get('/api/v2/oauth/tokens')).json.tokens.some((one) => one.id === current.id));
  const made = (await api.post('/api/v2/oauth/tokens.json', { token: { client_id: app.id, scopes: ['tickets:read'] } })).json.token;
  assert.deepEqual(made.scopes, ['tickets:read']);
  assert.equal((await bearer(made.full_token, '/api/v2/tickets')).status, 200);
  assert.equal((await bearer(made.full_token, '/api/v2/oauth/tokens/current', { method: 'DELETE' })).status, 403, 'reading only');
  assert.equal((await api.delete(`/api/v2/oauth/tokens/${made.id}.json`)).status, 204);
  assert.equal((await bearer(made.full_token, '/api/v2/tickets')).status, 401);
  const renewed = (await api.put(`/api/v2/oauth/clients/${app.id}/generate_secret.json`)).json.client.secret;
  assert.equal((await exchange(grant)).json.error, 'invalid_client');
  assert.equal((await exchange({ ...grant, client_secret: renewed })).status, 200);
  assert.equal((await api.put(app.url, { client: { name: 'New name' } })).json.client.name, 'New name');
  assert.equal((await api.delete(app.url)).status, 204);
  assert.equal((await bearer(json.access_token, '/api/v2/tickets')).status, 401);
});

test('the older password grant: for a client that proves itself, and the right password', async () => {
  const app = await client({ identifier: 'app-password' });
  const fields = { grant_type: 'password', client_id: 'app-password', client_secret: app.secret, scope: 'read', username: server.admin.email, password: server.admin.password };
  const granted = await exchange(fields, true);
  assert.deepEqual([granted.status, granted.json.token_type, granted.json.scope], [200, 'bearer', 'read'], granted.text);
  assert.equal((await bearer(granted.json.access_token, '/api/v2/tickets')).status, 200);
  const again = await exchange({ grant_type: 'refresh_token', client_id: 'app-password', client_secret: app.secret, refresh_token: granted.json.refresh_token });
  assert.equal(again.status, 200, again.text);
  for (const wrong of [{ password: 'some other plain words' }, { username: 'nobody@example.org' }, { password: '' }, { scope: 'everything' }]) {
    const refused = await exchange({ ...fields, ...wrong });
    assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_grant'], JSON.stringify(wrong));
  }
  assert.equal((await exchange({ ...fields, client_secret: 'guessed' })).status, 401);
});
