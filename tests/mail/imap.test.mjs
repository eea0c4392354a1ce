// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mail fetched from a real Dovecot: everything arrives, once, in order, however the connection or
// the program ends.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startProxy } from '../support/cutting-proxy.mjs';
import { signIn } from '../support/desk.mjs';
import { dovecotMissing, startDovecot } from '../support/dovecot.mjs';
import { pageText } from '../support/http.mjs';
import { addMailbox, boxes, deliver, press } from '../support/mailboxes.mjs';
import { engine, startServer } from '../support/server.mjs';
import { freePort, until } from '../support/wait.mjs';

const skip = dovecotMissing() || false;

async function subjects(api) {
  const list = [];
  for (let url = '/api/v2/tickets.json?page[size]=100&sort=id'; url; ) {
    const { json } = await api.get(url);
    list.push(...json.tickets.map((ticket) => ticket.subject));
    url = json.meta?.has_more ? json.links.next.replace(/^https?:\/\/[^/]+/, '') : null;
  }
  return list;
}

function arrived(api, wanted, timeout = 20000) {
  return until(`the tickets ${wanted}`, async () => {
    const list = await subjects(api);
    return wanted.every((subject) => list.includes(subject)) && list;
  }, timeout);
}

const once = (list, subject) => list.filter((one) => one === subject).length;

describe('a mailbox at Dovecot', { skip }, () => {
  let dovecot;
  let server;
  let api;
  let admin;
  const address = 'support@desk.example';

  before(async () => {
    dovecot = await startDovecot();
    server = await startServer();
    api = await server.api();
    admin = server.visitor();
    await signIn(admin, server.admin);
    await deliver(dovecot, address, { subject: 'Before we began' });
    await addMailbox(admin, { address, port: dovecot.imapPort });
    await until('a first look', async () => (await boxes(admin)).includes('Working'));
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
  });

  test('new mail becomes a ticket at once, old mail stays where it is', async () => {
    const begun = performance.now();
    await deliver(dovecot, address, { subject: 'First', from: 'Anna Muster <anna@example.net>', text: 'Grüße' });
    const list = await arrived(api, ['First']);
    assert.ok(performance.now() - begun < 10000, 'IDLE, not the next look in a minute');
    assert.equal(once(list, 'Before we began'), 0);
    const { json } = await api.get('/api/v2/search.json?query=type:ticket subject:First');
    assert.equal(json.results[0].via.channel, 'email');
    assert.equal(json.results[0].recipient, address);
    assert.equal(json.results[0].description.trim(), 'Grüße');
  });

  test('nothing is marked, moved or deleted at the server', async () => {
    await arrived(api, ['First']);
    const flags = await dovecot.doveadm(['fetch', '-u', address, 'flags', 'mailbox', 'INBOX', 'ALL']);
    assert.equal(flags.match(/flags:/g).length, 2);
    assert.doesNotMatch(flags, /Seen|Deleted/);
  });

  test('read or flagged by somebody else, mail comes all the same', async () => {
    await press(admin, address, 'paused', '1');
    await deliver(dovecot, address, { subject: 'Read by a phone' });
    await dovecot.doveadm(['flags', 'add', '-u', address, '\\Seen', 'mailbox', 'INBOX', 'ALL']);
    assert.equal(once(await subjects(api), 'Read by a phone'), 0);
    await press(admin, address, 'paused', '0');
    await arrived(api, ['Read by a phone']);
  });

  test('an answer to our mail finds its ticket by the address it was given', async () => {
    await deliver(dovecot, address, { subject: 'Thread', from: 'bert@example.net', messageId: '<thread-1@example.net>' });
    await arrived(api, ['Thread']);
    await deliver(dovecot, address, {
      subject: 'Re: Thread', from: 'bert@example.net', text: 'More of it', inReplyTo: '<thread-1@example.net>',
    });
    await until('the answer', async () => {
      const { json } = await api.get('/api/v2/search.json?query=type:ticket subject:Thread');
      const comments = await api.get(`/api/v2/tickets/${json.results[0].id}/comments.json`);
      return comments.json.comments.length === 2;
    });
    assert.equal(once(await subjects(api), 'Re: Thread'), 0);
  });

  test('one bad message is kept for a decision, and the rest goes on', async () => {
    await deliver(dovecot, address, { raw: Buffer.from('Subject: no sender at all\r\n\r\nbody\r\n') });
    await deliver(dovecot, address, { raw: Buffer.from([0x0d, 0x0a, 0xff, 0xfe, 0x00, 0x01, 0x0d, 0x0a]) });
    await deliver(dovecot, address, { subject: 'After the bad one' });
    await arrived(api, ['After the bad one']);
    const page = pageText((await admin.get('/admin')).text);
    assert.match(page, /no sender at all/);
    assert.match(page, /names no sender/);
    const list = await server.run(['mail', 'list']);
    assert.equal(list.stdout.trim().split('\n').length, 2);
  });

  test('large messages arrive byte for byte', async () => {
    const bytes = Buffer.alloc(5_000_000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) >> 3;
    await deliver(dovecot, address, { subject: 'Large', attachments: [{ name: 'large.bin', bytes }] });
    await arrived(api, ['Large'], 60000);
    const { json } = await api.get('/api/v2/search.json?query=type:ticket subject:Large');
    const { comments } = (await api.get(`/api/v2/tickets/${json.results[0].id}/comments.json`)).json;
    assert.equal(comments[0].attachments[0].size, bytes.length);
    const got = await api.get(comments[0].attachments[0].content_url.replace(server.url, ''));
    assert.ok(Buffer.compare(got.bytes ?? got.body, bytes) === 0);
  });

  test('the same message again is the same message', async () => {
    const fields = { subject: 'Twice', messageId: '<twice@example.net>' };
    await deliver(dovecot, address, fields);
    await deliver(dovecot, address, fields);
    await deliver(dovecot, address, { subject: 'After twice' });
    const list = await arrived(api, ['Twice', 'After twice']);
    assert.equal(once(list, 'Twice'), 1);
  });

  test('the server numbers its messages anew: no second tickets, and nothing lost', async () => {
    await press(admin, address, 'paused', '1');
    const before = await subjects(api);
    await deliver(dovecot, address, { subject: 'While numbered anew' });
    await dovecot.renumber(address);
    await press(admin, address, 'paused', '0');
    await arrived(api, ['While numbered anew']);
    await deliver(dovecot, address, { subject: 'After numbered anew' });
    const list = await arrived(api, ['After numbered anew']);
    assert.deepEqual([...list].sort(), [...before, 'While numbered anew', 'After numbered anew'].sort());
  });
});

