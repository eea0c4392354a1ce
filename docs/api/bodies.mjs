// SPDX-License-Identifier: GPL-3.0-or-later
//
// What calls take: the key around it and its fields. Where the program reads by a table, the fields are
// that table's (readers.mjs); what is read member by member is told here, in the notation of
// schemas.mjs, and tests/api/openapi.test.mjs sends an example of each.
import { bound, charterFields, record } from './readers.mjs';
import { typeOf } from './schemas.mjs';

// Members that may be there.
function fields(text) {
  const all = text.trim().split(/\s+/).filter(Boolean).map((pair) => pair.split(':'));
  return { type: 'object', properties: Object.fromEntries(all.map(([key, type]) => [key, typeOf(type)])) };
}
const more = (schema, text) => ({ ...schema, properties: { ...schema.properties, ...fields(text).properties } });
const inside = (key, schema) => ({ type: 'object', required: [key], properties: { [key]: schema } });
const several = (key, schema, most = 100) => inside(key, { type: 'array', items: schema, minItems: 1, maxItems: most });
const ids = (key) => several(key, { type: 'integer' }, 10000);
const either = (...schemas) => ({ anyOf: schemas });

const member = (schema, key, inner) => ({ ...schema, properties: { ...schema.properties, [key]: inner } });

const comment = { anyOf: [bound('desk/tickets/api_change.c', 'COMMENT_FIELDS'), { type: ['string', 'null'] }] };
const values = { anyOf: [{ type: 'array', items: fields('id:any value:any') }, { type: ['object', 'null'] }] };
let ticket = bound('desk/tickets/api_change.c', 'TICKET_FIELDS');
ticket = member(ticket, 'comment', comment);
ticket = member(ticket, 'comments', { type: 'array', items: comment });
ticket = member(ticket, 'custom_fields', values);
ticket = more(ticket, 'custom_status_id:i? ticket_form_id:i? brand_id:i?');
const user = more(bound('desk/people/api_user_change.c', 'USER_FIELDS'), 'identities:[o] user_fields:o?');
const organization = more(bound('desk/people/api_organizations.c', 'FIELDS'), 'organization_fields:o?');
const membership = bound('desk/people/api_memberships.c', 'FIELDS');
const identity = bound('desk/people/api_identities.c', 'FIELDS');
const tags = bound('desk/tickets/api.c', 'TAGS_FIELDS');
const term = fields('field:s operator:s value:any');
const action = fields('field:s value:any');
const termLists = { type: 'object', properties: { all: { type: 'array', items: term }, any: { type: 'array', items: term } } };
let rule = bound('desk/rules/api_terms.c', 'FIELDS');
rule = member(rule, 'conditions', termLists);
rule = member(rule, 'all', { type: 'array', items: term });
rule = member(rule, 'any', { type: 'array', items: term });
rule = member(rule, 'actions', { type: 'array', items: action });
rule = member(rule, 'restriction', { ...fields('type:s id:i? ids:[i]'), type: ['object', 'null'] });
rule = member(rule, 'output', fields('columns:[any] group_by:s? group_order:s? sort_by:s? sort_order:s?'));
const only = (schema, keys) => ({ ...schema, properties: Object.fromEntries(keys.split(' ').map((key) => [key, schema.properties[key]])) });
const common = 'title active position';
const view = only(rule, `${common} description restriction conditions all any output`);
const macro = only(rule, `${common} description restriction actions`);
const trigger = only(rule, `${common} description category_id conditions all any actions`);
const automation = only(rule, `${common} conditions all any actions`);
const help = (keys) => only(bound('desk/knowledge/api_write.c', 'FIELDS'), keys);
const category = help('name description locale position');
const section = help('name description locale position category_id');
const article = help('title body locale position section_id user_segment_id author_id promoted draft comments_disabled label_names');
const translation = help('title body locale draft outdated');
const interval = fields('start_time:i end_time:i');
const schedule = member(fields('name:s time_zone:s group_ids:[i]'), 'intervals', { type: 'array', items: interval });
const holiday = fields('name:s start_date:s end_date:s');
let policy = fields('title:s description:s? position:i?');
policy = member(policy, 'filter', termLists);
policy = member(policy, 'policy_metrics', { type: 'array', items: fields('priority:s metric:s target:i target_in_seconds:i business_hours:b') });
let hook = fields('name:s description:s? status:s subscriptions:[s] endpoint:s http_method:s request_format:s custom_headers:o?');
hook = member(hook, 'authentication', { ...fields('type:s data:o add_position:s'), type: ['object', 'null'] });
const client = bound('desk/api/oauth.c', 'CLIENT_FIELDS');
const option = fields('id:i name:s value:s default:b position:i');
const variant = fields('content:s locale_id:i default:b active:b');
const item = more(record('CONTENT_ITEMS'), 'content:s variants:[o]');
const choices = (name) => member(record(name), 'custom_field_options', { type: ['array', 'null'], items: option });
const request = member(member(fields('subject:s description:s priority:s type:s solved:b additional_collaborators:any collaborators:any'), 'comment', comment),
  'custom_fields', values);
