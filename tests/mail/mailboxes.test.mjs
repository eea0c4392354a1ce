// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mailboxes as an administrator sets them: importing, answering, what happens at the server, TLS and
// OAuth; and servers that do what they should not.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { dovecotMissing, startDovecot } from '../support/dovecot.mjs';
import { pageText } from '../support/http.mjs';
import { startImapPeer } from '../support/imap-peer.mjs';
import { addMailbox, boxes, deliver, post, press } from '../support/mailboxes.mjs';
import { buildMail } from '../support/mime.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const skip = dovecotMissing() || false;

async function tickets(api) {
  return (await api.get('/api/v2/tickets.json?page[size]=100&sort=id')).json.tickets;
}

function arrived(api, ...wanted) {
  return until(`the tickets ${wanted}`, async () => {
    const list = await tickets(api);
    return wanted.every((subject) => list.some((one) => one.subject === subject)) && list;
  }, 20000);
}

const working = (admin, address) => until(`${address} to work`, async () => (await boxes(admin, address)).includes('Working'));

describe('importing and answering', { skip }, () => {
  let dovecot;
  let sink;
  let server;
  let api;
  let admin;
  const address = 'old@desk.example';

  before(async () => {
    dovecot = await startDovecot();
    sink = await startSink();
    server = await startServer({ smtp: sink.url });
    api = await server.api();
    admin = server.visitor();
    await signIn(admin, server.admin);
    for (let i = 1; i <= 3; i++) {
      await deliver(dovecot, address, { subject: `Old ${i} über`, from: `old${i}@example.net`, messageId: `<old${i}@example.net>` });
    }
    await deliver(dovecot, address, { subject: 'Re: Old 1', from: 'old1@example.net', inReplyTo: '<old1@example.net>' });
    await addMailbox(admin, { address, port: dovecot.imapPort });
    await working(admin, address);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await sink?.close();
    await dovecot?.stop();
  });

  const today = () => new Date().toISOString().slice(0, 10);

  test('a preview tells how many, since when, and the first of them; nothing is taken in', async () => {
    const id = await press(admin, address, 'ask', '', { since: today() });
    const page = await until('the answer', async () => {
      const text = pageText((await admin.get(`/admin/mailboxes/${id}`)).text);
      return /4 messages came/.test(text) && text;
    });
    assert.match(page, /old1@example\.net Old 1 über/);
    assert.equal((await tickets(api)).length, 0);
  });

  test('a mailbox can be asked whether it is reached while it is paused', async () => {
    await press(admin, address, 'paused', '1');
    const id = await press(admin, address, 'ask');
    await until('the answer', async () => /server was reached/.test(pageText((await admin.get(`/admin/mailboxes/${id}`)).text)));
    assert.match(await boxes(admin, address), /Paused/);
    await press(admin, address, 'paused', '0');
  });

  test('a day that is none, or to come, is refused', async () => {
    const id = await press(admin, address, 'ask');
    for (const since of ['2999-01-01', 'yesterday']) {
      const answer = await post(admin, `/admin/mailboxes/${id}/import`, { since });
      assert.equal(answer.status, 422);
      assert.match(pageText(answer.text), /no day of the past/);
    }
  });

  test('imported mail becomes tickets of its time, and nobody gets mail', async () => {
    await press(admin, address, 'import', '', { since: today() });
    const list = await arrived(api, 'Old 1 über', 'Old 2 über', 'Old 3 über');
    assert.equal(list.length, 3);
    await until('the answer in its ticket', async () => {
      const [one] = (await tickets(api)).filter((ticket) => ticket.subject === 'Old 1 über');
      return (await api.get(`/api/v2/tickets/${one.id}/comments.json`)).json.comments.length === 2;
    });
    // Again, from an earlier day: all of it is known.
    await press(admin, address, 'import', '', { since: '2020-01-01' });
    const id = await press(admin, address, 'ask');
    await until('the import to end', async () => /Taken in from this day on: 2020-01-01/.test(pageText((await admin.get(`/admin/mailboxes/${id}`)).text)));
    assert.equal((await tickets(api)).length, 3);
    assert.equal(sink.mails.length, 0);
  });

  test('the mailbox answers nobody until it is told to', async () => {
    await deliver(dovecot, address, { subject: 'Silent', from: 'silent@example.net' });
    await arrived(api, 'Silent');
    await press(admin, address, 'answering', '1');
    await deliver(dovecot, address, { subject: 'Answered', from: 'answered@example.net' });
    const mail = await sink.wait((one) => one.to.includes('answered@example.net'));
    assert.match(mail.header('from'), /old@desk\.example/);
    assert.equal(sink.mails.filter((one) => one.to.includes('silent@example.net')).length, 0);
    assert.equal(sink.mails.length, 1);
  });

  test('an answer to the reply address of our mail finds its ticket', async () => {
    const mail = await sink.wait((one) => one.to.includes('answered@example.net'));
    const reply = mail.header('reply-to').match(/<?([^<>\s]+@[^<>\s]+)>?/)[1];
    assert.match(reply, /^old\+/);
    await deliver(dovecot, address, { subject: 'Other words', from: 'elsewhere@example.net', to: reply, text: 'By the address' });
    await until('the comment', async () => {
      const one = (await tickets(api)).find((ticket) => ticket.subject === 'Answered');
      const { comments } = (await api.get(`/api/v2/tickets/${one.id}/comments.json`)).json;
      return comments.some((comment) => comment.body.includes('By the address'));
    });
  });

  test('removed, the tickets stay and nothing more is fetched', async () => {
    const count = (await tickets(api)).length;
    await press(admin, address, 'remove');
    await deliver(dovecot, address, { subject: 'After removal' });
    assert.ok(!(await admin.get('/admin/mailboxes')).text.includes(address));
    await addMailbox(admin, { address: 'other@desk.example', port: dovecot.imapPort });
    await working(admin, 'other@desk.example');
    assert.equal((await tickets(api)).length, count);
  });
});

