// SPDX-License-Identifier: GPL-3.0-or-later
//
// winmail.dat, as Outlook sends it: the files in it can be read like others.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { deliver } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
const packed = fs.readFileSync(new URL('../fuzz/corpus/tnef/two-files', import.meta.url));

before(async () => {
  server = await startServer({ lmtp: true });
});

after(() => server?.stop());

async function filesOf(subject, bytes, type) {
  const api = await server.api();
  const { bytes: message } = buildMail({ subject, attachments: [{ name: 'winmail.dat', type, bytes }] });
  await deliver(server.lmtp, { to: 'support@example.org', message });
  const ticket = await until('the ticket', async () =>
    (await api.get('/api/v2/tickets.json?page[size]=100')).json.tickets.find((one) => one.subject === subject));
  const { comments } = (await api.get(`/api/v2/tickets/${ticket.id}/comments.json`)).json;
  return comments[0].attachments;
}

test('its files are there, and winmail.dat itself', async () => {
  for (const type of ['application/ms-tnef', 'application/octet-stream']) {
    const files = await filesOf(`Packed ${type}`, packed, type);
    assert.deepEqual(files.map((file) => file.file_name), ['winmail.dat', 'Größen.pdf', 'ä.txt']);
    assert.deepEqual(files.map((file) => file.size), [packed.length, 14, 4]);
    assert.equal(files[1].content_type, 'application/pdf');
    const api = await server.api();
    const got = await api.get(files[1].content_url.replace(server.url, ''));
    assert.equal(got.text, '%PDF-1.4 small');
  }
});

test('one that breaks off gives what is whole', async () => {
  const files = await filesOf('Broken off', packed.subarray(0, packed.length - 20), 'application/ms-tnef');
  assert.deepEqual(files.map((file) => file.file_name), ['winmail.dat', 'Größen.pdf']);
});

test('what only calls itself so stays as it is', async () => {
  const files = await filesOf('Not packed', Buffer.from('plain words'), 'application/ms-tnef');
  assert.deepEqual(files.map((file) => file.file_name), ['winmail.dat']);
});
