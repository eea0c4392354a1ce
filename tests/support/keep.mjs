// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of check, backup and move-db share: a desk that has a bit of everything, statements
// behind the program's back, files of the blob store.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { multipart, request } from './http.mjs';
import { deliver } from './lmtp.mjs';
import { buildMail } from './mime.mjs';

const exec = promisify(execFile);

// Runs SQL on the desk's database, whichever it is; the server is better halted.
export async function sql(server, text) {
  if (server.postgres) {
    return server.postgres.sql(new URL(server.db.replace('@/', '@localhost/')).pathname.slice(1), text);
  }
  const { stdout } = await exec('sqlite3', ['-bail', path.join(server.data, 'steward.db'), text]);
  return stdout.trimEnd();
}

// All blobs of a data folder: [{ name, file }].
export function blobs(data) {
  const root = path.join(data, 'blobs');
  return fs.readdirSync(root, { recursive: true })
    .filter((file) => /^..\/..\/[0-9a-f]{64}$/.test(file))
    .map((file) => ({ name: path.basename(file), file: path.join(root, file) }));
}

export async function upload(server, api, name, bytes) {
  const form = multipart({ filename: name, uploaded_data: { name, type: 'application/octet-stream', bytes } });
  const answer = await request(`${server.url}/api/v2/uploads.json`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': form.type },
    body: form.body,
  });
  if (answer.status !== 201) throw new Error(`the upload was answered with ${answer.status}`);
  return JSON.parse(answer.text).upload.token;
}

// One mail that becomes a ticket; larger than what is kept in the database when `bytes` says so.
export async function mailIn(server, subject, bytes = 10) {
  const { bytes: raw } = buildMail({ from: 'rita@example.net', to: 'support@example.org', subject, text: `${subject} ${'x'.repeat(bytes)}` });
  return deliver(server.lmtp, { from: 'rita@example.net', to: 'support@example.org', message: raw });
}

// Tickets by mail, API and upload, changed in every way that leaves a trace.
export async function fill(server, api) {
  await mailIn(server, 'A small mail');
  await mailIn(server, 'A large mail', 200000);
  const group = (await api.post('/api/v2/groups', { group: { name: 'Second line' } })).json.group;
  const token = await upload(server, api, 'photo.bin', Buffer.alloc(300000, 'steward'));
  const made = await api.post('/api/v2/tickets', {
    ticket: {
      subject: 'Ünïcödé \u{1F600} "quoted"', priority: 'high', type: 'task', tags: ['one', 'two'],
      comment: { body: 'With a file', uploads: [token] }, email_ccs: [{ user_email: 'cc@example.net' }],
    },
  });
  const { ticket } = made.json;
  for (const change of [
    { status: 'pending', group_id: group.id, due_at: '2030-01-01T00:00:00Z', external_id: 'x-1' },
    { tags: ['two', 'three'], priority: 'low', comment: { body: 'inside', public: false } },
    { status: 'solved', external_id: null, comment: { body: 'done' } },
  ]) {
    const answer = await api.put(`/api/v2/tickets/${ticket.id}`, { ticket: change });
    if (answer.status !== 200) throw new Error(`a change was answered with ${answer.status}: ${answer.text}`);
  }
  const hc = '/api/v2/help_center';
  const { category } = (await api.post(`${hc}/categories`, { category: { name: 'Workplace', locale: 'en-us' } })).json;
  const { section } = (await api.post(`${hc}/categories/${category.id}/sections`, { section: { name: 'Printers', locale: 'en-us' } })).json;
  const article = await api.post(`${hc}/sections/${section.id}/articles`, {
    article: { title: 'Clearing a paper jam', body: '<p>Open the tray.</p>', locale: 'en-us', permission_group_id: 1, user_segment_id: null },
    notify_subscribers: false,
  });
  if (article.status !== 201) throw new Error(`an article was answered with ${article.status}: ${article.text}`);
  const doomed = (await api.post('/api/v2/tickets', { ticket: { subject: 'To be deleted', comment: { body: 'x' } } })).json.ticket;
  await api.delete(`/api/v2/tickets/${doomed.id}`);
  return ticket;
}

// The titles of articles that search finds.
export async function articles(api, query) {
  return (await api.get(`/api/v2/help_center/articles/search?query=${query}`)).json.results.map((one) => one.title);
}
