// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the API's objects look like. One line an object: names with their types; s text, i whole
// number, b boolean, t time, ms time with milliseconds, o object, ? may be null, [x] list of x, A a schema.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const types = {
  s: { type: 'string' },
  i: { type: 'integer' },
  n: { type: 'number' },
  b: { type: 'boolean' },
  t: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
  ms: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' },
  o: { type: 'object' },
  any: {},
};

export function typeOf(word) {
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
  Workweek: 'intervals:[o]',
  ShortUser: 'id:i url:s name:s created_at:t updated_at:t photo:o?',
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
  CountValue: 'value:i refreshed_at:s',
  View: 'url:s? id:i?',
  OrganizationMerge: `id:s url:s loser_id:i winner_id:i status:s`,
  OrganizationSubscription: `url:s id:i organization_id:i user_id:i created_at:t`,
  CustomFieldOption: `id:i url:s name:s raw_name:s value:s position:i default:b`,
  Item: `url:s id:i name:s placeholder:s default_locale_id:i outdated:b variants:[o] created_at:t updated_at:t`,
  Variant: `url:s id:i content:s locale_id:i outdated:b active:b default:b created_at:t updated_at:t`,
  Schedule: `id:i name:s time_zone:s intervals:[o] group_ids:[any] created_at:t updated_at:t`,
  Holiday: `id:i name:s start_date:s end_date:s`,
  SlaPolicy: `url:s id:i title:s description:s position:i filter:o policy_metrics:[o] created_at:t updated_at:t`,
  Webhook: `id:s name:s description:s? status:s subscriptions:[s] created_at:s created_by:s updated_at:s? updated_by:s? endpoint:s http_method:s
    request_format:s authentication:o? custom_headers:o`,
  Target: 'url:s id:i title:s type:s active:b created_at:t target_url:s method:s username:s? password:s?',
  TargetFailure: 'url:s id:s target_name:s status_code:i? raw_response:s created_at:t',
  SigningSecret: `secret:s algorithm:s`,
  OauthClient: `id:i url:s name:s identifier:s company:any description:s? redirect_uri:[s] kind:s global:b user_id:i created_at:t updated_at:t`,
  OauthToken: `id:i url:s user_id:i client_id:i scopes:[s] token:s refresh_token:any expires_at:t? used_at:any created_at:t`,
  Disruption: `ticket_id:i degree:s people:i said_degree:any said_people:any corrected_by:i cents_an_hour:i cents:i`,
  DisruptionRate: `organization_id:any cents:i`,
  Bookmark: `url:s id:i ticket:o created_at:t`,
  Skip: `id:i ticket_id:i user_id:i reason:s created_at:t updated_at:t ticket:o`,
  SatisfactionRating: `url:s id:i assignee_id:i group_id:i requester_id:i ticket_id:i score:s comment:s reason:any reason_id:any created_at:t
    updated_at:t`,
  Row: `ticket:o subject:s requester_id:i`,
  Column: `id:s title:s`,
  ViewCount: `url:s? view_id:i? value:i pretty:s fresh:b active:b`,
  Macro: `url:s id:i title:s raw_title:s active:b updated_at:t? created_at:t? default:b position:i description:s? actions:[o] restriction:any`,
  TriggerCategory: `id:s name:s position:i created_at:t updated_at:t`,
  Trigger: `url:s id:i title:s raw_title:s active:b updated_at:t created_at:t default:b position:i description:s? conditions:o actions:[o]
    category_id:s`,
  Automation: `url:s id:i title:s raw_title:s active:b updated_at:t created_at:t default:b position:i conditions:o actions:[o]`,
  Category: `id:i url:s html_url:s position:i created_at:t updated_at:t name:s description:s locale:s source_locale:s outdated:b`,
  Section: `id:i url:s html_url:s position:i created_at:t updated_at:t name:s description:s locale:s source_locale:s outdated:b category_id:i
    parent_section_id:any sorting:s theme_template:s`,
  Article: `id:i url:s html_url:s author_id:i comments_disabled:b draft:b promoted:b position:i vote_sum:i vote_count:i section_id:i created_at:t
    updated_at:t edited_at:t label_names:[s] content_tag_ids:[any] permission_group_id:i user_segment_id:any user_segment_ids:[any] name:s title:s
    source_locale:s locale:s outdated:b outdated_locales:[any] body:s`,
  Vote: `id:i url:s user_id:i value:i item_id:i item_type:s created_at:t updated_at:t`,
  Translation: `id:i url:s html_url:s source_id:i source_type:s locale:s title:s body:s outdated:b draft:b created_at:t updated_at:t created_by_id:i
    updated_by_id:i`,
  CharterVersion: `url:s id:i number:i state:s revision:i review_months:i hash:s? created_at:t updated_at:t in_force_at:t? review_at:t? overdue:b`,
  Mark: `id:i comment_id:i value_id:i`,
  Steward: `user_id:i name:s takes:b capacity:i skills:[s] languages:[s] schedule_id:any load:i away_until:any deputy_id:any`,
  Need: `id:i kind:s word:s skill:s`,
  ReportDay: `day:s requests:i solved:i`,
  ReportChannel: `channel:s requests:i`,
  ReportWait: `count:i median_seconds:i ninth_decile_seconds:i`,
  ReportCost: `name:s tickets:i cents:i`,
  Report: `since:t until:t group_id:i? requests:i solved:i days:[ReportDay] channels:[ReportChannel] first_word:ReportWait solution:ReportWait
    tickets_with_another_steward:i assignee_changes:i tickets_reassigned:i group_changes:i tickets_regrouped:i reopened:i repeated:i
    disruption_cents:i organizations:[ReportCost] groups:[ReportCost]`,
  StewardRoute: `group_id:i way:s`,
  Absence: `id:i user_id:i from:t to:t deputy_id:any note:s`,
  Participant: `user_id:i? support_group_id:i? support_agent_id:any slack_workspace_id:any slack_channel_id:any msteams_channel_id:any name:s email:s?`,
  SideConversation: `url:s id:s ticket_id:i subject:s preview_text:s state:s participants:[Participant] created_at:ms updated_at:ms message_added_at:ms
    state_updated_at:ms external_ids:o kind:s news:s answered_at:ms?`,
  SideConversationEvent: `id:s side_conversation_id:s actor:Participant type:s via:s created_at:ms message:any updates:o ticket_id:i url:s`,
  SideConversationFile: `id:s file_name:s content_type:s size:i content_url:s inline:b`,
  Upload: `token:s expires_at:t attachment:o attachments:[o]`,
  TicketRelated: `url:s topic_id:any jira_issue_ids:[any] followup_source_ids:[any] from_archive:b incidents:i twitter:o`,
  Action: `title:s subject:s type:s group:s nullable:b repeatable:b values:[o]`,
  Activity: `url:s id:i title:s verb:s user_id:i actor_id:i object:o target:o user:o actor:o created_at:t updated_at:t`,
  AuditLog: `url:s id:i action:s action_label:s actor_id:i actor_name:s source_id:i? source_type:s source_label:s change_description:s ip_address:s?
    created_at:t`,
  Charter: `desk:s mission:s vision:s greeting_chat:s greeting_call:s in_force_at:t values:[o]`,
  PersonCoverage: `user_id:i name:s group_id:i acknowledged_at:t? current:b`,
  UserRelated: `assigned_tickets:i requested_tickets:i ccd_tickets:i followed_tickets:i organization_subscriptions:i topics:i topic_comments:i votes:i
    subscriptions:i entry_subscriptions:i forum_subscriptions:i`,
  Session: `url:s id:i user_id:i authenticated_at:t last_seen_at:t`,
  CurrentSession: `csrf_token:s`,
  OrganizationRelated: `tickets_count:i users_count:i`,
  SuspendedTicket: `url:s id:i author:o subject:s content:s cause:s cause_id:i message_id:s ticket_id:any created_at:t updated_at:t via:o brand_id:any
    recipient:s error_messages:any`,
  RecipientAddress: `url:s id:i email:s forwarding_status:s spf_status:s cname_status:s domain_verification_status:s domain_verification_code:any
    name:s? brand_id:i default:b position:i created_at:t updated_at:t`,
  TicketEvent: 'id:i ticket_id:i timestamp:i created_at:t updater_id:i via:s event_type:s child_events:[o]',
};

