// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files in S3: a desk against a store that checks signatures, as it works.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { multipart, request } from '../support/http.mjs';
import { fill } from '../support/keep.mjs';
import { startS3 } from '../support/s3.mjs';
import { runProgram, startServer } from '../support/server.mjs';

let s3;
let server;
let api;
let folder;
const at = (...parts) => path.join(folder, ...parts);
const key = (bytes) => {
  const hash = crypto.createHash('sha256').update(bytes).digest('hex');
  return `desk/blobs/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
};

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-s3-test-'));
  s3 = await startS3();
  server = await startServer({ lmtp: true, env: s3.env() });
  api = await server.api();
});
after(async () => {
  await server.stop();
  await s3.stop();
  fs.rmSync(folder, { recursive: true, force: true });
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
async function steward(args, code = 0, env = s3.env()) {
  const result = await runProgram(args, { env });
  assert.equal(result.code, code, `steward ${args.join(' ')} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
  return result;
}

test('what is uploaded and mailed lies in the store under its hash, and nowhere else', async () => {
  const small = Buffer.from('some words');
  const large = crypto.randomBytes(3 << 20);
  const empty = Buffer.alloc(0);
  for (const bytes of [small, large, empty]) {
    const url = await uploaded(bytes);
    assert.ok(fs.readFileSync(s3.file(key(bytes))).equals(bytes));
    const got = await get(url);
    assert.equal(got.status, 200, got.text);
    assert.ok(got.bytes.equals(bytes));
  }
  await fill(server, api);
  assert.ok(!fs.existsSync(path.join(server.data, 'blobs')));
  assert.deepEqual(fs.readdirSync(path.join(server.data, 'tmp')), []);
  assert.ok(s3.objects().every((name) => /^desk\/blobs\/(..)\/(..)\/\1\2[0-9a-f]{60}$/.test(name)), s3.objects().join());
  assert.ok(!(await server.run('config')).stdout.includes('S3RVER'), 'keys are not shown');
});

test('content that is not what its name says is given to nobody, and check tells', async () => {
  const bytes = crypto.randomBytes(5000);
  const token = JSON.parse((await send(bytes)).text).upload;
  const url = token.attachment.content_url;
  await api.post('/api/v2/tickets', { ticket: { comment: { body: 'x', uploads: [token.token] } } });
  assert.match((await server.run('check')).stdout, /All is well/);
  s3.break = ({ method, url: where }) => (method === 'GET' && where.includes(key(bytes)) ? 'flip' : undefined);
  const got = await get(url);
  assert.equal(got.status, 503);
  assert.ok(!got.bytes.includes(bytes.subarray(0, 100)));
  s3.break = () => undefined;
  const whole = fs.readFileSync(s3.file(key(bytes)));
  fs.writeFileSync(s3.file(key(bytes)), 'other');
  assert.match((await server.run('check', [], { code: 65 })).stdout, /is damaged/);
  s3.remove(key(bytes));
  assert.match((await server.run('check', ['--quick'], { code: 65 })).stdout, /is missing/);
  s3.break = ({ method }) => (method === 'GET' || method === 'HEAD' ? 'status:503' : undefined);
  assert.match((await server.run('check', ['--quick'], { code: 75 })).stderr, /has trouble/, 'a store with trouble is no lost file');
  s3.break = () => undefined;
  await uploaded(whole);
  assert.match((await server.run('check')).stdout, /All is well/);
});

test('backup, verify, restore into S3; a move to a folder and back, broken off in between', async () => {
  await server.run('backup', ['--to', at('saved')]);
  assert.match((await steward(['backup', '--verify', '--from', at('saved')])).stdout, /came back as they were/);
  const to = s3.url('again');
  await steward(['restore', '--from', at('saved'), '--data', at('again'), '--blobs', to]);
  assert.match((await steward(['check', '--data', at('again')], 0, { ...s3.env(), STEWARD_BLOBS: to })).stdout, /All is well/);
  assert.match(fs.readFileSync(at('again', 'steward.conf'), 'utf8'), /^blobs = s3:\/\/help-desk\/again\?/m);
  assert.match((await steward(['restore', '--from', at('saved'), '--data', at('third'), '--blobs', to], 73)).stderr, /There are files in the store already/);

  const elsewhere = `file:${at('folder')}`;
  fs.mkdirSync(at('folder'));
  let left = 5;
  s3.break = ({ method }) => (method === 'GET' && left-- <= 0 ? 'status:500' : undefined);
  await server.run('move-blobs', ['--to', elsewhere], { code: 75 });
  s3.break = () => undefined;
  const moved = await server.run('move-blobs', ['--to', elsewhere]);
  const [, all, copied] = moved.stdout.match(/(\d+) files are there \((\d+) copied this time\)/);
  assert.ok(Number(copied) < Number(all) && Number(copied) > 0, moved.stdout);
  const env = { ...s3.env(), STEWARD_BLOBS: elsewhere };
  assert.match((await steward(['check', '--data', server.data, ...server.dbArgs()], 0, env)).stdout, /All is well/);
  const back = await steward(['move-blobs', '--data', server.data, ...server.dbArgs(), '--to', s3.url('back')], 0, env);
  assert.match(back.stdout, new RegExp(`${all} files are there \\(${all} copied`));
  assert.equal(s3.objects('back').length, Number(all));
});

test('a server without keys, or with a wrong place, does not start', async () => {
  for (const [blobs, words] of [
    [s3.url(), /blobs_access_key/], ['s3://UPPER/', /s3:\/\/bucket/], ['ftp://x', /file:\/path/],
  ]) {
    const result = await runProgram(['serve', '--data', server.data, ...server.dbArgs(), '--listen', '127.0.0.1:0'], { env: { STEWARD_BLOBS: blobs } });
    assert.equal(result.code, 65, result.stderr);
    assert.match(result.stderr, words);
  }
});
