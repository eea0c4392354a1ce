// SPDX-License-Identifier: GPL-3.0-or-later
//
// What another desk with the same API exports, as files: a folder of pages and lines, made from a
// small desk that is described here.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

export const time = (day, hour = 9) => `2021-03-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`;

const person = (id, name, email, more = {}) => ({
  id, name, email, role: 'end-user', active: true, verified: true, suspended: false, tags: [], created_at: time(1), updated_at: time(2), url: `https://old.example/api/v2/users/${id}.json`, locale: 'en-US', iana_time_zone: 'Europe/Vienna', ...more,
});

export function foreignDesk() {
  return {
    brands: [
      { id: 8501, name: 'First', subdomain: 'first', default: true, active: true, updated_at: time(1) },
      { id: 8502, name: 'Second', subdomain: 'second-brand', default: false, active: true, updated_at: time(1) },
    ],
    user_fields: [{ id: 8201, type: 'integer', key: 'shoe_size', title: 'Shoe size', active: true, updated_at: time(1) }],
    organization_fields: [
      { id: 8211, type: 'dropdown', key: 'floor', title: 'Floor', active: true, updated_at: time(1), custom_field_options: [{ id: 1, name: 'Third', value: 'floor_3' }, { id: 2, name: 'Fourth', value: 'floor_4' }] },
    ],
    ticket_fields: [
      { id: 8001, type: 'subject', title: 'Betreff', removable: false, active: true, updated_at: time(1) },
      { id: 8002, type: 'intent', title: 'What no other desk has', removable: false, active: true, updated_at: time(1) },
      { id: 8101, type: 'tagger', title: 'Model', removable: true, active: true, visible_in_portal: true, updated_at: time(1), custom_field_options: [{ id: 11, name: 'Big', raw_name: 'Big', value: 'model_big', default: false }, { id: 12, name: 'Small', value: 'model_small' }] },
      { id: 8102, type: 'integer', title: 'Pages', removable: true, active: true, updated_at: time(1) },
      { id: 8103, type: 'lookup', title: 'Where', removable: true, active: true, updated_at: time(1), relationship_target_type: 'zen:user' },
      { id: 8104, type: 'tagger', title: 'Model too', removable: true, active: true, updated_at: time(1), custom_field_options: [{ name: 'Big', value: 'model_big' }] },
      { id: 8105, type: 'checkbox', title: 'Loud', removable: true, active: true, tag: 'loud', updated_at: time(1) },
    ],
    custom_statuses: [
      { id: 8301, status_category: 'open', agent_label: 'Offen', default: true, active: true, updated_at: time(1) },
      { id: 8302, status_category: 'pending', agent_label: 'Waiting for toner', end_user_label: 'Waiting', default: false, active: true, updated_at: time(1) },
    ],
    ticket_forms: [
      { id: 8401, name: 'All', default: true, active: true, ticket_field_ids: [8001], updated_at: time(1) },
      {
        id: 8402, name: 'Repair', display_name: 'Ask for a repair', end_user_visible: true, default: false, active: true, ticket_field_ids: [8001, 8101, 8102], updated_at: time(1),
        agent_conditions: [{ parent_field_id: 8101, parent_field_type: 'tagger', value: 'model_big', child_fields: [{ id: 8102, is_required: true, required_on_statuses: { type: 'SOME_STATUSES', statuses: ['solved'] } }] }],
      },
    ],
    groups: [
      { id: 901, name: 'Printers', description: 'All that prints', is_public: true, deleted: false, created_at: time(1), updated_at: time(1) },
      { id: 902, name: 'Dissolved', deleted: true, created_at: time(1), updated_at: time(1) },
    ],
    organizations: [
      { id: 801, name: 'Faculty of Law', domain_names: ['law.example'], details: 'Third floor', tags: ['vip'], group_id: 901, external_id: 'org-law', organization_fields: { floor: 'floor_3', nowhere: 1 }, shared_tickets: true, created_at: time(1), updated_at: time(1) },
    ],
    users: [
      person(701, 'Alma Agent', 'alma@old.example', { role: 'agent', tags: ['senior'], signature: 'Alma' }),
      person(702, 'Rita Requester', 'rita@law.example', { organization_id: 801, external_id: 'r-1', phone: '+43 1 234', user_fields: { shoe_size: 44 } }),
      person(703, 'Gone Person', null, { active: false }),
      person(704, 'The Admin', 'admin@example.org', { role: 'admin', suspended: true }),
      person(705, 'Twin', 'twin@old.example', { external_id: 'r-1' }),
    ],
    identities: [
      { id: 601, user_id: 702, type: 'email', value: 'rita.private@example.net', verified: true, created_at: time(1), updated_at: time(1) },
      { id: 602, user_id: 702, type: 'email', value: 'rita@law.example', primary: true, created_at: time(1), updated_at: time(1) },
    ],
    group_memberships: [
      { id: 501, user_id: 701, group_id: 901, default: true, created_at: time(1), updated_at: time(1) },
      { id: 502, user_id: 701, group_id: 999, default: false, created_at: time(1), updated_at: time(1) },
    ],
    organization_memberships: [
      { id: 401, user_id: 702, organization_id: 801, default: true, created_at: time(1), updated_at: time(1) },
    ],
    views: [
      {
        id: 7001, title: 'Singing for Printers', active: true, updated_at: time(1), conditions: { all: [{ field: 'status', operator: 'less_than', value: 'closed' }, { field: 'group_id', operator: 'is', value: '901' }, { field: 'custom_fields_8101', operator: 'is', value: '11' }], any: [] },
        execution: { columns: [{ id: 'subject', title: 'Subject' }, { id: 'requester', title: 'Requester' }, { id: 8102, title: 'Pages' }], group_by: 'assignee', group_order: 'asc', sort_by: 'updated', sort_order: 'desc' }, restriction: null,
      },
      { id: 7002, title: "Alma's own", active: true, updated_at: time(1), conditions: { all: [{ field: 'assignee_id', operator: 'is', value: '701' }], any: [] }, execution: { columns: [] }, restriction: { type: 'User', id: 701 } },
      { id: 7003, title: 'Of a group that is gone', active: true, updated_at: time(1), conditions: { all: [{ field: 'group_id', operator: 'is', value: '999' }], any: [] }, execution: { columns: [] }, restriction: null },
    ],
    macros: [
      { id: 7101, title: 'Toner is on its way', active: true, updated_at: time(1), actions: [{ field: 'comment_value', value: ['channel:all', 'Dear {{ticket.requester.first_name}}, soon.'] }, { field: 'status', value: 'pending' }, { field: 'custom_fields_8102', value: '12' }], restriction: { type: 'Group', id: 901, ids: [901] } },
    ],
    triggers: [
      { id: 7201, title: 'Tell Printers', active: true, updated_at: time(1), conditions: { all: [{ field: 'update_type', operator: 'is', value: 'Create' }], any: [{ field: 'requester_id', operator: 'is', value: '702' }] }, actions: [{ field: 'notification_group', value: ['901', 'New', 'Words {{ticket.id}}'] }, { field: 'assignee_id', value: 'current_user' }] },
      { id: 7202, title: 'Calls what is not here', active: true, updated_at: time(1), conditions: { all: [{ field: 'update_type', operator: 'is', value: 'Create' }], any: [] }, actions: [{ field: 'notification_target', value: ['20', 'x'] }] },
    ],
    automations: [
      { id: 7301, title: 'Close what was solved long ago', active: true, updated_at: time(1), conditions: { all: [{ field: 'status', operator: 'is', value: 'solved' }, { field: 'SOLVED', operator: 'greater_than', value: '200' }], any: [] }, actions: [{ field: 'status', value: 'closed' }] },
    ],
    categories: [{ id: 6001, name: 'Paper', description: 'All about paper', locale: 'de', source_locale: 'de', position: 1, updated_at: time(1) }],
    sections: [
      { id: 6101, category_id: 6001, name: 'Toner', description: '', locale: 'de', source_locale: 'de', position: 1, updated_at: time(1) },
      { id: 6102, category_id: 6999, name: 'Lost', locale: 'de', source_locale: 'de', updated_at: time(1) },
    ],
    articles: [
      { id: 6201, section_id: 6101, author_id: 701, name: 'Toner wechseln', title: 'Toner wechseln', body: '<p>Erst <b>auf</b>.<script>alert(1)</script></p>', locale: 'de', source_locale: 'de', draft: false, promoted: true, label_names: ['toner', 'drucker'], user_segment_id: null, updated_at: time(1) },
      { id: 6202, section_id: 6101, author_id: 701, title: 'Nur für uns', body: '<img src="https://old.example/x.png">', locale: 'de', source_locale: 'de', draft: false, user_segment_id: 77, label_names: [], updated_at: time(1) },
    ],
    translations: [
      { id: 6301, source_id: 6201, source_type: 'Article', locale: 'de', title: 'Toner wechseln', body: 'Erst', draft: false, updated_at: time(1) },
      { id: 6302, source_id: 6201, source_type: 'Article', locale: 'en-us', title: 'Change the toner', body: '<p>Open first.</p>', draft: false, updated_at: time(1) },
    ],
    tickets: [
      {
        id: 31, subject: 'The printer sings', description: 'It sings at night.', status: 'closed', priority: 'high', type: 'incident', tags: ['printer', 'night', 'model_big'], custom_fields: [{ id: 8101, value: 'model_big' }, { id: 8102, value: 12 }, { id: 8105, value: null }], ticket_form_id: 8402, brand_id: 8502, external_id: 'old-31', requester_id: 702, submitter_id: 702, assignee_id: 701, group_id: 901, organization_id: 801, email_cc_ids: [703], problem_id: 33,
        due_at: null, created_at: time(3), updated_at: time(5), metric_set: { solved_at: time(5, 8) }, via: { channel: 'email' },
      },
      { id: 32, subject: 'Without comments', description: 'Only a description.', status: 'open', priority: null, type: null, tags: [], requester_id: 703, submitter_id: 703, assignee_id: null, group_id: null, created_at: time(4), updated_at: time(4) },
      { id: 33, subject: 'Singing printers', description: 'Many sing.', status: 'pending', custom_status_id: 8302, custom_fields: [{ id: 8102, value: 'many' }, { id: 8999, value: 'x' }, { id: 8105, value: true }], ticket_form_id: 8401, brand_id: 8501, priority: 'urgent', type: 'problem', tags: ['loud'], requester_id: 777, submitter_id: 701, assignee_id: 701, group_id: 901, created_at: time(4), updated_at: time(6) },
      { id: 34, subject: 'Thrown away', description: 'x', status: 'deleted', requester_id: 702, created_at: time(4), updated_at: time(6) },
    ],
    comments: {
      31: [
        {
          id: 3101, author_id: 702, body: 'It sings at night.', html_body: '<div>It <b>sings</b> at night.<script>alert(1)</script></div>', public: true, created_at: time(3), via: { channel: 'email' },
          attachments: [
            { id: 11, file_name: 'song.txt', content_type: 'text/plain', size: 9, inline: false, content_url: 'https://old.example/attachments/song.txt' },
            { id: 12, file_name: 'lost.bin', content_type: 'application/octet-stream', size: 9, inline: false, content_url: 'https://old.example/attachments/lost.bin' },
          ],
        },
        { id: 3102, author_id: 701, body: 'A note for us', public: false, created_at: time(4), via: { channel: 'web' }, attachments: [] },
        { id: 3103, author_id: 701, body: 'It is quiet now.', public: true, created_at: time(5, 8), via: { channel: 'web' }, attachments: [] },
      ],
      33: [{ id: 3301, author_id: 701, body: 'Many sing.', public: true, created_at: time(4), attachments: [] }],
    },
    files: { 11: 'La la la\n' },
  };
}

