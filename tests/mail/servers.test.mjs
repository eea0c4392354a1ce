// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mail part of the program (mail_peer) between real servers: Postfix hands mail in by LMTP, and
// what is sent goes through Postfix into Dovecot's mailboxes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dovecotMissing, startDovecot } from '../support/dovecot.mjs';
import { buildMail, parseMail } from '../support/mime.mjs';
import { postfixMissing, startPostfix } from '../support/postfix.mjs';
import { program } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const peer = path.resolve(path.dirname(program), '../../tests/mail/mail_peer');

// An LMTP server of ours; mails are in `folder` as N.eml and N.txt.
async function startReceiver(address = '127.0.0.1:0', limit = 200000) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-peer-'));
  fs.chmodSync(folder, 0o755);
  const where = address.replace('FOLDER', folder);
  const child = spawn(peer, ['receive', folder, where, String(limit)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(Number(String(chunk).split(' ')[1])));
    child.once('close', (code) => reject(new Error(`the receiver ended with ${code}`)));
  });
  return {
    to: where.startsWith('/') ? { path: where } : { host: '127.0.0.1', port },
    read() {
      return fs
        .readdirSync(folder)
        .filter((name) => name.endsWith('.txt'))
        .sort((a, b) => parseInt(a) - parseInt(b))
        .map((name) => {
          const [from, ...rcpts] = fs.readFileSync(path.join(folder, name), 'utf8').split('\n');
          const bytes = fs.readFileSync(path.join(folder, name.replace('.txt', '.eml')));
          return { from, rcpts, bytes, ...parseMail(bytes) };
        });
    },
    wait(match) {
      return until('a mail to arrive', () => this.read().find(match), 20000);
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      assert.equal(await ended, 0);
      fs.rmSync(folder, { recursive: true });
    },
  };
}

function send(url, { from = 'support@desk.example', to, subject = 'Printer', name = 'Tom Berg', text = 'Hello\n' }) {
  return new Promise((resolve, reject) => {
    const child = spawn(peer, ['send', url, from, to, subject, name], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.on('close', (code) => {
      const [outcome, words] = said.split('\n');
      if (code === 0) resolve({ outcome, words });
      else reject(new Error(`mail_peer send ended with ${code}`));
    });
    child.stdin.end(text);
  });
}

describe('between Postfix and Dovecot', { skip: postfixMissing() || dovecotMissing() || false }, () => {
  let dovecot;
  let postfix;
  let receiver;
  let byFile;

  before(async () => {
    dovecot = await startDovecot();
    receiver = await startReceiver();
    byFile = await startReceiver('FOLDER/lmtp');
    postfix = await startPostfix({
      domains: {
        'desk.example': receiver.to,
        'file.example': byFile.to,
        'people.example': dovecot.lmtp,
      },
    });
  });

  after(async () => {
    await postfix?.stop();
    await dovecot?.stop();
    await receiver?.stop();
    await byFile?.stop();
  });

  const from = 'anna@people.example';

  test('mail comes in byte for byte', async () => {
    const { bytes } = buildMail({
      from,
      to: 'support@desk.example',
      subject: 'Größe',
      text: 'Grüße\n.\n..\n.dot\n\nend',
      attachments: [{ name: 'a.bin', bytes: Buffer.from([0, 1, 2, 255]) }],
    });
    await postfix.send({ from, to: 'support+tag@desk.example', message: bytes });
    const mail = await receiver.wait((one) => one.subject === 'Größe');
    assert.equal(mail.from, from);
    assert.deepEqual(mail.rcpts, ['support+tag@desk.example']);
    assert.equal(mail.text.trim(), 'Grüße\n.\n..\n.dot\n\nend');
    assert.deepEqual([...mail.attachments[0].bytes], [0, 1, 2, 255]);
    assert.ok(!/[^\r]\n/.test(mail.raw ?? mail.bytes.toString('latin1')), 'lines end in CRLF');
  });

  test('over a socket file, from sendmail(1)', async () => {
    const { bytes } = buildMail({ from, to: 'x@file.example', subject: 'By file' });
    await postfix.sendmail({ from, to: 'x@file.example', message: bytes.toString('utf8').replaceAll('\r\n', '\n') });
    const mail = await byFile.wait((one) => one.subject === 'By file');
    assert.deepEqual(mail.rcpts, ['x@file.example']);
  });

  test('each recipient has an answer of their own', async () => {
    const { bytes } = buildMail({ from, to: 'many@desk.example', subject: 'To many' });
    const to = ['one', 'two', 'unknown', 'never', 'later'].map((name) => `${name}@desk.example`);
    await postfix.send({ from, to, message: bytes });
    const first = await receiver.wait((one) => one.subject === 'To many');
    assert.ok(first.rcpts.includes('one@desk.example') && first.rcpts.includes('two@desk.example'));
    // Those refused come back to the sender, with what we said; the one put off is tried again.
    const bounce = await dovecot.wait(from, (one) => one.raw.includes('never@desk.example'));
    assert.match(bounce.raw, /unknown@desk\.example/);
    assert.match(bounce.raw, /550 5\.1\.1 No such mailbox here/);
    assert.match(bounce.raw, /554 5\.6\.0 Refused/);
    assert.ok(!bounce.raw.includes('Final-Recipient: rfc822; later@'));
    const last = await receiver.wait((one) => one.subject === 'To many' && one.rcpts.includes('later@desk.example') && one !== first);
    assert.ok(last);
  });

  test('a mail over the limit is refused and the connection goes on', async () => {
    const large = buildMail({ from, subject: 'Too large', attachments: [{ name: 'x', bytes: Buffer.alloc(300000) }] });
    const small = buildMail({ from, subject: 'Small after large' });
    await postfix.send({ from, to: 'support@desk.example', message: large.bytes });
    await postfix.send({ from, to: 'support@desk.example', message: small.bytes });
    await receiver.wait((one) => one.subject === 'Small after large');
    await dovecot.wait(from, (one) => one.raw.includes('Too large') && /larger than we take|exceeds size limit/.test(one.raw));
    assert.ok(!receiver.read().some((one) => one.subject === 'Too large'));
  });

  test('many at once', async () => {
    const count = 60;
    await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const { bytes } = buildMail({ from, subject: `Rush ${i}`, text: 'x'.repeat(i * 100) });
        return postfix.send({ from, to: 'support@desk.example', message: bytes });
      }),
    );
    await until('all to arrive', () => {
      const arrived = receiver.read().filter((one) => one.subject?.startsWith('Rush '));
      return new Set(arrived.map((one) => one.subject)).size === count && arrived.length === count;
    }, 30000);
  });

  test('international addresses come in and leave', async () => {
    const { bytes } = buildMail({ from: 'jürgen@people.example', subject: 'EAI' });
    await postfix.send({ from: 'jürgen@people.example', to: 'süpport@desk.example', message: bytes, utf8: true });
    const mail = await receiver.wait((one) => one.subject === 'EAI');
    assert.equal(mail.from, 'jürgen@people.example');
    assert.deepEqual(mail.rcpts, ['süpport@desk.example']);
  });

  test('mail leaves with all its parts', async () => {
    const text = 'Grüße aus der Ferne\n.\n.dot\n' + 'long '.repeat(400) + '\n';
    const result = await send(postfix.url, { to: 'bert@people.example', subject: 'Größe [#42]', name: 'Jürgen Groß', text });
    assert.deepEqual([result.outcome, result.words.slice(0, 4)], ['sent', '250 ']);
    const mail = await dovecot.wait('bert@people.example');
    assert.equal(mail.subject, 'Größe [#42]');
    assert.equal(mail.text.trimEnd(), text.trimEnd());
    assert.match(mail.html, /Grüße aus der Ferne/);
    assert.deepEqual([...mail.attachments[0].bytes], [0, 1, 255, 46, 13, 10]);
    assert.equal(mail.attachments[0].filename, 'Größe.bin');
    assert.match(mail.header('from'), /^Jürgen Groß via Support <support@desk\.example>$/);
    assert.match(mail.header('reply-to'), /support\+[a-z2-7]{20,}@desk\.example/);
    assert.ok(mail.messageId.startsWith('<t42.c1.'));
    assert.match(await dovecot.fetch('bert@people.example', 'hdr.message-id'), /<t42\.c1\./);
    // The answer to it finds its way by the address it was given.
    const address = mail.header('reply-to').match(/<([^>]+)>/)[1];
    const { bytes } = buildMail({ from, to: address, subject: 'Re: answer' });
    await postfix.send({ from, to: address, message: bytes });
    const back = await receiver.wait((one) => one.subject === 'Re: answer');
    assert.deepEqual(back.rcpts, [address]);
  });

  test('a refused recipient is permanent, with the server’s words', async () => {
    const result = await send(postfix.url, { to: 'nobody@elsewhere.example' });
    assert.equal(result.outcome, 'permanent');
    assert.match(result.words, /^550 5\.\d\.\d .*no such domain in this test/);
  });

  test('where TLS is required nothing goes without', async () => {
    const result = await send(`${postfix.url}?tls=required`, { to: 'carla@people.example' });
    assert.equal(result.outcome, 'temporary');
    assert.equal(dovecot.read('carla@people.example').length, 0);
  });
});

