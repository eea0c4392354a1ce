// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of api/openapi.test.mjs: sends the examples of docs/api/examples.mjs one after the other, with
// the ids of the objects that they made, and then asks every other call of the program about those.
import assert from 'node:assert/strict';
import { fillIn, nameless, resolve } from '../../docs/api/example-values.mjs';
import { signIn } from './desk.mjs';
import { request } from './http.mjs';

// The names under which the objects of routes stand, by what comes before them in the path.
const named = {
  users: 'user', end_users: 'user', organizations: 'organization', groups: 'group', tickets: 'ticket', comments: 'comment', audits: 'audit',
  identities: 'identity', ticket_fields: 'ticket_field', user_fields: 'user_field', organization_fields: 'organization_field',
  ticket_forms: 'ticket_form', brands: 'brand', custom_statuses: 'custom_status', items: 'item', variants: 'variant',
  recipient_addresses: 'recipient_address', schedules: 'schedule', holidays: 'holiday', policies: 'policy', webhooks: 'webhook', targets: 'target',
  clients: 'client', tokens: 'token', ticket_metrics: 'ticket', requests: 'request', attachments: 'attachment', uploads: 'upload',
  views: 'view', macros: 'macro', trigger_categories: 'trigger_category', triggers: 'trigger', automations: 'automation',
  deleted_tickets: 'spam', satisfaction_ratings: 'rating', activities: 'activity', bookmarks: 'bookmark', articles: 'article',
  organization_subscriptions: 'subscription', audit_logs: 'audit_log', categories: 'category', sections: 'section',
  translations: 'language', versions: 'charter', marks: 'mark', stewards: 'agent', absences: 'absence', job_statuses: 'job',
  deleted_users: 'double', sessions: 'session', organization_merges: 'organization_merge', suspended_tickets: 'mail3', locales: 'locale',
  custom_roles: 'role', memberships: 'group_membership', group_memberships: 'group_membership', organization_memberships: 'organization_membership',
  invocations: 'invocation', merges: 'organization_merge', objectives: 'objective', routes: 'group', help_center: 'locale', side_conversations: 'side',
};

export class Walk {
  constructor(server, api) {
    this.server = server;
    this.kept = { language: { id: 'de' }, locale: { id: 'en-us' } };
    this.people = { admin: api };
    this.sent = new Set(); // calls that were asked, with {} for values
  }

  async prepare() {
    const { server, kept } = this;
    const api = this.people.admin;
    kept.me = (await api.get('/api/v2/users/me')).json.user;
    const mail = (n) => `From: MAILER-DAEMON@else.example\r\nTo: support@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office ${n}\r\nMessage-ID: <m${n}@else.example>\r\n\r\nI am away.\r\n`;
    for (const n of [1, 2, 3, 4]) await server.run('deliver', ['--to', 'support@example.org'], { input: mail(n) });
    [kept.mail, kept.mail2, kept.mail3, kept.mail4] = (await api.get('/api/v2/suspended_tickets')).json.suspended_tickets;
    assert.ok(kept.mail4, 'mails were set aside');
    this.visitor = server.visitor();
    await signIn(this.visitor, server.admin);
  }

  // What examples need that no call of theirs makes.
  async between(call) {
    const { kept } = this;
    const { admin } = this.people;
    if (call.includes('comments/{comment}/redact')) {
      kept.comment = (await admin.get(`/api/v2/tickets/${kept.ticket.id}/comments`)).json.comments.find((one) => one.body.includes('4711'));
      kept.problem_audit = (await admin.get(`/api/v2/tickets/${kept.problem.id}/audits`)).json.audits[0];
      kept.audit = (await admin.get(`/api/v2/tickets/${kept.ticket.id}/audits`)).json.audits[0];
    }
    if (call.includes('charter/marks')) kept.reply = (await admin.get(`/api/v2/tickets/${kept.ticket.id}/comments`)).json.comments.at(-1);
    if (call.includes('charter/versions/{charter}/sign')) {
      kept.charter = (await admin.get(`/api/v2/charter/versions/${kept.charter.id}`)).json.version;
      [kept.objective] = kept.charter.objectives;
      [kept.value] = kept.charter.values;
    }
  }

  async who(name = 'admin') {
    this.people[name] ??= await this.server.api(this.kept[name].email);
    return this.people[name];
  }

  async send([line, body, { as, keep, query, status } = {}]) {
    await this.between(line);
    const [method, where] = line.split(' ');
    const api = await this.who(as);
    const path = `${where.startsWith('//') ? where.slice(1) : `/api/v2${where}`}`.replace(/\{(\w+)\}/g, (_, name) => this.id(name));
    const search = query ? `?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, resolve(value, this.kept)]))}` : '';
    const answer = await api.call(method, path + search, body === undefined ? undefined : fillIn(body, this.kept));
    const fine = status ? answer.status === status : answer.status >= 200 && answer.status < 300;
    assert.ok(fine, `${line} ${JSON.stringify(fillIn(body ?? null, this.kept))}: ${answer.status} ${answer.text}`);
    this.sent.add(nameless(line));
    if (keep) this.keep(keep, answer.json);
    return answer;
  }

  keep(name, json) {
    const value = Object.values(json ?? {}).find((one) => one !== null && typeof one === 'object');
    const one = Array.isArray(value) ? value[0] : value;
    assert.ok(one?.id !== undefined, `${name}: ${JSON.stringify(json)}`);
    this.kept[name] = one;
  }

  id(name) {
    assert.ok(this.kept[name], `nothing is kept as ${name}`);
    return this.kept[name].id;
  }

