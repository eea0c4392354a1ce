// SPDX-License-Identifier: GPL-3.0-or-later
//
// A client speaking LMTP (RFC 2033): what Postfix does when it hands a mail over.
import net from 'node:net';

// CRLF line ends and doubled leading dots, as DATA wants them.
export function stuff(message) {
  const text = Buffer.isBuffer(message) ? message.toString('latin1') : Buffer.from(message).toString('latin1');
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return Buffer.from(`${lines.map((line) => (line.startsWith('.') ? `.${line}` : line)).join('\r\n')}\r\n.\r\n`, 'latin1');
}

export class LmtpClient {
  constructor(socket) {
    this.socket = socket;
    this.buffered = '';
    this.waiting = [];
    this.answers = [];
    this.lines = [];
    socket.on('data', (chunk) => this.take(chunk.toString('latin1')));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the connection was closed')));
  }

  // where: { host, port } or { path } of a unix socket.
  static async connect(where) {
    const socket = net.connect(where);
    const client = new LmtpClient(socket);
    client.greeting = await client.answer();
    return client;
  }

  take(text) {
    this.buffered += text;
    for (let at; (at = this.buffered.indexOf('\r\n')) >= 0; ) {
      const line = this.buffered.slice(0, at);
      this.buffered = this.buffered.slice(at + 2);
      this.lines.push(line.slice(4));
      if (line[3] === '-') continue;
      const answer = { code: Number(line.slice(0, 3)), text: this.lines.join('\n'), line };
      this.lines = [];
      const waiter = this.waiting.shift();
      if (waiter) waiter.resolve(answer);
      else this.answers.push(answer);
    }
  }

  fail(error) {
    this.error ??= error;
    for (const waiter of this.waiting.splice(0)) waiter.reject(this.error);
  }

  // The next reply: { code, text }.
  answer() {
    if (this.answers.length > 0) return Promise.resolve(this.answers.shift());
    if (this.error) return Promise.reject(this.error);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  command(line) {
    this.socket.write(`${line}\r\n`);
    return this.answer();
  }

  lhlo(name = 'client.example') {
    return this.command(`LHLO ${name}`);
  }

  // One message to one or more recipients. Returns { mail, rcpt: […], data, results: […] } with one
  // result for each accepted recipient, in order.
  async send({ from = 'sender@example.net', to, message, pipelining = false }) {
    const recipients = Array.isArray(to) ? to : [to];
    const envelope = [`MAIL FROM:<${from}>`, ...recipients.map((one) => `RCPT TO:<${one}>`)];
    let mail;
    const rcpt = [];
    let data;
    if (pipelining) {
      this.socket.write([...envelope, 'DATA', ''].join('\r\n'));
      mail = await this.answer();
      for (let i = 0; i < recipients.length; i++) rcpt.push(await this.answer());
      data = await this.answer();
    } else {
      mail = await this.command(envelope[0]);
      for (const line of envelope.slice(1)) rcpt.push(await this.command(line));
      data = await this.command('DATA');
    }
    const results = [];
    if (data.code === 354) {
      this.socket.write(stuff(message));
      const accepted = rcpt.filter((one) => one.code === 250 || one.code === 251).length;
      for (let i = 0; i < accepted; i++) results.push(await this.answer());
    }
    return { mail, rcpt, data, results };
  }

  async quit() {
    const answer = await this.command('QUIT');
    this.socket.end();
    return answer;
  }

  destroy() {
    this.socket.destroy();
  }
}

// Delivers one message on a connection of its own; fails unless every recipient's answer is 250.
export async function deliver(where, mail) {
  const client = await LmtpClient.connect(where);
  try {
    await client.lhlo();
    const sent = await client.send(mail);
    for (const result of [sent.mail, ...sent.rcpt, ...sent.results]) {
      if (result.code !== 250) throw new Error(`LMTP said: ${result.line}`);
    }
    await client.quit();
    return sent;
  } finally {
    client.destroy();
  }
}