const charterVersion = more(charterFields(), 'revision:i values:[o] objectives:[o]');

const of = {
  tickets: inside('ticket', ticket),
  imports: inside('ticket', ticket),
  users: inside('user', user),
  organizations: inside('organization', organization),
  groups: inside('group', bound('desk/people/api_groups.c', 'FIELDS')),
  views: inside('view', view),
  macros: inside('macro', macro),
  triggers: inside('trigger', trigger),
  automations: inside('automation', automation),
  trigger_categories: inside('trigger_category', fields('name:s position:i')),
  'business_hours/schedules': inside('schedule', schedule),
  'slas/policies': inside('sla_policy', policy),
  'oauth/clients': inside('client', client),
  ticket_fields: inside('ticket_field', choices('TICKET_FIELDS')),
  user_fields: inside('user_field', choices('KEYED_FIELDS')),
  organization_fields: inside('organization_field', choices('KEYED_FIELDS')),
  ticket_forms: inside('ticket_form', record('TICKET_FORMS')),
  brands: inside('brand', record('BRANDS')),
  custom_statuses: inside('custom_status', record('CUSTOM_STATUSES')),
  'dynamic_content/items': inside('item', item),
  'dynamic_content/items/{}/variants': inside('variant', variant),
  recipient_addresses: inside('recipient_address', record('RECIPIENT_ADDRESSES')),
  webhooks: inside('webhook', hook),
  requests: inside('request', request),
  targets: inside('target', bound('desk/hooks/api_targets.c', 'FIELDS')),
};

// By call, with {} for the parts of a path that are values.
export const bodies = {};
for (const [place, schema] of Object.entries(of)) {
  bodies[`POST /${place}`] = schema;
  bodies[`PUT /${place}/{}`] = schema;
  bodies[`PATCH /${place}/{}`] = schema;
}
for (const kind of ['ticket', 'user', 'organization']) {
  bodies[`PUT /${kind}_fields/reorder`] = ids(`${kind}_field_ids`);
  bodies[`POST /${kind}_fields/{}/options`] = inside('custom_field_option', option);
  const [, schema] = Object.entries(of[`${kind}s`].properties)[0];
  bodies[`POST /${kind}s/create_many`] = several(`${kind}s`, schema);
  const each = more(schema, 'id:i');
  bodies[`PUT /${kind}s/update_many`] = either(several(`${kind}s`, each), inside(kind, schema));
  bodies[`PUT /${kind}s/{}/tags`] = tags;
  bodies[`POST /${kind}s/{}/tags`] = tags;
  bodies[`DELETE /${kind}s/{}/tags`] = tags;
}
for (const kind of ['view', 'macro', 'trigger', 'automation']) {
  bodies[`PUT /${kind}s/update_many`] = several(`${kind}s`, fields('id:i position:i active:b'));
  bodies[`PUT /${kind}s/reorder`] = ids(`${kind}_ids`);
}
bodies['POST /views/preview'] = of.views;
bodies['POST /views/preview/count'] = of.views;
bodies['POST /imports/tickets'] = of.tickets;
bodies['POST /imports/tickets/create_many'] = several('tickets', ticket);
bodies['POST /tickets/{}/merge'] = bound('desk/tickets/api_bulk.c', 'MERGE_FIELDS');
bodies['PUT /tickets/{}/comments/{}/redact'] = inside('text', { type: 'string', minLength: 1 });
bodies['POST /tickets/{}/satisfaction_rating'] = inside('satisfaction_rating', bound('desk/moments/api.c', 'FIELDS'));
bodies['PUT /tickets/{}/disruption'] = inside('disruption', fields('degree:s people:i'));
bodies['PUT /disruption_rates'] = inside('disruption_rate', fields('organization_id:i? cents:i'));
bodies['POST /users/create_or_update'] = of.users;
bodies['PUT /end_users/{}'] = of.users;
bodies['POST /users/create_or_update_many'] = several('users', user);
bodies['POST /users/autocomplete'] = fields('name:s');
bodies['POST /users/{}/identities'] = inside('identity', identity);
bodies['PUT /users/{}/identities/{}'] = inside('identity', identity);
bodies['POST /users/{}/password'] = bound('desk/people/api_user_change.c', 'PASSWORD_FIELDS');
bodies['PUT /users/{}/password'] = bodies['POST /users/{}/password'];
bodies['PUT /users/{}/merge'] = inside('user', fields('id:i email:s external_id:s'));
bodies['PUT /users/me/merge'] = inside('user', fields('email:s password:s'));
bodies['PUT /users/me/settings'] = inside('settings', { type: 'object' });
bodies['POST /organizations/create_or_update'] = of.organizations;
bodies['POST /organizations/{}/merge'] = inside('organization_merge', fields('winner_id:i'));
for (const of_ of ['group', 'organization']) {
  const one = only(membership, `user_id ${of_}_id default`);
  bodies[`POST /${of_}_memberships`] = inside(`${of_}_membership`, one);
  bodies[`POST /users/{}/${of_}_memberships`] = inside(`${of_}_membership`, one);
  bodies[`POST /${of_}_memberships/create_many`] = several(`${of_}_memberships`, one);
}
bodies['POST /organization_subscriptions'] = inside('organization_subscription', fields('user_id:i organization_id:i'));
bodies['POST /bookmarks'] = inside('bookmark', fields('ticket_id:i'));
bodies['POST /skips'] = inside('skip', fields('ticket_id:i reason:s?'));
bodies['PUT /business_hours/schedules/{}/workweek'] = inside('workweek', { type: 'object', properties: { intervals: { type: 'array', items: interval } } });
bodies['POST /business_hours/schedules/{}/holidays'] = inside('holiday', holiday);
bodies['PUT /business_hours/schedules/{}/holidays/{}'] = inside('holiday', holiday);
bodies['PUT /slas/policies/reorder'] = ids('sla_policy_ids');
bodies['POST /webhooks/test'] = inside('request', more(hook, 'payload:s'));
bodies['PUT /ticket_forms/reorder'] = ids('ticket_form_ids');
bodies['PUT /brands/reorder'] = ids('brand_ids');
bodies['PUT /custom_status/default'] = ids('ids');
bodies['POST /dynamic_content/items/{}/variants/create_many'] = several('variants', variant);
bodies['PUT /dynamic_content/items/{}/variants/update_many'] = several('variants', more(variant, 'id:i'));
bodies['POST /problems/autocomplete'] = fields('text:s');
bodies['POST /autocomplete/tags'] = fields('name:s');
bodies['POST /oauth/tokens'] = inside('token', fields('client_id:i scopes:[s]'));
bodies['POST //oauth/tokens'] = fields(`grant_type:s client_id:s client_secret:s code:s redirect_uri:s scope:s code_verifier:s refresh_token:s
  username:s password:s expires_in:i`);
