// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the API's objects look like. One line an object: names with their types; s text, i whole
// number, b boolean, t time, o object, ? may be null, [x] list of x, A a schema.
const types = {
  s: { type: 'string' },
  i: { type: 'integer' },
  n: { type: 'number' },
  b: { type: 'boolean' },
  t: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
  o: { type: 'object' },
  any: {},
};

function typeOf(word) {
  const list = word.match(/^\[(.+)\]$/);
  if (list) return { type: 'array', items: typeOf(list[1]) };
  const optional = word.match(/^(.+)\?$/);
  if (optional) {
    const inner = typeOf(optional[1]);
    return inner.type ? { ...inner, type: [inner.type, 'null'] } : { anyOf: [inner, { type: 'null' }] };
  }
  return types[word] ?? { $ref: `#/components/schemas/${word}` };
}

// Members that are always there.
function object(text) {
  const members = Object.fromEntries(text.trim().split(/\s+/).map((pair) => {
    const at = pair.indexOf(':');
    return [pair.slice(0, at), typeOf(pair.slice(at + 1))];
  }));
  return { type: 'object', required: Object.keys(members), properties: members };
}

const objects = {
  Via: 'channel:s source:o',
  FieldValue: 'id:i value:any',
  Ticket: `url:s id:i external_id:s? via:Via created_at:t updated_at:t generated_timestamp:i type:s? subject:s? raw_subject:s?
    description:s priority:s? status:s recipient:s? requester_id:i submitter_id:i assignee_id:i? organization_id:i? group_id:i?
    collaborator_ids:[i] follower_ids:[i] email_cc_ids:[i] problem_id:i? has_incidents:b is_public:b due_at:t? tags:[s]
    custom_fields:[FieldValue] fields:[FieldValue] followup_ids:[i] ticket_form_id:i? brand_id:i? custom_status_id:i?
    allow_channelback:b allow_attachments:b`,
  Attachment: 'url:s id:i file_name:s content_url:s mapped_content_url:s content_type:s size:i inline:b deleted:b thumbnails:[o]',
  Comment: `id:i type:s author_id:i body:s html_body:s plain_body:s public:b attachments:[Attachment] audit_id:i via:Via created_at:t
    metadata:o`,
  Event: 'id:i type:s',
  Audit: 'id:i ticket_id:i created_at:t author_id:i metadata:o events:[Event] via:Via',
  Metric: `url:s id:i ticket_id:i created_at:t updated_at:t group_stations:i assignee_stations:i reopens:i replies:i
    solved_at:t? reply_time_in_minutes:o full_resolution_time_in_minutes:o`,
  User: `id:i url:s name:s email:s? created_at:t updated_at:t time_zone:s phone:s? locale:s organization_id:i? role:s verified:b
    external_id:s? tags:[s] active:b suspended:b user_fields:o`,
  Identity: 'url:s id:i user_id:i type:s value:s verified:b primary:b created_at:t updated_at:t',
  Organization: `url:s id:i name:s shared_tickets:b shared_comments:b external_id:s? created_at:t updated_at:t domain_names:[s] details:s
    notes:s group_id:i? tags:[s] organization_fields:o`,
  Group: 'url:s id:i name:s description:s is_public:b default:b deleted:b created_at:t updated_at:t',
  GroupMembership: 'url:s id:i user_id:i group_id:i default:b created_at:t updated_at:t',
  OrganizationMembership: 'url:s id:i user_id:i organization_id:i default:b created_at:t updated_at:t',
  Job: 'id:s url:s total:i? progress:i? status:s message:s? results:any',
  TicketField: `url:s id:i type:s title:s raw_title:s description:s position:i active:b required:b visible_in_portal:b removable:b
    created_at:t updated_at:t`,
  KeyedField: 'url:s id:i type:s key:s title:s description:s position:i active:b created_at:t updated_at:t',
  TicketForm: 'url:s id:i name:s display_name:s position:i active:b default:b ticket_field_ids:[i] created_at:t updated_at:t',
  Brand: 'url:s id:i name:s brand_url:s subdomain:s active:b default:b is_deleted:b created_at:t updated_at:t',
  CustomStatus: 'url:s id:i status_category:s agent_label:s end_user_label:s active:b default:b created_at:t updated_at:t',
  Request: `url:s id:i status:s subject:s? description:s requester_id:i is_public:b can_be_solved_by_me:b created_at:t updated_at:t
    custom_fields:[FieldValue]`,
  DeletedTicket: 'id:i subject:s actor:o deleted_at:t previous_state:s',
  Locale: 'url:s id:i locale:s name:s created_at:t updated_at:t',
  CustomRole: 'id:i name:s description:s role_type:i team_member_count:i configuration:o created_at:t updated_at:t',
  TagCount: 'name:s count:i',
  TicketEvent: 'id:i ticket_id:i timestamp:i created_at:t updater_id:i via:s event_type:s child_events:[o]',
};