describe('a connection that breaks', { skip }, () => {
  test('at any byte: everything arrives once, in order', async () => {
    const dovecot = await startDovecot();
    const proxy = await startProxy(dovecot.imapPort);
    const server = await startServer();
    const api = await server.api();
    const admin = server.visitor();
    try {
      await signIn(admin, server.admin);
      const address = 'cut@desk.example';
      await deliver(dovecot, address, { subject: 'Old' });
      await addMailbox(admin, { address, port: proxy.port });
      await until('a first look', async () => (await boxes(admin)).includes('Working'));
      const wanted = [];
      for (let round = 0, at = 30; round < 30; round++, at += 31 + round * 9) {
        // Within the greeting, the answers, the literals of messages of several sizes.
        proxy.cutAfter = at;
        proxy.hangUp();
        const subject = `Cut at ${at}`;
        wanted.push(subject);
        await deliver(dovecot, address, { subject, text: 'x'.repeat(round * 200) });
        const cuts = proxy.cuts;
        await press(admin, address, 'try', '');
        await until('a cut', async () => proxy.cuts > cuts || (await subjects(api)).includes(subject), 20000);
      }
      proxy.cutAfter = Infinity;
      proxy.hangUp();
      await press(admin, address, 'try', '');
      const list = await arrived(api, wanted, 40000);
      assert.equal(list.length, wanted.length);
      const ids = (await Promise.all(wanted.map((subject) => api.get(`/api/v2/search.json?query=${encodeURIComponent(`type:ticket subject:"${subject}"`)}`))))
        .map(({ json }) => json.results.find((one) => wanted.includes(one.subject)).id);
      assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
      assert.ok(proxy.cuts >= 20, `${proxy.cuts} cuts`);
    } finally {
      admin.close();
      await server.stop();
      await proxy.stop();
      await dovecot.stop();
    }
  });

  test('a server that is killed and comes back: everything once', async () => {
    const dovecot = await startDovecot();
    const server = await startServer();
    try {
      const api = await server.api();
      const admin = server.visitor();
      await signIn(admin, server.admin);
      const address = 'kill@desk.example';
      await addMailbox(admin, { address, port: dovecot.imapPort });
      await until('a first look', async () => (await boxes(admin)).includes('Working'));
      // On PostgreSQL a program that was killed holds the mailbox for half a minute.
      const rounds = engine === 'sqlite' ? 4 : 2;
      const wanted = Array.from({ length: rounds * 10 }, (_, i) => `Mail ${i}`);
      for (let round = 0; round < rounds; round++) {
        await Promise.all(wanted.slice(round * 10, round * 10 + 10).map((subject) => deliver(dovecot, address, { subject })));
        await until('some to arrive', async () => (await subjects(api)).length > round * 10, 60000);
        await server.kill();
        await server.start();
      }
      const list = await arrived(api, wanted, 120000);
      assert.equal(list.length, wanted.length);
      admin.close();
    } finally {
      await server.stop();
      await dovecot.stop();
    }
  });
});

