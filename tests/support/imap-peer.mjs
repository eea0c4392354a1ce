// SPDX-License-Identifier: GPL-3.0-or-later
//
// An IMAP server of the tests that can do what a proper one would not: refuse one message, know no
// IDLE, name no UIDNEXT. It knows just the commands that a client needs to read one folder.
//
//   const peer = await startImapPeer({ idle: false });
//   peer.add(buildMail({ subject: 'First' }).bytes);
//   peer.refuse.add(2);    // UID 2 is not handed over
//   peer.signIn = 'NO [UNAVAILABLE] later';
//   peer.meanwhile = bytes; // arrives while the next search is answered, which tells of it: IDLE does not
import net from 'node:net';

class ImapPeer {
  constructor(options) {
    this.options = { idle: true, uidnext: true, ...options };
    this.messages = []; // { uid, bytes, flags }
    this.uidvalidity = 42;
    this.refuse = new Set();
    this.commands = [];
    this.sockets = new Set();
  }

  add(bytes) {
    this.messages.push({ uid: this.messages.length + 1, bytes: Buffer.from(bytes) });
  }

  start() {
    this.server = net.createServer((socket) => this.take(socket));
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => {
        this.port = this.server.address().port;
        resolve(this);
      });
    });
  }

  take(socket) {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.write('* OK ready\r\n');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let at; (at = text.indexOf('\r\n')) >= 0; ) {
        const line = text.slice(0, at);
        text = text.slice(at + 2);
        this.commands.push(line);
        this.answer(socket, line);
      }
    });
  }

  range(words) {
    const last = this.messages.at(-1)?.uid ?? 0;
    const number = (word) => (word === '*' ? last : Number(word));
    const wanted = words.split(',').flatMap((part) => {
      const [from, to = from] = part.split(':').map(number);
      return this.messages.filter(({ uid }) => uid >= Math.min(from, to) && uid <= Math.max(from, to));
    });
    return [...new Set(wanted)];
  }

  fetch(socket, tag, set, items) {
    for (const message of this.range(set)) {
      const { uid, bytes } = message;
      const parts = [`UID ${uid}`];
      if (items.includes('RFC822.SIZE')) parts.push(`RFC822.SIZE ${bytes.length}`);
      if (items.includes('INTERNALDATE')) parts.push('INTERNALDATE "01-Nov-2026 10:00:00 +0000"');
      const section = items.match(/BODY\.PEEK\[([^\]]*)\](?:<(\d+)\.(\d+)>)?/);
      if (section && section[1] === '' && this.refuse.has(uid)) {
        socket.write(`${tag} NO [SERVERBUG] this one is broken here\r\n`);
        return;
      }
      socket.write(`* ${this.messages.indexOf(message) + 1} FETCH (${parts.join(' ')}`);
      if (section) {
        const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4);
        const all = section[1] === '' ? bytes : head;
        const piece = section[2] === undefined ? all : all.subarray(Number(section[2]), Number(section[2]) + Number(section[3]));
        const origin = section[2] === undefined ? '' : `<${section[2]}>`;
        socket.write(` BODY[${section[1]}]${origin} {${piece.length}}\r\n`);
        socket.write(piece);
      }
      socket.write(')\r\n');
    }
    socket.write(`${tag} OK done\r\n`);
  }

  answer(socket, line) {
    const [tag, verb, ...rest] = line.split(' ');
    const words = rest.join(' ');
    const say = (...lines) => socket.write(lines.map((one) => `${one}\r\n`).join(''));
    switch (`${verb} ${verb === 'UID' ? rest[0] : ''}`.trim().toUpperCase()) {
      case 'CAPABILITY':
        return say(`* CAPABILITY IMAP4rev1${this.options.idle ? ' IDLE' : ''}`, `${tag} OK done`);
      case 'LOGIN':
      case 'AUTHENTICATE':
        return say(`${tag} ${this.signIn ?? 'OK done'}`);
      case 'SELECT':
      case 'EXAMINE':
        return say(
          `* ${this.messages.length} EXISTS`, `* OK [UIDVALIDITY ${this.uidvalidity}] stays`,
          ...(this.options.uidnext ? [`* OK [UIDNEXT ${this.messages.length + 1}] next`] : []),
          `${tag} OK [READ-ONLY] done`,
        );
      case 'UID SEARCH': {
        const found = this.range(words.match(/UID ([\d:*,]+)/)[1]).map(({ uid }) => uid);
        const meanwhile = found.length < 2 ? this.meanwhile : undefined;
        if (meanwhile) {
          this.add(meanwhile);
          this.meanwhile = undefined;
        }
        return say(
          `* SEARCH ${found.join(' ')}`.trim(), ...(meanwhile ? [`* ${this.messages.length} EXISTS`] : []), `${tag} OK done`,
        );
      }
      case 'UID FETCH':
        return this.fetch(socket, tag, rest[1], words);
      case 'IDLE':
        this.idling = tag;
        return say('+ idling');
      case 'LOGOUT':
        say('* BYE bye', `${tag} OK done`);
        return socket.end();
      default:
        return say(tag === 'DONE' ? `${this.idling} OK done` : `${tag} OK done`);
    }
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function startImapPeer(options) {
  return new ImapPeer(options).start();
}