describe('what happens at the server', { skip }, () => {
  let dovecot;
  let server;
  let api;
  let admin;

  before(async () => {
    dovecot = await startDovecot();
    server = await startServer({ env: { STEWARD_MAX_MAIL_BYTES: '100000' } });
    api = await server.api();
    admin = server.visitor();
    await signIn(admin, server.admin);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
  });

  const flags = (address, folder = 'INBOX') => dovecot.doveadm(['fetch', '-u', address, 'hdr.subject flags', 'mailbox', folder, 'ALL']);

  test('marked as read once it is safe here; what was there before is not touched', async () => {
    const address = 'seen@desk.example';
    await deliver(dovecot, address, { subject: 'Was there' });
    await addMailbox(admin, { address, port: dovecot.imapPort, after: 'seen' });
    await working(admin, address);
    await deliver(dovecot, address, { subject: 'Seen' });
    await arrived(api, 'Seen');
    await until('the mark', async () => /Seen\nflags:.*\\Seen/.test(await flags(address)));
    assert.doesNotMatch((await flags(address)).split('Was there')[1].split('hdr')[0], /\\Seen/);
  });

  test('moved to a folder with a name beyond ASCII', async () => {
    const address = 'move@desk.example';
    const folder = 'Erledigt & Größe';
    await dovecot.doveadm(['mailbox', 'create', '-u', address, folder]);
    await addMailbox(admin, { address, port: dovecot.imapPort, after: 'move', move_to: folder });
    await working(admin, address);
    await deliver(dovecot, address, { subject: 'Moved' });
    await arrived(api, 'Moved');
    await until('the move', async () => (await flags(address, folder)).includes('Moved'));
    assert.equal((await flags(address)).trim(), '');
  });

  test('one that is too large stays there and is listed with the reason', async () => {
    const address = 'large@desk.example';
    await addMailbox(admin, { address, port: dovecot.imapPort, after: 'seen' });
    await working(admin, address);
    await deliver(dovecot, address, { subject: 'Much too large', attachments: [{ name: 'a', bytes: Buffer.alloc(120000) }] });
    await deliver(dovecot, address, { subject: 'Small after large' });
    await arrived(api, 'Small after large');
    assert.match(pageText((await admin.get('/admin')).text), /Much too large.*larger than max_mail_bytes.*message 1 in the folder INBOX/);
    assert.doesNotMatch((await flags(address)).split('hdr')[1], /\\Seen/);
  });

  test('a wrong folder to move to is told, and mail comes all the same', async () => {
    const address = 'nofolder@desk.example';
    await addMailbox(admin, { address, port: dovecot.imapPort, after: 'move', move_to: 'Nowhere' });
    await working(admin, address);
    await deliver(dovecot, address, { subject: 'Not moved' });
    await arrived(api, 'Not moved');
    await until('the reason', async () => /cannot be moved to the folder/.test(await boxes(admin, address)));
    await press(admin, address, 'try');
    assert.equal((await tickets(api)).filter((one) => one.subject === 'Not moved').length, 1);
  });
});