  // The address of a route, with the objects that were made.
  address(route) {
    const parts = route.split('/');
    return parts.map((part, i) => {
      if (!part.startsWith('{')) return part;
      if (parts[i - 1] === 'options') return this.id(`${parts[3].replace('_fields', '')}_option`);
      if (parts[i - 1] === 'variants') return this.id('variant');
      if (parts[i - 1] === 'tokens') return this.id('token');
      if (route.includes('/translations/{object')) return this.id('translation');
      if (parts[i - 1] === 'users' && /group_memberships/.test(route)) return this.id('agent');
      if (parts[i - 1] === 'users' && /sessions/.test(route)) return this.id('me');
      if (parts[3] === 'requests' && parts[i - 1] === 'comments') return this.id('request_comment');
      assert.ok(named[parts[i - 1]], `no object for ${route}`);
      return this.id(named[parts[i - 1]]);
    }).join('/');
  }
}


// Calls that need more than a body of JSON, or objects that no example makes.
Walk.prototype.files = async function files() {
  const { admin } = this.people;
  const upload = async (name) => {
    const answer = await admin.call('POST', `/api/v2/uploads?filename=${name}`, 'some text', { 'content-type': 'text/plain' });
    this.sent.add('POST /uploads');
    return answer;
  };
  const first = await upload('a.txt');
  const { upload: made } = first.json;
  const attach = (token) => admin.put(`/api/v2/tickets/${this.kept.ticket.id}`, { ticket: { comment: { body: 'See the file.', uploads: [token] } } });
  assert.equal((await attach(made.token)).status, 200);
  this.kept.attached = (await admin.get(`/api/v2/tickets/${this.kept.ticket.id}/comments`)).json.comments.at(-1);
  [this.kept.attachment] = this.kept.attached.attachments;
  this.kept.upload = { id: (await upload('b.txt')).json.upload.token };
  const more = (await upload('c.txt')).json.upload;
  assert.equal((await attach(more.token)).status, 200);
  this.kept.gone_attachment = { id: more.attachment.id };
  return first;
};

// The objects that stand there by themselves.
Walk.prototype.lookAround = async function lookAround() {
  const { admin } = this.people;
  const { kept } = this;
  const first = async (path, api = admin) => Object.values((await api.get(`/api/v2/${path}`)).json).find(Array.isArray)[0];
  kept.request_comment = await first(`requests/${kept.request.id}/comments`, await this.who('user'));
  kept.activity = await first('activities', await this.who('agent'));
  kept.audit_log = await first('audit_logs');
  kept.role = await first('custom_roles');
  kept.session = await first(`users/${kept.me.id}/sessions`);
  kept.locale_name = await first('locales');
};

// Who asks a GET: requests are their requester's, activities are of whom they concern.
Walk.prototype.reader = function reader(route) {
  const part = route.split('/')[3];
  return this.who({ requests: 'user', activities: 'agent' }[part]);
};

// No example makes a delivery of a webhook or a target: webhooks.test.mjs has real ones. Files of side conversations: aside.test.mjs.
export const unasked = new Set(['GET /webhooks/{}/invocations/{}/attempts', 'GET /target_failures/{}', 'POST /tickets/side_conversations/attachments', 'GET /tickets/side_conversations/attachments/{}']);

const queries = [
  [/\/(incremental|exports)\//, () => '?start_time=0'],
  [/autocomplete/, () => '?name=print'],
  [/(users|organizations)\/search/, () => '?query=Jane&name=Doe'],
  [/\/search/, () => '?query=printer&filter[type]=ticket'],
  [/check_host_mapping/, () => '?host_mapping=help.example.com&subdomain=help'],
  [/items\/show_many/, () => '?identifiers=salutation'],
  [/show_many|count_many/, (walk, route) => `?ids=${walk.id(named[route.split('/')[3]])}`],
];

// A GET as a program would make it, with the objects that were made.
Walk.prototype.read = async function read(route) {
  const where = this.address(route) + (queries.find(([which]) => which.test(route))?.[1](this, route) ?? '');
  this.sent.add(nameless(`GET ${route.slice('/api/v2'.length)}`));
  if (route.endsWith('/tokens/current')) {
    this.bearer ??= await this.takeToken();
    return request(new URL(where, this.server.url), { headers: this.bearer });
  }
  if (/\/(me|help_center)\/session/.test(route)) return this.visitor.get(where);
  return (await this.reader(route)).get(where);
};

Walk.prototype.takeToken = async function takeToken() {
  const answer = await this.people.admin.post('/api/v2/oauth/tokens', { token: { client_id: this.id('client'), scopes: ['read', 'write'] } });
  return { authorization: `Bearer ${answer.json.token.full_token}` };
};

Walk.prototype.endToken = async function endToken() {
  this.sent.add('DELETE /oauth/tokens/current');
  return request(new URL('/api/v2/oauth/tokens/current', this.server.url), { method: 'DELETE', headers: this.bearer });
};

// Ends a session of a browser.
Walk.prototype.leave = async function leave(path) {
  const visitor = this.server.visitor();
  await signIn(visitor, this.server.admin);
  const { authenticity_token: token } = JSON.parse((await visitor.get('/api/v2/users/me/session/renew')).text);
  this.sent.add(`DELETE ${path}`);
  const answer = await visitor.send(`/api/v2${path}`, { method: 'DELETE', headers: { 'x-csrf-token': token } });
  visitor.close();
  return answer;
};

// Removes what stands at that address.
Walk.prototype.end = function end(url) {
  const path = new URL(url).pathname.replace('.json', '').slice('/api/v2'.length);
  this.sent.add(`DELETE ${path.replace(/\/\d+/g, '/{}').replace('/en-us/', '/{}/')}`);
  return this.people.admin.delete(url);
};

Walk.prototype.close = function close() {
  for (const api of Object.values(this.people)) api.close();
  this.visitor.close();
};