const write = (root, name, text) => {
  fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  fs.writeFileSync(path.join(root, name), text);
};
const lines = (list) => list.map((one) => `${JSON.stringify(one)}\n`).join('');

// Pages as the API answers them, where they may be; lines for the rest.
export function writeExport(root, desk) {
  for (const kind of ['brands', 'user_fields', 'organization_fields', 'ticket_fields', 'custom_statuses', 'ticket_forms', 'views', 'macros', 'triggers', 'automations', 'groups', 'organizations', 'group_memberships', 'organization_memberships']) {
    write(root, `${kind}.json`, JSON.stringify({ [kind]: desk[kind], meta: { has_more: false }, links: { next: null } }));
  }
  write(root, 'help/articles.json', JSON.stringify({ articles: desk.articles, translations: desk.translations }));
  write(root, 'help/shelves.json', JSON.stringify({ categories: desk.categories, sections: desk.sections }));
  write(root, 'users/0001.json', JSON.stringify({ users: desk.users, identities: desk.identities, after_cursor: 'x', end_of_stream: true }));
  write(root, 'tickets-2021.jsonl', `${lines(desk.tickets)}\n`);
  for (const [ticket, comments] of Object.entries(desk.comments)) {
    write(root, `tickets/${ticket}/comments.json`, JSON.stringify({ comments, count: comments.length, next_page: null }));
  }
  for (const [id, text] of Object.entries(desk.files)) write(root, `attachments/${id}`, text);
}

