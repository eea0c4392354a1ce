// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files in S3 while the store fails, refuses, breaks off, is silent, dead or slow: what was acknowledged
// is there, what was not is said clearly, and nobody is held up for long.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { multipart, request } from '../support/http.mjs';
import { mailIn } from '../support/keep.mjs';
import { startS3 } from '../support/s3.mjs';
import { runProgram, startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let s3;
let server;
let api;
const key = (bytes) => {
  const hash = crypto.createHash('sha256').update(bytes).digest('hex');
  return `desk/blobs/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
};

before(async () => {
  s3 = await startS3();
  server = await startServer({ lmtp: true, env: s3.env() });
  api = await server.api();
});
after(async () => {
  await server.stop();
  await s3.stop();
});

function send(bytes) {
  const form = multipart({ filename: 'x', uploaded_data: { name: 'x.bin', type: 'application/octet-stream', bytes } });
  return request(`${server.url}/api/v2/uploads.json`, {
    method: 'POST', headers: { ...api.headers, 'content-type': form.type }, body: form.body,
  });
}

async function uploaded(bytes) {
  const answer = await send(bytes);
  assert.equal(answer.status, 201, answer.text);
  return JSON.parse(answer.text).upload.attachment.content_url;
}

const get = async (url) => request(url);
// After it did not answer, the store is left alone for as long as `wait` says, three seconds at most.
const recovered = (url) => until('the store to be asked again', async () => (await get(url)).status === 200, 8000);

test('one answer 500, one connection that breaks, one answer cut off or lost: it is tried again', async () => {
  const bytes = crypto.randomBytes(100000);
  for (const how of ['status:500', 'status:503', 'reset', 'halfway', 'late', 'blank']) {
    let left = 1;
    s3.halfway = how === 'halfway';
    s3.break = ({ method }) => (method === 'PUT' && left-- > 0 ? how : undefined);
    await uploaded(Buffer.concat([bytes, Buffer.from(how)]));
    assert.ok(fs.existsSync(s3.file(key(Buffer.concat([bytes, Buffer.from(how)])))), how);
  }
  s3.break = () => undefined;
  const url = await uploaded(bytes);
  for (const how of ['status:502', 'reset', 'cut:1000', 'cut:99999', 'late']) {
    let left = 1;
    s3.break = ({ method }) => (method === 'GET' && left-- > 0 ? how : undefined);
    const got = await get(url);
    assert.deepEqual([got.status, got.bytes.equals(bytes)], [200, true], how);
  }
  s3.break = () => undefined;
});


test('a store that refuses or fails: nothing is acknowledged, and it is said clearly, without the key', async () => {
  const bytes = crypto.randomBytes(1000);
  const url = await uploaded(Buffer.from('was there before'));
  for (const [how, words] of [['status:403', /refuses what this desk asks/], ['status:404', /refuses/], ['status:500', /has trouble/], ['status:507', /is full/]]) {
    s3.break = () => how;
    const answer = await send(bytes);
    assert.equal(answer.status, how === 'status:507' ? 507 : 503, `${how}: ${answer.text}`);
    assert.match(answer.text, words);
    assert.ok(!fs.existsSync(s3.file(key(bytes))));
    if (how !== 'status:507') assert.equal((await get(url)).status, 503, how);
    await assert.rejects(mailIn(server, `refused ${how}`, 200000), /LMTP said: 451/);
  }
  s3.break = () => undefined;
  await uploaded(bytes);
  const denied = await runProgram(['doctor', '--data', server.data, ...server.dbArgs()],
    { env: { ...s3.env(), STEWARD_BLOBS_SECRET_KEY: 'not the secret' } });
  assert.match(denied.stdout, /TROUBLE\s+files can be stored and read: .*SignatureDoesNotMatch/);
  assert.ok(!(denied.stdout + denied.stderr).includes('not the secret'));
  await until('what was refused in the log', () => /403 Broken/.test(server.log));
  assert.ok(!/Signature=|Credential=|secret_key=/.test(server.log));
  const { json } = await api.get('/api/v2/search?query=refused');
  assert.equal(json.count, 0, 'a mail that was refused is no ticket');
});


test('a store that is silent, dead or drips holds nobody up for long, and all is well after it', async () => {
  const bytes = crypto.randomBytes(50000);
  const url = await uploaded(bytes);
  for (const how of ['silent', 'drip', 'dead']) {
    if (how === 'dead') await s3.fall();
    else s3.break = () => how;
    const begun = performance.now();
    // Once readings have failed the store is not asked for a while: what it can still take goes first.
    const putting = send(bytes);
    if (how === 'drip') await putting;
    const [put, ...gets] = await Promise.all([putting, get(url), get(url)]);
    assert.equal(put.status, how === 'drip' ? 201 : 503, how); // its answer to a put has no content
    for (const answer of gets) assert.equal(answer.status, 503, how);
    assert.ok(performance.now() - begun < 9000, how);
    const next = performance.now();
    assert.equal((await get(url)).status, 503);
    assert.ok(performance.now() - next < 1000, 'it is not asked again at once');
    assert.equal((await request(`${server.url}/sign-in`)).status, 200);
    await assert.rejects(mailIn(server, `lost ${how}`, 200000), /LMTP said: 451/);
    s3.break = () => undefined;
    if (how === 'dead') await s3.rise();
    await recovered(url);
    await mailIn(server, `found ${how}`, 200000);
  }
});

