// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files sent ahead of the comment that carries them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { multipart, request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
});
after(() => server.stop());

function send(path, body, type, who = api) {
  const headers = { ...who.headers, 'content-type': type };
  return request(`${server.url}/api/v2/uploads.json?${path}`, { method: 'POST', headers, body });
}

test('raw bodies of any type are collected by a token and go with a comment', async () => {
  const large = Buffer.alloc(3 << 20, 'x');
  const first = await send('filename=a%20b.txt', '{"not": really json', 'application/json');
  assert.equal(first.status, 201, first.text);
  const { upload } = JSON.parse(first.text);
  assert.deepEqual([upload.attachment.file_name, upload.attachment.size, upload.attachment.content_type],
    ['a b.txt', 19, 'text/plain']);
  const second = JSON.parse((await send(`filename=big.bin&token=${upload.token}`, large, 'application/binary')).text);
  assert.equal(second.upload.token, upload.token);
  assert.equal(second.upload.attachments.length, 2);

  const made = await api.post('/api/v2/tickets', { ticket: { comment: { body: 'See files', uploads: [upload.token] } } });
  assert.equal(made.status, 201, made.text);
  const { json } = await api.get(`/api/v2/tickets/${made.json.ticket.id}/comments`);
  const files = json.comments[0].attachments;
  assert.deepEqual(files.map((file) => file.file_name), ['a b.txt', 'big.bin']);
  const got = await request(files[1].content_url); // nobody has to sign in for that address
  assert.equal(got.status, 200);
  assert.ok(got.bytes.equals(large));
  const one = await api.get(files[0].url);
  assert.deepEqual(one.json.attachment, files[0]);
  const again = await api.put(made.json.ticket.url, { ticket: { comment: { body: 'Again', uploads: upload.token } } });
  assert.equal(again.status, 422, 'a token is used once');
});

test('a form may carry the file', async () => {
  const form = multipart({ filename: 'photo.png', uploaded_data: { name: 'x', type: 'image/png', bytes: 'PNG' } });
  const answer = await send('', form.body, form.type);
  assert.equal(answer.status, 201, answer.text);
  const { attachment } = JSON.parse(answer.text).upload;
  assert.deepEqual([attachment.file_name, attachment.content_type, attachment.size], ['photo.png', 'image/png', 3]);
});

test('an upload is removed by its owner only, and needs a name', async () => {
  const { upload } = JSON.parse((await send('filename=gone.txt', 'x', 'text/plain')).text);
  await api.post('/api/v2/users', { user: { name: 'Eva', email: 'eva@example.org', verified: true } });
  const eva = await server.api('eva@example.org');
  assert.equal((await eva.delete(`/api/v2/uploads/${upload.token}`)).status, 404);
  assert.equal((await api.delete(`/api/v2/uploads/${upload.token}`)).status, 204);
  assert.equal((await api.delete(`/api/v2/uploads/${upload.token}`)).status, 404);
  assert.equal((await api.get(upload.attachment.url)).status, 404);
  assert.equal((await send('', 'x', 'text/plain')).status, 422);
  assert.equal((await send('filename=x', 'x', 'text/plain', { headers: {} })).status, 401);
});