// --- the living desk ----------------------------------------------------------------------------

const AT_ONCE = 2; // records on a page, so that a small desk has several

// Serves that desk as its API does: `desk` may be changed meanwhile. `calls` are all requests,
// as method, path with query, and whether they knew the key. `before(call, response)` may answer instead (true).
export async function serveForeign(desk, { key, before = () => false } = {}) {
  const calls = [];
  const proof = `Basic ${Buffer.from(key).toString('base64')}`;
  const newest = (list) => [...list].sort((a, b) => (a.updated_at < b.updated_at ? -1 : a.updated_at > b.updated_at ? 1 : a.id - b.id));
  const place = (one) => `${one.updated_at}/${String(one.id).padStart(12, '0')}`;
  const whole = {
    byCursor(list, name, query) {
      const after = query.get('cursor') ? Buffer.from(query.get('cursor'), 'base64').toString() : '';
      const rest = newest(list).filter((one) => place(one) > after);
      const page = rest.slice(0, AT_ONCE);
      const last = page.length > 0 ? place(page[page.length - 1]) : after;
      return { [name]: page, after_cursor: last ? Buffer.from(last).toString('base64') : null, after_url: null, end_of_stream: rest.length <= AT_ONCE };
    },
    byTime(list, name, query) {
      const from = Number(query.get('start_time')) * 1000;
      const rest = newest(list).filter((one) => Date.parse(one.updated_at) >= from);
      const times = [...new Set(rest.map((one) => one.updated_at))];
      const page = rest.filter((one) => times.slice(0, AT_ONCE).includes(one.updated_at));
      const end = page.length > 0 ? Date.parse(page[page.length - 1].updated_at) / 1000 : from / 1000;
      return { [name]: page, count: page.length, end_time: end, end_of_stream: page.length === rest.length, next_page: `${origin}/?start_time=${end}` };
    },
    byList(list, name, query) {
      const from = Number(query.get('page[after]') ?? 0);
      const more = list.length > from + AT_ONCE;
      return { [name]: list.slice(from, from + AT_ONCE), meta: { has_more: more, after_cursor: String(from + AT_ONCE) }, links: { next: more ? `${origin}/x` : null } };
    },
  };
  const answer = (path, query) => {
    const ticket = /^\/api\/v2\/tickets\/(\d+)\/comments\.json$/.exec(path);
    if (ticket) {
      if (!desk.tickets.some((one) => one.id === Number(ticket[1]) && one.status !== 'deleted')) return null;
      return whole.byList(desk.comments[ticket[1]] ?? [], 'comments', query);
    }
    const records = /^\/api\/v2\/(brands|views|macros|triggers|automations|user_fields|organization_fields|ticket_forms|ticket_fields)\.json$/.exec(path);
    if (records) return whole.byList(desk[records[1]], records[1], query);
    const help = /^\/api\/v2\/help_center\/(categories|sections|articles)\.json$/.exec(path);
    if (help) {
      const page = whole.byList(desk[help[1]], help[1], query);
      return { ...page, translations: desk.translations.filter((one) => page[help[1]].some((it) => it.id === one.source_id)) };
    }
    switch (path) {
      case '/api/v2/groups.json': return whole.byList(desk.groups, 'groups', query);
      case '/api/v2/group_memberships.json': return whole.byList(desk.group_memberships, 'group_memberships', query);
      case '/api/v2/organization_memberships.json': return whole.byList(desk.organization_memberships, 'organization_memberships', query);
      case '/api/v2/incremental/organizations.json': return whole.byTime(desk.organizations, 'organizations', query);
      case '/api/v2/incremental/tickets/cursor.json': return whole.byCursor(desk.tickets, 'tickets', query);
      case '/api/v2/incremental/users/cursor.json': {
        const page = whole.byCursor(desk.users, 'users', query);
        return { ...page, identities: desk.identities.filter((one) => page.users.some((user) => user.id === one.user_id)) };
      }
      case '/api/v2/tickets/count.json': return { count: { value: desk.tickets.length, refreshed_at: null } };
      default: return null;
    }
  };
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://here');
    const call = { path: url.pathname, query: url.searchParams, proof: request.headers.authorization };
    calls.push(call);
    const file = /^\/files\/(\d+)$/.exec(url.pathname);
    if (before(call, response, request)) return;
    if (file) {
      response.end(desk.files[file[1]]);
    } else if (call.proof !== proof) {
      response.writeHead(401).end('{"error":"Couldn\'t authenticate you"}');
    } else {
      const found = answer(call.path, call.query);
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? { error: 'RecordNotFound' }));
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    calls,
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