describe('servers that do what they should not', () => {
  let server;
  let api;
  let admin;
  let peer;

  before(async () => {
    server = await startServer();
    api = await server.api();
    admin = server.visitor();
    await signIn(admin, server.admin);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
  });

  test('a message that is not handed over is listed after some tries, and the rest goes on', async () => {
    peer = await startImapPeer();
    try {
      const address = 'refuse@desk.example';
      peer.add(buildMail({ subject: 'Before' }).bytes);
      await addMailbox(admin, { address, port: peer.port });
      await working(admin, address);
      peer.refuse.add(3);
      for (const subject of ['Two', 'Refused', 'Four']) peer.add(buildMail({ subject }).bytes);
      await press(admin, address, 'ask');
      await arrived(api, 'Two');
      await until('the rest', async () => {
        if (/Failing/.test(await boxes(admin, address))) await press(admin, address, 'try');
        return (await tickets(api)).some((one) => one.subject === 'Four');
      }, 30000);
      assert.deepEqual((await tickets(api)).map((one) => one.subject).sort(), ['Four', 'Two']);
      assert.match(pageText((await admin.get('/admin')).text), /Refused.*does not hand over this message.*this one is broken here/);
    } finally {
      await peer.stop();
    }
  });

  test('a server that lets nobody in just now is tried again soon; that is no wrong password', async () => {
    peer = await startImapPeer();
    try {
      const address = 'busy@desk.example';
      peer.signIn = 'NO [UNAVAILABLE] The directory is down';
      peer.add(buildMail({ subject: 'Before' }).bytes);
      await addMailbox(admin, { address, port: peer.port });
      const text = await until('the mailbox to fail', async () => {
        const shown = pageText(await boxes(admin, address));
        return /Failing/.test(shown) && shown;
      });
      assert.match(text, /The server lets nobody in at present\. The server says: .*The directory is down/);
      assert.doesNotMatch(text, /does not accept/);
      const begun = peer.commands.length;
      await until('it to be tried again by itself', () => peer.commands.slice(begun).some((one) => / LOGIN /.test(one)), 30000);
      peer.signIn = undefined;
      await press(admin, address, 'try');
      await working(admin, address);
    } finally {
      await peer.stop();
    }
  });

  test('imported mail has the time of the server’s date', async () => {
    peer = await startImapPeer();
    try {
      const address = 'dated@desk.example';
      peer.add(buildMail({ subject: 'Dated' }).bytes);
      await addMailbox(admin, { address, port: peer.port });
      await working(admin, address);
      await press(admin, address, 'import', '', { since: '2026-10-01' });
      const one = (await arrived(api, 'Dated')).find((ticket) => ticket.subject === 'Dated');
      assert.equal(one.created_at, '2026-11-01T10:00:00Z');
      const { comments } = (await api.get(`/api/v2/tickets/${one.id}/comments.json`)).json;
      assert.equal(comments[0].created_at, '2026-11-01T10:00:00Z');
      assert.equal(comments[0].author_id, one.requester_id);
    } finally {
      await peer.stop();
    }
  });

  test('a message that arrives while another command is answered is not waited for', async () => {
    peer = await startImapPeer();
    try {
      const address = 'meanwhile@desk.example';
      peer.add(buildMail({ subject: 'Long there' }).bytes);
      await addMailbox(admin, { address, port: peer.port });
      await working(admin, address);
      peer.meanwhile = buildMail({ subject: 'Meanwhile' }).bytes;
      await press(admin, address, 'ask');
      await arrived(api, 'Meanwhile');
    } finally {
      await peer.stop();
    }
  });

  test('without IDLE it is asked every so often; without UIDNEXT nothing is lost', async () => {
    peer = await startImapPeer({ idle: false, uidnext: false });
    try {
      const address = 'poll@desk.example';
      peer.add(buildMail({ subject: 'Poll before' }).bytes);
      await addMailbox(admin, { address, port: peer.port, poll_seconds: '10' });
      await working(admin, address);
      peer.add(buildMail({ subject: 'Polled' }).bytes);
      await arrived(api, 'Polled');
      assert.ok(peer.commands.every((line) => !/IDLE/.test(line)));
      assert.ok(peer.commands.every((line) => !/SELECT|STORE|EXPUNGE|COPY|MOVE/.test(line)));
    } finally {
      await peer.stop();
    }
  });
});

