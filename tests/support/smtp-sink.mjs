// SPDX-License-Identifier: GPL-3.0-or-later
//
// A small SMTP server that keeps what it is sent, and can refuse or hang at any step.
//
//   const sink = await startSink();
//   startServer({ smtp: sink.url });
//   const mail = await sink.wait((m) => m.to.includes('anna@example.net'));
//
// sink.behave = { 'RCPT TO': (line) => '550 5.1.1 no such person' } answers instead of the usual;
// the key is the command in capitals, '' the greeting, '.' the end of the data; a value of 'hang'
// says nothing for ever, 'drop' closes the connection.
import net from 'node:net';
import { parseMail } from './mime.mjs';
import { until } from './wait.mjs';

class Sink {
  constructor() {
    this.mails = [];
    this.sessions = 0;
    this.behave = {};
    this.auth = null; // { user, password } makes AUTH PLAIN necessary
    this.sockets = new Set();
  }

  get url() {
    const who = this.auth ? `${encodeURIComponent(this.auth.user)}:${encodeURIComponent(this.auth.password)}@` : '';
    return `smtp://${who}127.0.0.1:${this.port}`;
  }

  // The first mail for which `match` is true, waiting for it.
  wait(match = () => true, timeout = 15000) {
    return until('a mail to arrive', () => this.mails.find(match), timeout);
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }

  // Says `usual`, or what the test wants said at this step; false when the step must not count.
  say(session, step, line, usual) {
    let answer = this.behave[step];
    if (typeof answer === 'function') answer = answer(line, session);
    answer ??= usual;
    if (answer === 'hang') return false;
    if (answer === 'drop') {
      session.socket.destroy();
      return false;
    }
    session.socket.write(`${answer}\r\n`);
    return answer.startsWith('2') || answer.startsWith('3');
  }

  serve(socket) {
    const session = { socket, mail: null, data: null, buffered: '', signedIn: !this.auth };
    this.sockets.add(socket);
    this.sessions++;
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      session.buffered += chunk.toString('latin1');
      this.read(session);
    });
    this.say(session, '', '', '220 sink.example ESMTP');
  }

  read(session) {
    for (;;) {
      if (session.data !== null) {
        const end = session.buffered.startsWith('.\r\n') ? 0 : session.buffered.indexOf('\r\n.\r\n') + 2;
        if (end === 1) return;
        const raw = session.buffered.slice(0, end);
        session.buffered = session.buffered.slice(end + 3);
        session.data = null;
        this.keep(session, raw.replace(/^\./gm, ''));
        continue;
      }
      const at = session.buffered.indexOf('\r\n');
      if (at < 0) return;
      const line = session.buffered.slice(0, at);
      session.buffered = session.buffered.slice(at + 2);
      this.command(session, line);
    }
  }

  keep(session, raw) {
    const { mail } = session;
    session.mail = null;
    if (!this.say(session, '.', raw, '250 2.0.0 kept')) return;
    const bytes = Buffer.from(raw, 'latin1');
    this.mails.push({ ...mail, bytes, raw, at: Date.now(), ...parseMail(bytes) });
  }

  command(session, line) {
    const upper = line.toUpperCase();
    const address = line.match(/<([^>]*)>/)?.[1] ?? '';
    if (upper.startsWith('EHLO') || upper.startsWith('HELO')) {
      const more = `250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n`;
      this.say(session, 'EHLO', line, `${more}${this.auth ? '250-AUTH PLAIN\r\n' : ''}250 SIZE 104857600`);
    } else if (upper.startsWith('AUTH PLAIN') && this.auth) {
      this.signIn(session, line);
    } else if (!session.signedIn) {
      this.say(session, 'AUTH', line, '530 5.7.0 sign in first');
    } else if (upper.startsWith('MAIL FROM')) {
      if (this.say(session, 'MAIL FROM', line, '250 2.1.0 go on')) {
        session.mail = { envelopeFrom: address, to: [] };
      }
    } else if (upper.startsWith('RCPT TO')) {
      if (this.say(session, 'RCPT TO', line, '250 2.1.5 go on')) session.mail.to.push(address);
    } else if (upper === 'DATA') {
      const usual = session.mail?.to.length > 0 ? '354 go on' : '503 5.5.1 nobody to send to';
      if (this.say(session, 'DATA', line, usual)) session.data = '';
    } else if (upper === 'RSET') {
      session.mail = null;
      this.say(session, 'RSET', line, '250 2.0.0 forgotten');
    } else if (upper === 'QUIT') {
      this.say(session, 'QUIT', line, '221 2.0.0 bye');
      session.socket.end();
    } else if (upper === 'NOOP') {
      this.say(session, 'NOOP', line, '250 2.0.0 yes');
    } else {
      this.say(session, 'other', line, '502 5.5.2 not known here');
    }
  }

  signIn(session, line) {
    const said = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8').split('\0');
    session.signedIn = said[1] === this.auth.user && said[2] === this.auth.password;
    this.say(session, 'AUTH', line, session.signedIn ? '235 2.7.0 welcome' : '535 5.7.8 no');
  }
}

export async function startSink(options = {}) {
  const sink = Object.assign(new Sink(), options);
  sink.server = net.createServer((socket) => sink.serve(socket));
  await new Promise((resolve) => sink.server.listen(options.port ?? 0, '127.0.0.1', resolve));
  sink.port = sink.server.address().port;
  return sink;
}
