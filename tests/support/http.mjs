// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP as the tests need it: every header visible, cookies kept, no redirect followed unless asked.
// `Visitor` is a person with a browser but without JavaScript; `Api` is a program with a token.
import http from 'node:http';

// One exchange. Returns { status, headers, cookies, text, bytes, location }.
// options: method, headers, body (string or Buffer), timeout in ms.
export function request(url, options = {}) {
  const { method = 'GET', headers = {}, body, agent, timeout = 30000 } = options;
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method, headers, agent }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: res.statusCode,
          reason: res.statusMessage,
          headers: res.headers,
          rawHeaders: res.rawHeaders,
          cookies: res.headers['set-cookie'] ?? [],
          location: res.headers.location,
          bytes,
          text: bytes.toString('utf8'),
        });
      });
    });
    req.setTimeout(timeout, () => req.destroy(new Error(`no answer from ${url} in ${timeout} ms`)));
    req.on('error', reject);
    req.end(body);
  });
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function unescapeHtml(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, dec, name) => {
    if (hex) return String.fromCodePoint(parseInt(hex, 16));
    if (dec) return String.fromCodePoint(parseInt(dec, 10));
    return entities[name] ?? all;
  });
}

// What a reader sees of a page: no tags, one space for any run of white space.
export function pageText(html) {
  return unescapeHtml(html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function attributes(tag) {
  const found = {};
  for (const m of tag.matchAll(/([^\s=<>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)) {
    found[m[1].toLowerCase()] = unescapeHtml(m[2] ?? m[3] ?? m[4] ?? '');
  }
  return found;
}

// The forms of a page: [{ action, method, enctype, fields }], fields with the values that a browser
// would send untouched.
export function forms(html) {
  const found = [];
  for (const m of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const form = attributes(m[1]);
    const fields = {};
    for (const input of m[2].matchAll(/<input\b([^>]*)>/gi)) {
      const a = attributes(input[1]);
      const type = (a.type ?? 'text').toLowerCase();
      if (!a.name || ['submit', 'button', 'image', 'file', 'reset'].includes(type)) continue;
      if (['checkbox', 'radio'].includes(type) && a.checked === undefined) continue;
      fields[a.name] = a.value ?? (type === 'checkbox' ? 'on' : '');
    }
    for (const area of m[2].matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea>/gi)) {
      const a = attributes(area[1]);
      if (a.name) fields[a.name] = unescapeHtml(area[2].replace(/^\n/, ''));
    }
    for (const select of m[2].matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/gi)) {
      const a = attributes(select[1]);
      const options = [...select[2].matchAll(/<option\b([^>]*)>([^<]*)/gi)].map((o) => ({
        a: attributes(o[1]),
        text: unescapeHtml(o[2]).trim(),
      }));
      if (a.name && a.multiple !== undefined) {
        fields[a.name] = options.filter((o) => o.a.selected !== undefined).map((o) => o.a.value ?? o.text);
        continue;
      }
      const chosen = options.find((o) => o.a.selected !== undefined) ?? options[0];
      if (a.name && chosen) fields[a.name] = chosen.a.value ?? chosen.text;
    }
    found.push({
      action: form.action ?? '',
      method: (form.method ?? 'get').toUpperCase(),
      enctype: form.enctype ?? 'application/x-www-form-urlencoded',
      fields,
    });
  }
  return found;
}

// multipart/form-data: values are strings, or { name, type, bytes } for files; arrays repeat.
export function multipart(fields) {
  const boundary = `----steward${Math.random().toString(36).slice(2)}`;
  const parts = [];
  for (const [key, values] of Object.entries(fields)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      let head = `--${boundary}\r\nContent-Disposition: form-data; name="${key}"`;
      if (typeof value === 'object') {
        head += `; filename="${value.name}"\r\nContent-Type: ${value.type ?? 'application/octet-stream'}`;
      }
      parts.push(Buffer.from(`${head}\r\n\r\n`), Buffer.from(value.bytes ?? String(value)));
      parts.push(Buffer.from('\r\n'));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}

export function urlencoded(fields) {
  const params = new URLSearchParams();
  for (const [key, values] of Object.entries(fields)) {
    for (const value of Array.isArray(values) ? values : [values]) params.append(key, value);
  }
  return params.toString();
}

// A person with a browser without JavaScript: keeps cookies, fills forms.
export class Visitor {
  constructor(base) {
    this.base = base;
    this.cookies = new Map();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  async send(path, options = {}) {
    const headers = { ...options.headers };
    if (this.cookies.size > 0) {
      headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    }
    const url = new URL(path, this.base);
    const answer = await request(url, { ...options, headers, agent: this.agent });
    for (const line of answer.cookies) {
      const [pair, ...flags] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const gone = flags.some((flag) => /^max-age=0$/i.test(flag));
      if (gone) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    answer.url = url.pathname + url.search;
    return answer;
  }

  // Follows redirects, up to ten.
  async get(path, options = {}) {
    let answer = await this.send(path, options);
    for (let hops = 0; answer.location && answer.status >= 300 && answer.status < 400; hops++) {
      if (hops === 10) throw new Error(`${path} redirects for ever`);
      answer = await this.send(answer.location);
    }
    return answer;
  }

  // Fills the form of `page` whose action matches (string or RegExp) and posts it with its hidden
  // fields, the CSRF token among them. The answer is the server's own: 303, or 422 with the form.
  async submit(page, action, fields = {}, options = {}) {
    const form = forms(page.text).find((candidate) =>
      action instanceof RegExp ? action.test(candidate.action) : candidate.action === action,
    );
    if (!form) {
      const there = forms(page.text).map((candidate) => candidate.action);
      throw new Error(`no form to ${action} on ${page.url}; there are: ${there.join(', ')}`);
    }
    const filled = { ...form.fields, ...fields };
    const target = new URL(form.action || page.url, new URL(page.url, this.base));
    const files = Object.values(filled)
      .flat()
      .some((value) => typeof value === 'object');
    const encoded =
      files || form.enctype === 'multipart/form-data'
        ? multipart(filled)
        : { type: 'application/x-www-form-urlencoded', body: urlencoded(filled) };
    return this.send(target, {
      ...options,
      method: form.method,
      headers: { 'content-type': encoded.type, ...options.headers },
      body: encoded.body,
    });
  }

  close() {
    this.agent.destroy();
  }
}

// A program with an API token: `email/token:TOKEN` by basic authentication, JSON both ways.
export class Api {
  constructor(base, email, token) {
    this.base = base;
    this.headers = token
      ? { authorization: `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}` }
      : {};
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  }

  async call(method, path, json, headers = {}) {
    const body = json === undefined || typeof json === 'string' ? json : JSON.stringify(json);
    const answer = await request(new URL(path, this.base), {
      method,
      agent: this.agent,
      headers: {
        accept: 'application/json',
        ...this.headers,
        // Node frames the body of a DELETE by itself in no way.
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
      body,
    });
    const type = answer.headers['content-type'] ?? '';
    answer.json = type.includes('application/json') ? JSON.parse(answer.text) : undefined;
    return answer;
  }

  get(path, headers) {
    return this.call('GET', path, undefined, headers);
  }

  post(path, json, headers) {
    return this.call('POST', path, json, headers);
  }

  put(path, json, headers) {
    return this.call('PUT', path, json, headers);
  }

  delete(path, headers) {
    return this.call('DELETE', path, undefined, headers);
  }

  // All records of a list, over all its pages: `key` is the name of the array in the answer.
  async all(path, key) {
    const found = [];
    let next = path;
    while (next) {
      const answer = await this.get(next);
      if (answer.status !== 200) throw new Error(`${next}: ${answer.status} ${answer.text}`);
      found.push(...answer.json[key]);
      next = answer.json.next_page ?? answer.json.links?.next ?? null;
    }
    return found;
  }

  close() {
    this.agent.destroy();
  }
}