describe('a mailbox that fails', { skip }, () => {
  let dovecot;
  let server;
  let admin;

  before(async () => {
    dovecot = await startDovecot();
    server = await startServer();
    admin = server.visitor();
    await signIn(admin, server.admin);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
  });

  const failing = (address, words) =>
    until(`${address} to fail`, async () => {
      const page = await boxes(admin, address);
      return words.test(page) && page;
    });

  test('says why and what to do: wrong password', async () => {
    await addMailbox(admin, { address: 'a@desk.example', port: dovecot.imapPort, secret: 'telling words' });
    await failing('a@desk.example', /does not accept user name and password.*Authentication failed/);
  });

  test('the password stands in no file as it is', { skip: engine !== 'sqlite' }, () => {
    const files = fs.readdirSync(server.data, { recursive: true }).map((name) => path.join(server.data, name));
    const texts = files.filter((file) => fs.statSync(file).isFile()).map((file) => fs.readFileSync(file, 'latin1'));
    assert.ok(texts.some((text) => text.includes('a@desk.example')));
    assert.ok(!texts.some((text) => text.includes('telling words')) && !server.log.includes('telling words'));
  });

  test('no such folder', async () => {
    await addMailbox(admin, { address: 'b@desk.example', port: dovecot.imapPort, folder: 'Nowhere' });
    await failing('b@desk.example', /folder cannot be opened.*Nowhere/);
  });

  test('nobody listens', async () => {
    await addMailbox(admin, { address: 'c@desk.example', port: await freePort() });
    await failing('c@desk.example', /nobody listens there/);
  });

  test('doctor tells of them', async () => {
    await failing('c@desk.example', /nobody listens there/);
    const result = await server.run('doctor', [], { code: null });
    assert.match(result.stdout, /TROUBLE +mail is fetched from c@desk\.example: .*nobody listens there/);
  });

  test('a dead server and a dripping one keep nobody waiting', async () => {
    const silent = await startProxy(dovecot.imapPort);
    silent.mode = 'silent';
    const drip = await startProxy(dovecot.imapPort);
    drip.mode = 'drip';
    try {
      for (let i = 0; i < 6; i++) {
        await addMailbox(admin, { address: `dead${i}@desk.example`, port: silent.port });
        await addMailbox(admin, { address: `drip${i}@desk.example`, port: drip.port });
      }
      await until('the dead to be tried', () => silent.connections >= 6 && drip.connections >= 6);
      await addMailbox(admin, { address: 'quick@desk.example', port: dovecot.imapPort });
      await until('a look', async () => (await boxes(admin, 'quick@desk.example')).includes('Working'));
      await deliver(dovecot, 'quick@desk.example', { subject: 'Not held up' });
      await arrived(await server.api(), ['Not held up'], 10000);
      const begun = performance.now();
      await server.halt();
      assert.ok(performance.now() - begun < 15000, 'stops although servers are silent');
      await server.start();
    } finally {
      await silent.stop();
      await drip.stop();
    }
  });

  test('without TLS only to this machine; settings are checked', async () => {
    const answer = await addMailbox(admin, { address: 'x@desk.example', host: 'imap.example.org' }, 422);
    assert.match(pageText(answer.text), /only for a server on this machine/);
    const control = await addMailbox(admin, { address: 'x@desk.example', user: 'a\r\nb' }, 422);
    assert.match(pageText(control.text), /user name cannot be that/i);
  });
});
