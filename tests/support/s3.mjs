// SPDX-License-Identifier: GPL-3.0-or-later
//
// A store that speaks S3 and checks signatures (s3rver), behind a middleman that compares each body
// with the hash that was signed, and breaks what a test wants broken:
//
//   const s3 = await startS3();
//   s3.url()                                 the setting `blobs`
//   s3.break = (request) => 'status:500'     for each request one of: nothing (it passes),
//     'silent' (no answer), 'reset' (the connection ends), 'status:N', 'cut:N' (the answer ends after
//     N bytes), 'flip' (the answer has another byte), 'drip' (a byte each 50 ms), 'blank' (an answer
//     200 of somebody who is no store), 'late' (it is done, and the answer is lost)
//   s3.halfway = true                        the next request with a body ends in its middle
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import S3rver from '@20minutes/s3rver';

const bucket = 'help-desk';
export const keys = { STEWARD_BLOBS_ACCESS_KEY: 'S3RVER', STEWARD_BLOBS_SECRET_KEY: 'S3RVER' };

class Store {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-s3-'));
    this.requests = [];
    this.break = () => undefined;
    this.halfway = false;
    this.agent = new http.Agent({ keepAlive: true });
  }

  async start() {
    this.store = new S3rver({
      address: '127.0.0.1', port: 0, silent: true, directory: this.folder, allowMismatchedSignatures: false,
      configureBuckets: [{ name: bucket }],
    });
    this.inner = (await this.store.run()).port;
    this.server = http.createServer((req, res) => this.take(req, res));
    await this.listen(0);
    return this;
  }

  listen(port) {
    return new Promise((resolve) => {
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port;
        resolve();
      });
    });
  }

  url(prefix = 'desk', options = 'wait=1') {
    return `s3://${bucket}/${prefix}?endpoint=http://127.0.0.1:${this.port}&region=eu-central-1&${options}`;
  }

  env(prefix, options) {
    return { ...keys, STEWARD_BLOBS: this.url(prefix, options) };
  }

  async take(req, res) {
    const chunks = [];
    try {
      for await (const chunk of req) {
        chunks.push(chunk);
        if (this.halfway) {
          this.halfway = false;
          req.socket.destroy();
        }
      }
    } catch {
      return; // cut off: no store keeps it
    }
    const body = Buffer.concat(chunks);
    const { method, url } = req;
    const seen = { method, url, size: body.length };
    this.requests.push(seen);
    if (!/^AWS4-HMAC-SHA256 Credential=\S+\/eu-central-1\/s3\/aws4_request,/.test(req.headers.authorization ?? '')) {
      res.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    if (req.headers['x-amz-content-sha256'] !== crypto.createHash('sha256').update(body).digest('hex')) {
      res.writeHead(400).end('<Error><Code>XAmzContentSHA256Mismatch</Code></Error>');
      return;
    }
    if (req.socket.destroyed) return;
    const [how, number] = (this.break(seen) ?? '').split(':');
    if (how === 'silent') return;
    if (how === 'reset') {
      req.socket.destroy();
    } else if (how === 'status') {
      res.writeHead(Number(number)).end('<?xml version="1.0"?>\n<Error><Code>Broken</Code></Error>');
    } else if (how === 'blank') {
      res.writeHead(200).end('It works!');
    } else {
      this.pass(req, body, res, how, Number(number));
    }
  }

  pass(req, body, res, how, number) {
    const options = { host: '127.0.0.1', port: this.inner, method: req.method, path: req.url, headers: req.headers, agent: this.agent };
    const inner = http.request(options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        if (how === 'late') {
          req.socket.destroy();
          return;
        }
        if (how === 'flip' && bytes.length > 0) bytes[bytes.length >> 1] ^= 1;
        res.writeHead(answer.statusCode, answer.headers);
        if (how === 'cut') {
          res.write(bytes.subarray(0, number), () => setTimeout(() => req.socket.destroy(), 20));
        } else if (how === 'drip') {
          let at = 0;
          const timer = setInterval(() => {
            if (res.destroyed || at === bytes.length) {
              clearInterval(timer);
              res.end();
            } else {
              res.write(bytes.subarray(at, ++at));
            }
          }, 50);
        } else {
          res.end(bytes);
        }
      });
    });
    inner.on('error', () => req.socket.destroy());
    inner.end(body);
  }

  // Keys of all objects, below a prefix.
  objects(prefix = 'desk') {
    const root = path.join(this.folder, bucket);
    return fs.readdirSync(root, { recursive: true })
      .filter((name) => name.startsWith(`${prefix}/`) && name.endsWith('._S3rver_object'))
      .map((name) => name.slice(0, -'._S3rver_object'.length));
  }

  file(key) {
    return path.join(this.folder, bucket, `${key}._S3rver_object`);
  }

  remove(key) {
    for (const part of ['object', 'object.md5', 'metadata.json']) {
      fs.rmSync(path.join(this.folder, bucket, `${key}._S3rver_${part}`), { force: true });
    }
  }

  // Nobody listens until rise().
  fall() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  rise() {
    return this.listen(this.port);
  }

  async stop() {
    this.agent.destroy();
    await this.fall();
    await this.store.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export function startS3() {
  return new Store().start();
}
