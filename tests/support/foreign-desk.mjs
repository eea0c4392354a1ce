// SPDX-License-Identifier: GPL-3.0-or-later
//
// What another desk with the same API exports, as files: a folder of pages and lines, made from a
// small desk that is described here.
import fs from 'node:fs';
import path from 'node:path';

export const time = (day, hour = 9) => `2021-03-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`;

const person = (id, name, email, more = {}) => ({
  id, name, email, role: 'end-user', active: true, verified: true, suspended: false, tags: [], created_at: time(1), updated_at: time(2), url: `https://old.example/api/v2/users/${id}.json`, locale: 'en-US', iana_time_zone: 'Europe/Vienna', ...more,
});

export function foreignDesk() {
  return {
    groups: [
      { id: 901, name: 'Printers', description: 'All that prints', is_public: true, deleted: false, created_at: time(1), updated_at: time(1) },
      { id: 902, name: 'Dissolved', deleted: true, created_at: time(1), updated_at: time(1) },
    ],
    organizations: [
      { id: 801, name: 'Faculty of Law', domain_names: ['law.example'], details: 'Third floor', tags: ['vip'], group_id: 901, external_id: 'org-law', shared_tickets: true, created_at: time(1), updated_at: time(1) },
    ],
    users: [
      person(701, 'Alma Agent', 'alma@old.example', { role: 'agent', tags: ['senior'], signature: 'Alma' }),
      person(702, 'Rita Requester', 'rita@law.example', { organization_id: 801, external_id: 'r-1', phone: '+43 1 234' }),
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
    tickets: [
      {
        id: 31, subject: 'The printer sings', description: 'It sings at night.', status: 'closed', priority: 'high', type: 'incident', tags: ['printer', 'night'], external_id: 'old-31', requester_id: 702, submitter_id: 702, assignee_id: 701, group_id: 901, organization_id: 801, email_cc_ids: [703], problem_id: 33,
        due_at: null, created_at: time(3), updated_at: time(5), metric_set: { solved_at: time(5, 8) }, via: { channel: 'email' },
      },
      { id: 32, subject: 'Without comments', description: 'Only a description.', status: 'open', priority: null, type: null, tags: [], requester_id: 703, submitter_id: 703, assignee_id: null, group_id: null, created_at: time(4), updated_at: time(4) },
      { id: 33, subject: 'Singing printers', description: 'Many sing.', status: 'pending', priority: 'urgent', type: 'problem', tags: [], requester_id: 777, submitter_id: 701, assignee_id: 701, group_id: 901, created_at: time(4), updated_at: time(6) },
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
  for (const kind of ['groups', 'organizations', 'group_memberships', 'organization_memberships']) {
    write(root, `${kind}.json`, JSON.stringify({ [kind]: desk[kind], meta: { has_more: false }, links: { next: null } }));
  }
  write(root, 'users/0001.json', JSON.stringify({ users: desk.users, identities: desk.identities, after_cursor: 'x', end_of_stream: true }));
  write(root, 'tickets-2021.jsonl', `${lines(desk.tickets)}\n`);
  for (const [ticket, comments] of Object.entries(desk.comments)) {
    write(root, `tickets/${ticket}/comments.json`, JSON.stringify({ comments, count: comments.length, next_page: null }));
  }
  for (const [id, text] of Object.entries(desk.files)) write(root, `attachments/${id}`, text);
}