describe('several programs on one PostgreSQL', { skip }, () => {
  test('one fetches; when it dies another takes over, and every message comes once', async () => {
    const postgres = await startPostgres();
    const db = await postgres.createDatabase();
    const dovecot = await startDovecot();
    const first = await startServer({ db });
    const second = await startServer({ db, data: first.data });
    const admin = first.visitor();
    try {
      const api = await second.api();
      const address = 'cluster@desk.example';
      await signIn(admin, first.admin);
      await addMailbox(admin, { address, port: dovecot.imapPort });
      await working(admin, address);
      const wanted = Array.from({ length: 30 }, (_, i) => `Cluster ${i}`);
      await Promise.all(wanted.slice(0, 20).map((subject) => deliver(dovecot, address, { subject })));
      await arrived(api, ...wanted.slice(0, 20));
      const users = (dovecot.log().match(/Login: user=<cluster@/g) ?? []).length;
      assert.equal(users, 1, 'one of the two is signed in');
      await first.kill();
      await Promise.all(wanted.slice(20).map((subject) => deliver(dovecot, address, { subject })));
      const list = await until('the other to take over', async () => {
        const all = await tickets(api);
        return wanted.every((subject) => all.some((one) => one.subject === subject)) && all;
      }, 60000);
      assert.equal(list.length, wanted.length);
    } finally {
      admin.close();
      await first.stop();
      await second.stop();
      await postgres.release(db);
      await dovecot.stop();
    }
  });
});

describe('TLS', { skip }, () => {
  let dovecot;
  let server;
  let admin;

  before(async () => {
    dovecot = await startDovecot({ tls: true });
    server = await startServer();
    admin = server.visitor();
    await signIn(admin, server.admin);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
  });

  const failing = (address, words) => until(`${address} to fail`, async () => words.test(await boxes(admin, address)));

  test('at once, and by STARTTLS, with a certificate that is vouched for', async () => {
    const ca = dovecot.ca;
    await addMailbox(admin, { address: 'tls@desk.example', security: 'tls', port: dovecot.imapsPort, ca });
    await addMailbox(admin, { address: 'starttls@desk.example', security: 'starttls', port: dovecot.imapPort, ca });
    await working(admin, 'tls@desk.example');
    await working(admin, 'starttls@desk.example');
    await deliver(dovecot, 'tls@desk.example', { subject: 'By TLS', attachments: [{ name: 'a', bytes: Buffer.alloc(2000000, 7) }] });
    await arrived(await server.api(), 'By TLS');
  });

  test('a certificate nobody vouches for stops it, and the password is not sent', async () => {
    await addMailbox(admin, { address: 'nobody@desk.example', security: 'tls', port: dovecot.imapsPort });
    await failing('nobody@desk.example', /certificate is not trusted/);
    await addMailbox(admin, { address: 'nobody2@desk.example', security: 'starttls', port: dovecot.imapPort });
    await failing('nobody2@desk.example', /certificate is not trusted/);
    assert.doesNotMatch(dovecot.log(), /nobody2?@desk\.example/);
  });

  test('a certificate for another name stops it', async () => {
    await addMailbox(admin, { address: 'name@desk.example', host: 'localhost', security: 'tls', port: dovecot.imapsPort, ca: dovecot.ca });
    await failing('name@desk.example', /certificate is not trusted/);
  });

  test('a server without TLS where TLS is wanted', async () => {
    const plain = await startDovecot();
    try {
      await addMailbox(admin, { address: 'plain@desk.example', security: 'starttls', port: plain.imapPort });
      await failing('plain@desk.example', /does not offer TLS/);
      await addMailbox(admin, { address: 'plain2@desk.example', security: 'tls', port: plain.imapPort });
      await failing('plain2@desk.example', /TLS did not come about/);
    } finally {
      await plain.stop();
    }
  });
});