bodies['POST /help_center/categories'] = inside('category', category);
bodies['PUT /help_center/categories/{}'] = inside('category', category);
bodies['POST /help_center/categories/{}/sections'] = inside('section', section);
bodies['PUT /help_center/sections/{}'] = inside('section', section);
bodies['POST /help_center/sections/{}/articles'] = inside('article', article);
bodies['PUT /help_center/articles/{}'] = inside('article', article);
for (const kind of ['articles', 'categories', 'sections']) {
  bodies[`POST /help_center/${kind}/{}/translations`] = inside('translation', translation);
  bodies[`PUT /help_center/${kind}/{}/translations/{}`] = inside('translation', translation);
}
bodies['POST /charter/versions'] = inside('version', fields('from:s'));
bodies['PUT /charter/versions/{}'] = inside('version', charterVersion);
bodies['PUT /charter/versions/{}/open'] = fields('signer_ids:[i] review_months:i');
bodies['PUT /charter/versions/{}/sign'] = inside('hash', { type: 'string' });
bodies['PUT /charter/acknowledgement'] = inside('hash', { type: 'string' });
bodies['PUT /charter/objectives/{}'] = fields('percent:i note:s');
bodies['POST /charter/marks'] = inside('mark', fields('comment_id:i value_id:i note:s'));
bodies['PUT /stewards/{}'] = inside('steward', fields('skills:[s] languages:[s] takes:b capacity:i schedule_id:i?'));
bodies['PUT /stewards/needs'] = inside('needs', { type: 'array', items: fields('kind:s word:any skill:s') });
bodies['PUT /stewards/routes/{}'] = inside('route', fields('way:s'));
bodies['POST /absences'] = inside('absence', fields('user_id:i from:s to:s deputy_id:i note:s'));

// Side conversations.
const sideTo = { type: 'array', items: fields('user_id:i support_group_id:i support_agent_id:i email:s name:s') };
const sideMessage = (text) => inside('message', member(fields(`body:s html_body:s attachment_ids:[s] ${text}`), 'to', sideTo));
bodies['POST /tickets/{}/side_conversations'] = more(sideMessage('subject:s'), 'external_ids:o?');
bodies['POST /tickets/{}/side_conversations/import'] = more(inside('message', member(member(fields('subject:s body:s html_body:s'), 'to', sideTo), 'from', fields('name:s email:s'))), 'created_at:s external_ids:o?');
bodies['POST /tickets/{}/side_conversations/{}/reply'] = sideMessage('');
bodies['PUT /tickets/{}/side_conversations/{}'] = inside('side_conversation', fields('state:s subject:s'));
bodies['POST /tickets/{}/experts'] = inside('expert', fields('user_id:i support_group_id:i email:s question:s'));