describe('a server with TLS and passwords', { skip: postfixMissing() || dovecotMissing() || false }, () => {
  let dovecot;
  let postfix;

  before(async () => {
    dovecot = await startDovecot();
    postfix = await startPostfix({
      domains: { 'people.example': dovecot.lmtp },
      tls: true,
      auth: { socket: dovecot.authSocket },
    });
  });

  after(async () => {
    await postfix?.stop();
    await dovecot?.stop();
  });

  const to = 'anna@people.example';
  const url = (who, more) => `smtp://${who}127.0.0.1:${postfix.port}?${more}`;

  test('STARTTLS with a checked certificate and a password', async () => {
    const result = await send(url('tom:secret@', `tls=required&ca=${postfix.ca}`), { to });
    assert.equal(result.outcome, 'sent', result.words);
    const mail = await dovecot.wait(to);
    assert.match(mail.raw, /with ESMTPSA/);
  });

  test('a certificate nobody vouches for stops it', async () => {
    const result = await send(url('tom:secret@', 'tls=required'), { to });
    assert.equal(result.outcome, 'temporary');
    assert.match(result.words, /certificate/i);
  });

  test('TLS where it is offered needs no certificate', async () => {
    const result = await send(url('tom:secret@', 'tls=offered'), { to });
    assert.equal(result.outcome, 'sent', result.words);
  });

  test('a wrong password waits for the administrator', async () => {
    const result = await send(url('tom:wrong@', `tls=required&ca=${postfix.ca}`), { to });
    assert.equal(result.outcome, 'temporary');
    assert.match(result.words, /535|authentication|denied/i);
  });

  test('without a password the server lets nobody through', async () => {
    const result = await send(url('', 'tls=offered'), { to });
    assert.equal(result.outcome, 'permanent');
    assert.match(result.words, /^5\d\d /);
  });
});
