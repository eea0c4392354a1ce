// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a browser's EventSource hears, as a list of { event, data }.
import http from 'node:http';
import { until } from './wait.mjs';

class Live {
  constructor(visitor, topics) {
    this.events = [];
    const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const url = new URL(`/live?topics=${topics}`, visitor.base);
    this.opened = new Promise((resolve, reject) => {
      this.request = http.get(url, { headers: { cookie } }, (res) => {
        let text = '';
        res.on('data', (chunk) => {
          text += chunk;
          const parts = text.split('\n\n');
          text = parts.pop();
          for (const part of parts) this.take(part);
          resolve(res);
        });
        res.on('error', () => {});
      });
      this.request.on('error', reject);
    });
    this.opened.catch(() => {});
  }

  take(part) {
    const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: ?(.*)/s)));
    if (fields.event) this.events.push({ event: fields.event, data: fields.data });
  }

  heard(event, data) {
    return until(`${event} of ${data}`, () => this.events.find((e) => e.event === event && e.data === data));
  }

  close() {
    this.request.destroy();
  }
}

// A connection to /live as this visitor, once the server has said hello.
export async function listenLive(visitor, topics) {
  const live = new Live(visitor, topics);
  await live.opened;
  return live;
}