describe('OAuth', { skip }, () => {
  let provider;
  let dovecot;
  let server;
  let admin;
  const state = { refresh: 'refresh-1', access: new Map(), asked: [], rotate: false };

  before(async () => {
    provider = http.createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += chunk));
      req.on('end', () => {
        const url = new URL(req.url, 'http://x');
        const say = (status, json) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
        if (url.pathname === '/check') {
          const token = url.searchParams.get('token') ?? (req.headers.authorization ?? '').replace('Bearer ', '');
          const username = state.access.get(token);
          return username ? say(200, { username, active: true }) : say(401, { error: 'invalid_token' });
        }
        const form = new URLSearchParams(body);
        state.asked.push(Object.fromEntries(form));
        if (form.get('refresh_token') !== state.refresh) return say(400, { error: 'invalid_grant', error_description: 'revoked' });
        const token = `access-${state.asked.length}`;
        state.access.set(token, 'oauth@desk.example');
        if (state.rotate) state.refresh = `refresh-${state.asked.length + 1}`;
        return say(200, { access_token: token, expires_in: 3600, ...(state.rotate ? { refresh_token: state.refresh } : {}) });
      });
    });
    await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
    state.url = `http://127.0.0.1:${provider.address().port}`;
    dovecot = await startDovecot({ oauth: `${state.url}/check?token=` });
    server = await startServer();
    admin = server.visitor();
    await signIn(admin, server.admin);
  });

  after(async () => {
    admin?.close();
    await server?.stop();
    await dovecot?.stop();
    provider?.close();
  });

  const fields = () => ({
    address: 'oauth@desk.example', port: dovecot.imapPort, auth: 'oauth', secret: 'refresh-1',
    token_url: `${state.url}/token`, client: 'steward', token_secret: 'client secret', scope: 'mail',
  });

  test('the refresh token gives access, each connection with a fresh one', async () => {
    await addMailbox(admin, fields());
    await working(admin, 'oauth@desk.example');
    assert.deepEqual(state.asked[0], {
      grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'steward', client_secret: 'client secret', scope: 'mail',
    });
    await deliver(dovecot, 'oauth@desk.example', { subject: 'By a token' });
    await arrived(await server.api(), 'By a token');
  });

  test('a new refresh token is kept', async () => {
    state.rotate = true;
    for (let i = 0; i < 2; i++) {
      const count = state.asked.length;
      await press(admin, 'oauth@desk.example', 'ask');
      await until('a new connection', () => state.asked.length > count);
      await working(admin, 'oauth@desk.example');
    }
    await deliver(dovecot, 'oauth@desk.example', { subject: 'By a new token' });
    await arrived(await server.api(), 'By a new token');
  });

  test('access that was taken back is told, with what to do', async () => {
    state.refresh = 'another';
    await press(admin, 'oauth@desk.example', 'ask');
    await until('the reason', async () => /invalid_grant.*revoked.*Grant access anew/.test(await boxes(admin, 'oauth@desk.example')));
  });

  test('tokens come from https only', async () => {
    const answer = await addMailbox(admin, { ...fields(), token_url: 'http://provider.example/token' }, 422);
    assert.match(pageText(answer.text), /begins with https/);
  });
});
