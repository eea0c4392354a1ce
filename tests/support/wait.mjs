// SPDX-License-Identifier: GPL-3.0-or-later
//
// Waiting for what will be true soon. Tests never sleep a fixed time.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// Calls `probe` until it returns something truthy, which is returned; a probe that throws counts as
// not yet. After `timeout` ms fails with `what` and the last error.
export async function until(what, probe, timeout = 15000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${timeout} ms for ${what}${last ? `: ${last.message}` : ''}`);
    }
    await sleep(5);
  }
}

// A TCP port of this machine that nobody listens on.
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