export const schemas = {
  Error: { type: 'object', description: 'Either error (a word, or title and message) or errors.' },
};
for (const [name, text] of Object.entries(objects)) schemas[name] = object(text);

const parameter = (name, description, type = 'integer') => ({ name, in: 'query', required: false, description, schema: { type } });
export const parameters = {
  page: parameter('page', 'The page, from 1.'),
  per_page: parameter('per_page', 'Rows on a page, at most 100.'),
  page_size: parameter('page[size]', 'Asks for cursors: rows on a page, at most 100.'),
  page_after: parameter('page[after]', 'The rows behind this cursor.', 'string'),
  page_before: parameter('page[before]', 'The rows before this cursor.', 'string'),
  include: parameter('include', 'What else to show, by commas.', 'string'),
};

// Which call answers how: "METHOD /path" to [status, schema]; the schema is absent where there is no body.
const list = { count: { type: 'integer' }, next_page: { type: ['string', 'null'] }, previous_page: { type: ['string', 'null'] }, meta: { type: 'object' }, links: { type: 'object' } };
export const answers = {};
for (const line of fs.readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), 'answers.txt'), 'utf8').split('\n')) {
  const [, call, statuses, text] = line.match(/^([A-Z]+ \/\S*) ([\d,]+)(?: (.*))?$/) ?? [];
  if (!call) continue;
  const schema = text === undefined ? undefined : object(text);
  if (schema && call.startsWith('GET') && / \w+:\[/.test(` ${text}`) && !schema.properties.count) schema.properties = { ...schema.properties, ...list };
  answers[call] = { statuses: statuses.split(',').map(Number), schema };
}