// Answers: key: [schema, several?]
const lists = {
  tickets: 'Ticket', comments: 'Comment', audits: 'Audit', ticket_metrics: 'Metric', users: 'User', identities: 'Identity',
  organizations: 'Organization', groups: 'Group', group_memberships: 'GroupMembership', organization_memberships: 'OrganizationMembership',
  job_statuses: 'Job', ticket_fields: 'TicketField', user_fields: 'KeyedField', organization_fields: 'KeyedField',
  ticket_forms: 'TicketForm', brands: 'Brand', custom_statuses: 'CustomStatus', requests: 'Request', deleted_tickets: 'DeletedTicket',
  locales: 'Locale', custom_roles: 'CustomRole', tags: 'TagCount', ticket_events: 'TicketEvent',
};
const singles = {
  ticket: 'Ticket', user: 'User', organization: 'Organization', group: 'Group', job_status: 'Job', ticket_metric: 'Metric',
  request: 'Request', ticket_field: 'TicketField', brand: 'Brand', comment: 'Comment', attachment: 'Attachment', audit: 'Audit',
};

export const schemas = {
  Error: { type: 'object', description: 'Either error (a word, or title and message) or errors.' },
  Count: { type: 'object', required: ['count'], properties: { count: object('value:i refreshed_at:s') } },
};
const used = (name) => `${name[0].toUpperCase()}${name.slice(1).replace(/_(\w)/g, (_, c) => c.toUpperCase())}`;
for (const [name, text] of Object.entries(objects)) schemas[name] = object(text);
for (const [key, item] of Object.entries(lists)) {
  schemas[`${used(key)}List`] = { type: 'object', required: [key], properties: { [key]: typeOf(`[${item}]`) } };
}
for (const [key, item] of Object.entries(singles)) {
  schemas[`${used(key)}Answer`] = { type: 'object', required: [key], properties: { [key]: typeOf(item) } };
}

const parameter = (name, description, type = 'integer') => ({ name, in: 'query', required: false, description, schema: { type } });
export const parameters = {
  page: parameter('page', 'The page, from 1.'),
  per_page: parameter('per_page', 'Rows on a page, at most 100.'),
  page_size: parameter('page[size]', 'Asks for cursors: rows on a page, at most 100.'),
  page_after: parameter('page[after]', 'The rows behind this cursor.', 'string'),
  page_before: parameter('page[before]', 'The rows before this cursor.', 'string'),
  include: parameter('include', 'What else to show, by commas.', 'string'),
};

// Which call answers with which schema. Calls that are not named here answer with some object.
export const answers = {};
const v2 = '/api/v2';
for (const key of ['tickets', 'ticket_metrics', 'users', 'organizations', 'groups', 'group_memberships', 'organization_memberships', 'job_statuses',
  'ticket_fields', 'user_fields', 'organization_fields', 'ticket_forms', 'brands', 'custom_statuses', 'requests', 'deleted_tickets', 'locales',
  'custom_roles', 'tags']) {
  answers[`GET ${v2}/${key}`] = `${used(key)}List`;
}
for (const key of ['tickets', 'users', 'organizations', 'ticket_events']) answers[`GET ${v2}/incremental/${key}`] = `${used(key)}List`;
for (const key of ['tickets', 'users']) answers[`GET ${v2}/incremental/${key}/cursor`] = `${used(key)}List`;
for (const key of ['tickets', 'users', 'organizations', 'groups']) answers[`GET ${v2}/${key}/count`] = 'Count';
answers[`GET ${v2}/ticket_audits`] = 'AuditsList';
answers[`GET ${v2}/tickets/{ticket:id}/comments`] = 'CommentsList';
answers[`GET ${v2}/tickets/{ticket:id}/audits`] = 'AuditsList';
answers[`GET ${v2}/users/{user:id}/identities`] = 'IdentitiesList';
answers[`GET ${v2}/tickets/{ticket:id}/metrics`] = 'TicketMetricAnswer';
for (const [key, path] of Object.entries({ ticket: 'tickets', user: 'users', organization: 'organizations', group: 'groups' })) {
  for (const method of ['GET', 'PUT']) answers[`${method} ${v2}/${path}/{${key}:id}`] = `${used(key)}Answer`;
  answers[`POST ${v2}/${path}`] = `${used(key)}Answer`;
}
answers[`GET ${v2}/requests/{ticket:id}`] = 'RequestAnswer';
answers[`PUT ${v2}/requests/{ticket:id}`] = 'RequestAnswer';
answers[`GET ${v2}/attachments/{attachment:id}`] = 'AttachmentAnswer';
answers[`GET ${v2}/tickets/{ticket:id}/audits/{audit:id}`] = 'AuditAnswer';
answers[`PUT ${v2}/tickets/{ticket:id}/comments/{comment:id}/redact`] = 'CommentAnswer';
answers[`GET ${v2}/job_statuses/{name}`] = 'JobStatusAnswer';
answers[`PUT ${v2}/tickets/update_many`] = 'JobStatusAnswer';
answers[`GET ${v2}/ticket_fields/{record:id}`] = 'TicketFieldAnswer';
answers[`GET ${v2}/brands/{record:id}`] = 'BrandAnswer';
