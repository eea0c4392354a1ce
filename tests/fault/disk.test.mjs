// SPDX-License-Identifier: GPL-3.0-or-later
//
// The disk: full, with the desk at work on it, and damaged. The data folder, the log with it, stands on
// a small file system of its own, which takes root to mount; without, the first test is skipped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { pageText, request } from '../support/http.mjs';
import { LmtpClient } from '../support/lmtp.mjs';
import { buildMail } from '../support/mime.mjs';
import { engine, runProgram, startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const megabytes = 64;
const noMount = process.getuid() !== 0 && 'mounting takes root';

// A data folder on a file system of so many megabytes.
async function smallDisk() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder]);
  const data = path.join(folder, 'data');
  const password = path.join(folder, 'password');
  fs.writeFileSync(password, 'correct horse battery\n');
  const made = await runProgram(['init', '--data', data, '--admin', 'admin@example.org', '--password-file', password]);
  assert.equal(made.code, 0, made.stderr);
  return {
    data,
    log: path.join(folder, 'log'),
    fill() {
      const fd = fs.openSync(path.join(folder, 'filler'), 'a');
      for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) fs.writeSync(fd, Buffer.alloc(size, 1));
        } catch (error) {
          assert.equal(error.code, 'ENOSPC');
        }
      }
      fs.closeSync(fd);
    },
    empty: () => fs.rmSync(path.join(folder, 'filler')),
    remove() {
      execFileSync('umount', ['-l', folder]);
      fs.rmdirSync(folder);
    },
  };
}

const filler = 'words that take some room on the disk. '.repeat(1000);

class Work {
  constructor(server, visitor, ticket) {
    Object.assign(this, { server, visitor, ticket, count: 0, forms: new Set(), mails: new Set(), refused: [] });
  }

  async form() {
    const mark = `form${++this.count}.`;
    const answer = await answerForm(this.visitor, this.ticket, `${mark} ${filler}`);
    if (answer.status === 303) this.forms.add(mark);
    else this.refused.push(answer);
    return answer.status;
  }

  async mail(client) {
    const mark = `mail${++this.count}.`;
    const { bytes } = buildMail({
      from: `<${mark}x@example.net>`, subject: mark, text: `${mark} ${filler}`,
      attachments: [{ name: 'a.bin', bytes: Buffer.alloc(300000, mark) }],
    });
    const { mail, rcpt, data, results } = await client.send({ to: 'support@example.org', message: bytes });
    const last = results?.[0] ?? data ?? rcpt?.[0] ?? mail;
    if (last.code === 250) this.mails.add(mark);
    return last;
  }

  upload(api) {
    return request(`${this.server.url}/api/v2/uploads.json?filename=x.bin`, {
      method: 'POST', headers: { ...api.headers, 'content-type': 'application/binary' }, body: Buffer.alloc(2 << 20, this.count++ % 256),
    });
  }
}

test('a full disk: clear refusals, nothing acknowledged is lost, and work goes on when there is room', { skip: noMount || (engine !== 'sqlite' && 'the database is elsewhere'), timeout: 240000 }, async (t) => {
  const disk = await smallDisk();
  const server = await startServer({ data: disk.data, logFile: disk.log, lmtp: true });
  after(async () => {
    await server.stop();
    disk.remove();
  });
  const api = await server.api();
  const made = await api.post('/api/v2/tickets', { ticket: { subject: 'of the forms', comment: { body: 'begin' } } });
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  const client = await LmtpClient.connect(server.lmtp);
  await client.lhlo();
  const work = new Work(server, visitor, made.json.ticket.id);
  for (let round = 1; round <= 3; round++) {
    assert.equal(await work.form(), 303, `round ${round}`);
    assert.equal((await work.mail(client)).code, 250, `round ${round}`);
    disk.fill();
    // What the database has room for inside may still be taken; not for long.
    const status = await until('a form to be refused', async () => {
      const answer = await work.form();
      return answer !== 303 && answer;
    }, 60000);
    assert.equal(status, 507);
    assert.match(pageText(work.refused.at(-1).text), /disk is full/i);
    const mail = await until('a mail to be refused', async () => {
      const answer = await work.mail(client);
      return answer.code !== 250 && answer;
    }, 60000);
    assert.ok(mail.code === 452 || mail.code === 451, `${mail.code} ${mail.text}`);
    const upload = await work.upload(api);
    assert.equal(upload.status, 507, upload.text);
    assert.equal(JSON.parse(upload.text).error?.title ?? JSON.parse(upload.text).error, 'InsufficientStorage', upload.text);
    // Who reads is served, though nothing can be logged.
    assert.equal((await visitor.get(`/tickets/${work.ticket}`)).status, 200);
    assert.equal((await api.get('/api/v2/tickets')).status, 200);
    disk.empty();
    await until('work to go on', async () => (await work.form()) === 303, 15000);
    await until('mail to go on', async () => (await work.mail(client)).code === 250, 15000);
    assert.equal((await work.upload(api)).status, 201);
  }
  const comments = (await api.all(`/api/v2/tickets/${work.ticket}/comments?per_page=100`, 'comments')).map((one) => one.body);
  for (const mark of work.forms) assert.equal(comments.filter((body) => body.startsWith(mark)).length, 1, mark);
  const tickets = (await api.all('/api/v2/tickets?per_page=100', 'tickets')).map((one) => one.subject);
  for (const mark of work.mails) assert.equal(tickets.filter((subject) => subject === mark).length, 1, mark);
  assert.equal(comments.length - 1, work.forms.size, 'what was refused is not there');
  t.diagnostic(`${work.forms.size} forms and ${work.mails.size} mails were taken, ${work.refused.length} forms refused`);
  visitor.close();
  api.close();
  client.socket.destroy();
});

test('a damaged database is found by doctor and at the start, with what to do', { skip: engine !== 'sqlite' && 'PostgreSQL looks after its own files' }, async () => {
  const server = await startServer();
  after(() => server.stop());
  const api = await server.api();
  for (let i = 0; i < 20; i++) await api.post('/api/v2/tickets', { ticket: { subject: `t${i}`, comment: { body: filler } } });
  api.close();
  await server.halt();
  const file = path.join(server.data, 'steward.db');
  const whole = fs.readFileSync(file);
  const damages = {
    'pages in the middle': (bytes) => bytes.fill('x', bytes.length >> 1, (bytes.length >> 1) + 40960),
    'the first page': (bytes) => bytes.fill(0, 0, 4096),
    'the end is missing': (bytes) => bytes.subarray(0, 4096 * 20),
    'no database at all': () => Buffer.from('these are not the bytes that were here\n'.repeat(300)),
  };
  for (const [what, damage] of Object.entries(damages)) {
    fs.writeFileSync(file, damage(Buffer.from(whole)));
    const doctor = await server.run('doctor', [], { code: null });
    assert.notEqual(doctor.code, 0, what);
    assert.match(doctor.stdout, /^TROUBLE .*(damaged|no database).*restore a backup/im, what);
    const serve = await server.run('serve', ['--listen', '127.0.0.1:0'], { code: null, timeout: 20000 });
    assert.ok(serve.code > 0, `${what}: ${serve.code} ${serve.signal}`);
    assert.match(serve.stderr, /(damaged|no database).*restore a backup/i, what);
  }
  fs.writeFileSync(file, whole);
  await server.start();
  const again = await server.api();
  assert.equal((await again.get('/api/v2/tickets/count')).json.count.value, 20);
  again.close();
});
