// SPDX-License-Identifier: GPL-3.0-or-later
//
// A TCP proxy of the tests that breaks connections: after so many bytes from the server, or never
// answering, or dripping.
//
//   const proxy = await startProxy(143);
//   proxy.cutAfter = 1000;   // each connection ends after 1,000 bytes of the server's
//   proxy.mode = 'silent';   // connections are taken and nothing is ever said
//   proxy.mode = 'drip';     // one byte every 50 ms
import net from 'node:net';

class Proxy {
  constructor(target) {
    this.target = target;
    this.cutAfter = Infinity;
    this.mode = 'pass';
    this.connections = 0;
    this.cuts = 0;
    this.open = new Set();
  }

  start() {
    this.server = net.createServer((client) => this.take(client));
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => {
        this.port = this.server.address().port;
        resolve(this);
      });
    });
  }

  take(client) {
    this.connections += 1;
    this.open.add(client);
    client.on('error', () => {});
    client.on('close', () => this.open.delete(client));
    if (this.mode === 'silent') return;
    const upstream = net.connect(this.target, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.end());
    client.on('close', () => upstream.destroy());
    client.on('data', (chunk) => upstream.write(chunk));
    let passed = 0;
    upstream.on('data', (chunk) => {
      const left = this.cutAfter - passed;
      passed += chunk.length;
      if (this.mode === 'drip') {
        this.drip(client, upstream, chunk);
      } else if (chunk.length < left) {
        client.write(chunk);
      } else {
        this.cuts += 1;
        client.write(chunk.subarray(0, left), () => {
          client.destroy();
          upstream.destroy();
        });
      }
    });
  }

  drip(client, upstream, chunk) {
    upstream.pause();
    let at = 0;
    const timer = setInterval(() => {
      if (client.destroyed || at === chunk.length) {
        clearInterval(timer);
        upstream.resume();
      } else {
        client.write(chunk.subarray(at, ++at));
      }
    }, 50);
  }

  // Ends what is open now.
  hangUp() {
    for (const client of this.open) client.destroy();
  }

  async stop() {
    this.hangUp();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function startProxy(target) {
  return new Proxy(target).start();
}
