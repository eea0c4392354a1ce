// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every route of the program, asked by everybody: who is let in, who is not. The list of routes is
// the program's own; one that is not in the table below fails, so that nobody adds a route without
// saying here for whom it is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { request } from '../support/http.mjs';
import { address, bodyFor, moreExpected } from '../support/matrix.mjs';
import { runProgram, startServer } from '../support/server.mjs';

// Who may ask at least.
const expected = {
  anyone: `
    GET /help
    GET /help/suggest
    GET /help/articles/{article:id}
    POST /help/articles/{article:id}/vote
    GET /sitemap.xml
    GET /api/v2/portal/search
    GET /api/v2/help_center/locales
    GET /api/v2/help_center/users/{user:id}/articles
    GET /api/v2/help_center/articles
    GET /api/v2/help_center/{locale}/articles
    GET /api/v2/help_center/articles/search
    GET /api/v2/help_center/{locale}/articles/search
    GET /api/v2/help_center/articles/{article:id}
    GET /api/v2/help_center/{locale}/articles/{article:id}
    GET /api/v2/help_center/categories
    GET /api/v2/help_center/{locale}/categories
    GET /api/v2/help_center/categories/{category:id}
    GET /api/v2/help_center/{locale}/categories/{category:id}
    GET /api/v2/help_center/categories/{category:id}/articles
    GET /api/v2/help_center/{locale}/categories/{category:id}/articles
    GET /api/v2/help_center/categories/{category:id}/sections
    GET /api/v2/help_center/{locale}/categories/{category:id}/sections
    GET /api/v2/help_center/sections
    GET /api/v2/help_center/{locale}/sections
    GET /api/v2/help_center/sections/{section:id}
    GET /api/v2/help_center/{locale}/sections/{section:id}
    GET /api/v2/help_center/sections/{section:id}/articles
    GET /api/v2/help_center/{locale}/sections/{section:id}/articles
    GET /api/v2/help_center/articles/{article:id}/translations
    GET /api/v2/help_center/articles/{article:id}/translations/{name}
    GET /api/v2/help_center/categories/{category:id}/translations
    GET /api/v2/help_center/categories/{category:id}/translations/{name}
    GET /api/v2/help_center/sections/{section:id}/translations
    GET /api/v2/help_center/sections/{section:id}/translations/{name}
    GET /rate/{token}
    POST /rate/{token}
    GET /healthz
    GET /metrics
    GET /assets/{name}
    GET /live
    GET /sign-in
    POST /sign-in
    POST /sign-in/link
    GET /sign-in/link
    POST /sign-in/link/use
    POST /sign-out
    GET /password/forgotten
    POST /password/forgotten
    GET /password/reset
    POST /password/reset
    GET /invitation
    POST /invitation
    GET /setup
    POST /setup
    GET /api/v2/users/me
    GET /api
    POST /oauth/tokens
    GET /api/v2/locales/{name}
    PUT /api/v2/locales/detect_best_locale
    GET /api/v2/locales/detect_best_locale
    GET /api/v2/locales/current
    GET /api/v2/locales/public
    GET /api/v2/locales/agent
    GET /api/v2/locales
    POST /api/v2/requests
    GET /attachments/token/{token}
    GET /
    GET /ask
    POST /ask
    GET /asked
    GET /language
  `,
  'signed-in': `
    GET /api/v2/help_center/sessions
    PUT /api/v2/users/me/merge
    POST /api/v2/help_center/articles/{article:id}/up
    POST /api/v2/help_center/articles/{article:id}/down
    POST /api/v2/tickets/{ticket:id}/satisfaction_rating
    GET /account
    POST /account
    POST /account/password
    POST /account/sessions/{session:id}/end
    POST /account/sessions/end-others
    GET /api/v2/end_users/{user:id}
    PUT /api/v2/end_users/{user:id}
    PUT /api/v2/users/{user:id}/password
    GET /api/v2/users/{user:id}/password/requirements
    GET /requests
    GET /requests/{ticket:id}
    POST /requests/{ticket:id}
    POST /api/v2/uploads
    DELETE /api/v2/uploads/{token}
    DELETE /api/v2/oauth/tokens/{token:id}
    GET /api/v2/oauth/tokens/{token:id}
    DELETE /api/v2/oauth/tokens/current
    GET /api/v2/oauth/tokens/current
    GET /api/v2/oauth/tokens
    POST /oauth/authorizations
    GET /oauth/authorizations/new
    GET /api/v2/requests/{ticket:id}/comments/{comment:id}
    GET /api/v2/requests/{ticket:id}/comments
    PUT /api/v2/requests/{ticket:id}
    GET /api/v2/requests/{ticket:id}
    GET /api/v2/requests/search
    GET /api/v2/requests/ccd
    GET /api/v2/requests/solved
    GET /api/v2/requests/open
    GET /api/v2/requests
    GET /api/v2/users/me/session
    DELETE /api/v2/users/me/session
    DELETE /api/v2/users/me/sessions
    DELETE /api/v2/users/me/logout
    GET /api/v2/users/me/session/renew
    GET /api/v2/users/{user:id}/sessions
    DELETE /api/v2/users/{user:id}/sessions
    GET /api/v2/users/{user:id}/sessions/{session:id}
    DELETE /api/v2/users/{user:id}/sessions/{session:id}
  `,
  staff: `
    GET /api/v2/dynamic_content/items
    GET /api/v2/dynamic_content/items/show_many
    GET /api/v2/dynamic_content/items/{record:id}
    GET /api/v2/dynamic_content/items/{record:id}/variants
    GET /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
    GET /api/v2/recipient_addresses
    GET /api/v2/recipient_addresses/{record:id}
    POST /api/v2/problems/autocomplete
    GET /api/v2/activities
    GET /api/v2/activities/count
    GET /api/v2/activities/{object:id}
    POST /api/v2/bookmarks
    DELETE /api/v2/bookmarks/{object:id}
    POST /api/v2/skips
    GET /api/v2/tickets/{ticket:id}/skips
    GET /api/v2/users/{user:id}/skips
    GET /api/v2/organization_subscriptions
    GET /api/v2/organization_subscriptions/{object:id}
    GET /api/v2/organizations/{organization:id}/subscriptions
    GET /api/v2/organizations/{organization:id}/organization_subscriptions
    GET /api/v2/users/{user:id}/organization_subscriptions
    GET /api/v2/users/me/settings
    PUT /api/v2/users/me/settings
    GET /api/v2/users/{user:id}/compliance_deletion_statuses
    GET /knowledge
    GET /api/v2/help_center/incremental/articles
    GET /api/v2/help_center/articles/{article:id}/votes
    GET /api/v2/help_center/articles/{article:id}/translations/missing
    GET /api/v2/help_center/categories/{category:id}/translations/missing
    GET /api/v2/help_center/sections/{section:id}/translations/missing
    GET /api/v2/business_hours/schedules
    GET /api/v2/business_hours/schedules/{schedule:id}
    GET /api/v2/business_hours/schedules/{schedule:id}/holidays
    GET /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
    GET /api/v2/slas/policies
    GET /api/v2/slas/policies/definitions
    GET /api/v2/slas/policies/{policy:id}
    GET /api/v2/tickets/{ticket:id}/metric_events
    GET /api/v2/tickets/{ticket:id}/disruption
    GET /api/v2/satisfaction_ratings
    GET /api/v2/satisfaction_ratings/received
    GET /api/v2/satisfaction_ratings/count
    GET /api/v2/satisfaction_ratings/{moment:id}
    GET /api/v2/satisfaction_reasons
    GET /people
    GET /people/{user:id}
    GET /api/v2/users
    GET /api/v2/users/count
    GET /api/v2/users/show_many
    GET /api/v2/users/search
    GET /api/v2/users/autocomplete
    POST /api/v2/users/autocomplete
    GET /api/v2/users/{user:id}
    PUT /api/v2/users/{user:id}
    GET /api/v2/users/{user:id}/tags
    GET /api/v2/users/{user:id}/identities
    GET /api/v2/users/{user:id}/identities/{identity:id}
    GET /api/v2/organizations
    GET /api/v2/organizations/count
    GET /api/v2/organizations/show_many
    GET /api/v2/organizations/search
    GET /api/v2/organizations/autocomplete
    GET /api/v2/organizations/{organization:id}
    GET /api/v2/organizations/{organization:id}/tags
    GET /api/v2/organizations/{organization:id}/users
    GET /api/v2/organizations/{organization:id}/users/count
    GET /api/v2/organizations/{organization:id}/organization_memberships
    GET /api/v2/users/{user:id}/organizations
    GET /api/v2/users/{user:id}/organizations/count
    GET /api/v2/organization_memberships
    GET /api/v2/organization_memberships/{membership:id}
    GET /api/v2/users/{user:id}/organization_memberships
    GET /api/v2/users/{user:id}/organization_memberships/{membership:id}
    GET /api/v2/groups
    GET /api/v2/groups/count
    GET /api/v2/groups/assignable
    GET /api/v2/groups/{group:id}
    GET /api/v2/groups/{group:id}/users
    GET /api/v2/groups/{group:id}/memberships
    GET /api/v2/groups/{group:id}/memberships/assignable
    GET /api/v2/users/{user:id}/groups
    GET /api/v2/users/{user:id}/groups/count
    GET /api/v2/group_memberships
    GET /api/v2/group_memberships/assignable
    GET /api/v2/group_memberships/{membership:id}
    GET /api/v2/users/{user:id}/group_memberships
    GET /api/v2/users/{user:id}/group_memberships/{membership:id}
    PUT /api/v2/users/{user:id}/group_memberships/{membership:id}/make_default
    GET /desk
    GET /search
    GET /tickets/{ticket:id}
    POST /tickets/{ticket:id}/draft
    POST /tickets/{ticket:id}/here
    GET /comments/{comment:id}/html
    POST /tickets/{ticket:id}/comments
    GET /tickets/{ticket:id}/macros
    GET /tickets/{ticket:id}/macros/{macro:id}
    GET /tickets/{ticket:id}/colleagues
    POST /compose/markdown
    GET /api/v2/tickets
    POST /api/v2/tickets
    GET /api/v2/tickets/count
    GET /api/v2/tickets/show_many
    GET /api/v2/tickets/{ticket:id}
    PUT /api/v2/tickets/{ticket:id}
    GET /api/v2/tickets/{ticket:id}/comments
    GET /api/v2/tickets/{ticket:id}/comments/count
    GET /api/v2/tickets/{ticket:id}/audits
    GET /api/v2/tickets/{ticket:id}/audits/{audit:id}
    GET /api/v2/tickets/{ticket:id}/incidents
    GET /api/v2/tickets/{ticket:id}/tags
    GET /api/v2/problems
    GET /api/v2/users/{user:id}/tickets/requested
    GET /api/v2/users/{user:id}/tickets/assigned
    GET /api/v2/users/{user:id}/tickets/ccd
    GET /api/v2/users/{user:id}/tickets/followed
    GET /api/v2/organizations/{organization:id}/tickets
    GET /api/v2/tags
    GET /api/v2/autocomplete/tags
    POST /api/v2/autocomplete/tags
    GET /tickets/{ticket:id}/as-requester
    GET /api/v2/search
    GET /api/v2/search/count
    GET /api/v2/search/export
    GET /api/v2/attachments/{attachment:id}
    GET /api/v2/job_statuses
    GET /api/v2/job_statuses/show_many
    GET /api/v2/job_statuses/{name}
    POST /api/v2/tickets/create_many
    PUT /api/v2/tickets/update_many
    GET /api/v2/tickets/recent
    GET /api/v2/tickets/{ticket:id}/collaborators
    GET /api/v2/tickets/{ticket:id}/email_ccs
    GET /api/v2/tickets/{ticket:id}/followers
    GET /api/v2/tickets/{ticket:id}/related
    GET /api/v2/views
    GET /api/v2/views/active
    GET /api/v2/views/compact
    GET /api/v2/views/shared
    GET /api/v2/views/search
    GET /api/v2/views/show_many
    GET /api/v2/views/count
    GET /api/v2/views/count_many
    POST /api/v2/views/preview
    POST /api/v2/views/preview/count
    GET /api/v2/views/{view:id}
    GET /api/v2/views/{view:id}/tickets
    GET /api/v2/views/{view:id}/execute
    GET /api/v2/views/{view:id}/count
    GET /rules/{name}
    GET /api/v2/tickets/{ticket:id}/metrics
    GET /api/v2/ticket_metrics
    GET /api/v2/ticket_metrics/{ticket:id}
    GET /api/v2/tickets/{ticket:id}/audits/count
    GET /api/v2/tags/count
    POST /api/v2/oauth/tokens
    GET /api/v2/users/me/oauth/clients
    GET /api/v2/bookmarks
    GET /api/v2/skips
    GET /api/v2/channels/voice/phone_numbers
    GET /api/v2/sharing_agreements
    GET /api/v2/apps/installations
    GET /api/v2/apps/owned
    GET /api/v2/apps
    GET /api/v2/custom_roles/{role:id}
    GET /api/v2/custom_roles
    GET /api/v2/account/settings
    GET /api/v2/custom_statuses/{record:id}
    GET /api/v2/custom_statuses/count
    GET /api/v2/custom_statuses/show_many
    GET /api/v2/custom_statuses
    GET /api/v2/brands/{record:id}
    GET /api/v2/brands/count
    GET /api/v2/brands/show_many
    GET /api/v2/brands
    GET /api/v2/ticket_forms/{record:id}
    GET /api/v2/ticket_forms/count
    GET /api/v2/ticket_forms/show_many
    GET /api/v2/ticket_forms
    GET /api/v2/organization_fields/{record:id}/options/{option:id}
    GET /api/v2/organization_fields/{record:id}/options
    GET /api/v2/organization_fields/{record:id}
    GET /api/v2/organization_fields/count
    GET /api/v2/organization_fields/show_many
    GET /api/v2/organization_fields
    GET /api/v2/user_fields/{record:id}/options/{option:id}
    GET /api/v2/user_fields/{record:id}/options
    GET /api/v2/user_fields/{record:id}
    GET /api/v2/user_fields/count
    GET /api/v2/user_fields/show_many
    GET /api/v2/user_fields
    GET /api/v2/ticket_fields/{record:id}/options/{option:id}
    GET /api/v2/ticket_fields/{record:id}/options
    GET /api/v2/ticket_fields/{record:id}
    GET /api/v2/ticket_fields/count
    GET /api/v2/ticket_fields/show_many
    GET /api/v2/ticket_fields
    GET /api/v2/organizations/{organization:id}/requests
    GET /api/v2/users/{user:id}/requests
    GET /api/v2/users/{user:id}/related
    GET /api/v2/users/{user:id}/tickets/assigned/count
    GET /api/v2/users/{user:id}/tickets/ccd/count
    GET /api/v2/organizations/{organization:id}/related
    GET /api/v2/organizations/{organization:id}/tickets/count
    GET /api/v2/macros
    GET /api/v2/macros/active
    GET /api/v2/macros/search
    GET /api/v2/macros/definitions
    GET /api/v2/macros/{macro:id}
    GET /api/v2/macros/categories
    GET /api/v2/macros/actions
    GET /api/v2/macros/new
    GET /api/v2/macros/{macro:id}/apply
    GET /api/v2/tickets/{ticket:id}/macros/{macro:id}/apply
    GET /api/v2/triggers
    GET /api/v2/triggers/active
    GET /api/v2/triggers/search
    GET /api/v2/triggers/definitions
    GET /api/v2/triggers/{trigger:id}
    GET /api/v2/automations
    GET /api/v2/automations/active
    GET /api/v2/automations/search
    GET /api/v2/automations/definitions
    GET /api/v2/automations/{rule:id}
    GET /api/v2/trigger_categories
    GET /api/v2/trigger_categories/{category:id}
    GET /api/v2/views/definitions
  `,
  agent: `
    DELETE /api/v2/attachments/{attachment:id}
    POST /api/v2/organization_subscriptions
    DELETE /api/v2/organization_subscriptions/{object:id}
    PUT /api/v2/users/{user:id}/organizations/{organization:id}/make_default
    DELETE /api/v2/users/{user:id}/organizations/{organization:id}
    GET /knowledge/new
    POST /knowledge/shelves
    POST /knowledge/articles
    GET /knowledge/articles/{article:id}
    POST /knowledge/articles/{article:id}
    POST /knowledge/articles/{article:id}/archive
    DELETE /api/v2/help_center/translations/{object:id}
    PUT /api/v2/help_center/articles/{article:id}
    PUT /api/v2/help_center/{locale}/articles/{article:id}
    DELETE /api/v2/help_center/articles/{article:id}
    DELETE /api/v2/help_center/{locale}/articles/{article:id}
    POST /api/v2/help_center/categories
    POST /api/v2/help_center/{locale}/categories
    PUT /api/v2/help_center/categories/{category:id}
    PUT /api/v2/help_center/{locale}/categories/{category:id}
    DELETE /api/v2/help_center/categories/{category:id}
    DELETE /api/v2/help_center/{locale}/categories/{category:id}
    POST /api/v2/help_center/categories/{category:id}/sections
    POST /api/v2/help_center/{locale}/categories/{category:id}/sections
    PUT /api/v2/help_center/sections/{section:id}
    PUT /api/v2/help_center/{locale}/sections/{section:id}
    DELETE /api/v2/help_center/sections/{section:id}
    DELETE /api/v2/help_center/{locale}/sections/{section:id}
    POST /api/v2/help_center/sections/{section:id}/articles
    POST /api/v2/help_center/{locale}/sections/{section:id}/articles
    POST /api/v2/help_center/articles/{article:id}/translations
    PUT /api/v2/help_center/articles/{article:id}/translations/{name}
    POST /api/v2/help_center/categories/{category:id}/translations
    PUT /api/v2/help_center/categories/{category:id}/translations/{name}
    POST /api/v2/help_center/sections/{section:id}/translations
    PUT /api/v2/help_center/sections/{section:id}/translations/{name}
    POST /tickets/{ticket:id}/lens
    POST /people
    GET /people/new
    POST /people/{user:id}
    GET /people/{user:id}/edit
    POST /people/{user:id}/suspend
    POST /api/v2/users
    POST /api/v2/users/create_or_update
    DELETE /api/v2/users/{user:id}
    POST /api/v2/users/{user:id}/tags
    PUT /api/v2/users/{user:id}/tags
    DELETE /api/v2/users/{user:id}/tags
    POST /api/v2/users/{user:id}/identities
    PUT /api/v2/users/{user:id}/identities/{identity:id}
    DELETE /api/v2/users/{user:id}/identities/{identity:id}
    PUT /api/v2/users/{user:id}/identities/{identity:id}/make_primary
    PUT /api/v2/users/{user:id}/identities/{identity:id}/verify
    PUT /api/v2/users/{user:id}/identities/{identity:id}/request_verification
    POST /api/v2/organizations
    POST /api/v2/organizations/create_or_update
    PUT /api/v2/organizations/{organization:id}
    DELETE /api/v2/organizations/{organization:id}
    POST /api/v2/organizations/{organization:id}/tags
    PUT /api/v2/organizations/{organization:id}/tags
    DELETE /api/v2/organizations/{organization:id}/tags
    POST /api/v2/organization_memberships
    DELETE /api/v2/organization_memberships/{membership:id}
    POST /api/v2/users/{user:id}/organization_memberships
    DELETE /api/v2/users/{user:id}/organization_memberships/{membership:id}
    PUT /api/v2/users/{user:id}/organization_memberships/{membership:id}/make_default
    GET /tickets/new
    POST /tickets
    POST /tickets/bulk
    POST /comments/{comment:id}/undo
    POST /tickets/{ticket:id}/properties
    POST /tickets/{ticket:id}/disruption
    PUT /api/v2/tickets/{ticket:id}/disruption
    DELETE /api/v2/tickets/{ticket:id}
    POST /api/v2/tickets/{ticket:id}/tags
    PUT /api/v2/tickets/{ticket:id}/tags
    DELETE /api/v2/tickets/{ticket:id}/tags
    DELETE /api/v2/tickets/destroy_many
    PUT /api/v2/tickets/mark_many_as_spam
    PUT /api/v2/tickets/{ticket:id}/mark_as_spam
    POST /api/v2/tickets/{ticket:id}/merge
    PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/make_private
    PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/redact
    PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/attachments/{attachment:id}/redact
    PUT /api/v2/tickets/{ticket:id}/audits/{audit:id}/make_private
    GET /api/v2/deleted_tickets
    POST /api/v2/users/create_many
    POST /api/v2/users/create_or_update_many
    PUT /api/v2/users/update_many
    DELETE /api/v2/users/destroy_many
    PUT /api/v2/users/{user:id}/merge
    GET /api/v2/deleted_users
    GET /api/v2/deleted_users/count
    GET /api/v2/deleted_users/{user:id}
    POST /api/v2/organizations/create_many
    PUT /api/v2/organizations/update_many
    DELETE /api/v2/organizations/destroy_many
    POST /api/v2/organization_memberships/create_many
    DELETE /api/v2/organization_memberships/destroy_many
    PUT /api/v2/deleted_tickets/restore_many
    PUT /api/v2/deleted_tickets/{ticket:id}/restore
    POST /api/v2/views
    PUT /api/v2/views/{view:id}
    DELETE /api/v2/views/{view:id}
    PUT /api/v2/views/update_many
    PUT /api/v2/views/reorder
    DELETE /api/v2/views/destroy_many
    POST /rules/{name}
    GET /rules/{name}/new
    GET /rules/{name}/{rule:id}
    POST /rules/{name}/{rule:id}
    POST /api/v2/macros
    PUT /api/v2/macros/update_many
    DELETE /api/v2/macros/destroy_many
    PUT /api/v2/macros/reorder
    PUT /api/v2/macros/{macro:id}
    DELETE /api/v2/macros/{macro:id}
  `,
  lead: `
    GET /moments
    POST /moments/{moment:id}/close
    POST /api/v2/group_memberships
    DELETE /api/v2/group_memberships/{membership:id}
    POST /api/v2/users/{user:id}/group_memberships
    DELETE /api/v2/users/{user:id}/group_memberships/{membership:id}
    POST /api/v2/group_memberships/create_many
    DELETE /api/v2/group_memberships/destroy_many
  `,
  admin: `
    POST /api/v2/dynamic_content/items
    PUT /api/v2/dynamic_content/items/{record:id}
    DELETE /api/v2/dynamic_content/items/{record:id}
    POST /api/v2/dynamic_content/items/{record:id}/variants
    POST /api/v2/dynamic_content/items/{record:id}/variants/create_many
    PUT /api/v2/dynamic_content/items/{record:id}/variants/update_many
    PUT /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
    DELETE /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
    POST /api/v2/recipient_addresses
    PUT /api/v2/recipient_addresses/{record:id}
    DELETE /api/v2/recipient_addresses/{record:id}
    PUT /api/v2/recipient_addresses/{record:id}/verify
    GET /api/v2/audit_logs
    POST /api/v2/audit_logs/export
    GET /api/v2/audit_logs/{object:id}
    POST /api/v2/business_hours/schedules
    PUT /api/v2/business_hours/schedules/{schedule:id}
    DELETE /api/v2/business_hours/schedules/{schedule:id}
    PUT /api/v2/business_hours/schedules/{schedule:id}/workweek
    POST /api/v2/business_hours/schedules/{schedule:id}/holidays
    PUT /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
    DELETE /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
    POST /api/v2/slas/policies
    PUT /api/v2/slas/policies/reorder
    PUT /api/v2/slas/policies/{policy:id}
    DELETE /api/v2/slas/policies/{policy:id}
    GET /api/v2/incremental/ticket_metric_events
    GET /api/v2/disruption_rates
    PUT /api/v2/disruption_rates
    DELETE /api/v2/deleted_tickets/destroy_many
    DELETE /api/v2/deleted_tickets/{ticket:id}
    GET /api/v2/incremental/users
    GET /api/v2/incremental/users/sample
    GET /api/v2/incremental/users/cursor
    GET /api/v2/incremental/organizations
    GET /api/v2/incremental/organizations/sample
    GET /api/v2/incremental/tickets
    GET /api/v2/incremental/tickets/sample
    GET /api/v2/incremental/tickets/cursor
    GET /api/v2/incremental/ticket_events
    GET /api/v2/exports/tickets
    GET /api/v2/exports/tickets/sample
    GET /api/v2/ticket_audits
    PUT /api/v2/oauth/clients/{client:id}/generate_secret
    DELETE /api/v2/oauth/clients/{client:id}
    PUT /api/v2/oauth/clients/{client:id}
    GET /api/v2/oauth/clients/{client:id}
    POST /api/v2/oauth/clients
    GET /api/v2/oauth/clients
    GET /api/v2/brands/{record:id}/check_host_mapping
    GET /api/v2/brands/check_host_mapping
    PUT /api/v2/custom_status/default
    POST /api/v2/ticket_forms/{record:id}/clone
    DELETE /api/v2/custom_statuses/{record:id}
    PUT /api/v2/custom_statuses/{record:id}
    POST /api/v2/custom_statuses
    DELETE /api/v2/brands/{record:id}
    PUT /api/v2/brands/{record:id}
    PUT /api/v2/brands/reorder
    POST /api/v2/brands
    DELETE /api/v2/ticket_forms/{record:id}
    PUT /api/v2/ticket_forms/{record:id}
    PUT /api/v2/ticket_forms/reorder
    POST /api/v2/ticket_forms
    DELETE /api/v2/organization_fields/{record:id}/options/{option:id}
    POST /api/v2/organization_fields/{record:id}/options
    DELETE /api/v2/organization_fields/{record:id}
    PUT /api/v2/organization_fields/{record:id}
    PUT /api/v2/organization_fields/reorder
    POST /api/v2/organization_fields
    DELETE /api/v2/user_fields/{record:id}/options/{option:id}
    POST /api/v2/user_fields/{record:id}/options
    DELETE /api/v2/user_fields/{record:id}
    PUT /api/v2/user_fields/{record:id}
    PUT /api/v2/user_fields/reorder
    POST /api/v2/user_fields
    DELETE /api/v2/ticket_fields/{record:id}/options/{option:id}
    POST /api/v2/ticket_fields/{record:id}/options
    DELETE /api/v2/ticket_fields/{record:id}
    PUT /api/v2/ticket_fields/{record:id}
    PUT /api/v2/ticket_fields/reorder
    POST /api/v2/ticket_fields
    PUT /api/v2/suspended_tickets/{mail:id}/recover
    DELETE /api/v2/suspended_tickets/{mail:id}
    GET /api/v2/suspended_tickets/{mail:id}
    DELETE /api/v2/suspended_tickets/destroy_many
    PUT /api/v2/suspended_tickets/recover_many
    GET /api/v2/suspended_tickets
    DELETE /api/v2/deleted_users/{user:id}
    GET /api/v2/sessions
    POST /api/v2/organizations/{organization:id}/merge
    GET /api/v2/organizations/{organization:id}/merges
    GET /api/v2/organization_merges/{name}
    POST /api/v2/imports/tickets
    POST /api/v2/imports/tickets/create_many
    GET /admin/lens
    POST /admin/lens
    POST /people/{user:id}/invite
    POST /api/v2/users/{user:id}/password
    POST /api/v2/groups
    PUT /api/v2/groups/{group:id}
    DELETE /api/v2/groups/{group:id}
    POST /api/v2/triggers
    PUT /api/v2/triggers/update_many
    DELETE /api/v2/triggers/destroy_many
    PUT /api/v2/triggers/reorder
    PUT /api/v2/triggers/{trigger:id}
    DELETE /api/v2/triggers/{trigger:id}
    POST /api/v2/automations
    PUT /api/v2/automations/update_many
    DELETE /api/v2/automations/destroy_many
    PUT /api/v2/automations/reorder
    PUT /api/v2/automations/{rule:id}
    DELETE /api/v2/automations/{rule:id}
    POST /api/v2/trigger_categories
    PATCH /api/v2/trigger_categories/{category:id}
    DELETE /api/v2/trigger_categories/{category:id}
    GET /api/v2/webhooks
    POST /api/v2/webhooks
    POST /api/v2/webhooks/test
    GET /api/v2/webhooks/{name}
    PUT /api/v2/webhooks/{name}
    PATCH /api/v2/webhooks/{name}
    DELETE /api/v2/webhooks/{name}
    GET /api/v2/webhooks/{name}/signing_secret
    POST /api/v2/webhooks/{name}/signing_secret
    GET /api/v2/webhooks/{name}/invocations
    GET /api/v2/webhooks/{name}/invocations/{name}/attempts
    GET /admin
    POST /admin/mails/{mail:id}/release
    POST /admin/mails/{mail:id}/delete
    POST /admin/sent/{outmail:id}/again
    POST /admin/jobs/{job:id}/retry
    GET /admin/mailboxes
    GET /admin/mailboxes/new
    GET /admin/mailboxes/granted
    POST /admin/mailboxes/{inbox:id}/grant
    POST /admin/mailboxes
    GET /admin/mailboxes/{inbox:id}/edit
    POST /admin/mailboxes/{inbox:id}
    GET /admin/mailboxes/{inbox:id}
    POST /admin/mailboxes/{inbox:id}/ask
    POST /admin/mailboxes/{inbox:id}/import
    POST /admin/mailboxes/{inbox:id}/switch
    POST /admin/mailboxes/{inbox:id}/try
    POST /admin/mailboxes/{inbox:id}/remove
  `,
};

for (const [who, lines] of moreExpected()) expected[who] += lines;

const ranks = { anyone: 0, 'signed-in': 1, staff: 2, agent: 3, lead: 4, admin: 5 };

// The people who ask. "restricted" is an agent who sees the tickets of another group only.
const askers = [
  { name: 'nobody', rank: 0 },
  { name: 'end user', rank: 1, role: 'end-user' },
  { name: 'light agent', rank: 2, role: 'light-agent' },
  { name: 'restricted', rank: 3, role: 'agent' },
  { name: 'agent', rank: 3, role: 'agent' },
  { name: 'lead', rank: 4, role: 'lead' },
  { name: 'admin', rank: 5, role: 'admin' },
];

// Where the object decides: the ticket, the comment and the person asked for belong to others.
const foreign = [
  // An end user gets "not found" for what is somebody else's.
  [/^(GET|POST) \/requests\/\{ticket:id\}$/, 'end user', 404],
  [/^(GET|PUT) \/api\/v2\/end_users\/\{user:id\}$/, 'end user', 404],
  [/^GET \/api\/v2\/users\/\{user:id\}\/password\/requirements$/, 'end user', 200],
  [/^PUT \/api\/v2\/users\/\{user:id\}\/password$/, 'end user', 404],
  // An agent who may not see the ticket, too, whatever the way to it.
  [/^\w+ \/(api\/v2\/)?tickets\/\{ticket:id\}/, 'restricted', 404],
  [/^\w+ \/comments\/\{comment:id\}/, 'restricted', 404],
  [/^GET \/api\/v2\/satisfaction_ratings\/\{moment:id\}$/, 'restricted', 404],
  // Which tickets others passed over.
  ...['light agent', 'restricted', 'agent', 'lead'].map((who) => [/^GET \/api\/v2\/users\/\{user:id\}\/skips$/, who, 403]),
  // Only the requester judges.
  [/^POST \/api\/v2\/tickets\/\{ticket:id\}\/satisfaction_rating$/, 'end user', 404],
  [/^POST \/api\/v2\/tickets\/\{ticket:id\}\/satisfaction_rating$/, 'restricted', 404],
  ...['light agent', 'agent', 'lead', 'admin'].map((who) => [/^POST .*\/satisfaction_rating$/, who, 403]),
  // The portal shows staff what they asked for themselves.
  [/^(GET|POST) \/requests\/\{ticket:id\}$/, 'light agent', 404],
  [/^(GET|POST) \/requests\/\{ticket:id\}$/, 'restricted', 404],
  [/^(GET|POST) \/requests\/\{ticket:id\}$/, 'agent', 404],
  [/^(GET|POST) \/requests\/\{ticket:id\}$/, 'lead', 404],
  // Light agents write internal notes only, and change nobody.
  [/^POST \/tickets\/\{ticket:id\}\/comments$/, 'light agent', 403],
  [/^PUT \/api\/v2\/(end_)?users\/\{user:id\}$/, 'light agent', 403],
  // Somebody else's main group is for administrators.
  ...['light agent', 'restricted', 'agent', 'lead'].map((who) => [/\/group_memberships\/.*make_default$/, who, 403]),
  // A lead decides about the own groups.
  [/^DELETE \/api\/v2\/(users\/\{user:id\}\/)?group_memberships\/\{/, 'lead', 403],
  // What somebody else wrote stays, whoever wishes it gone.
  ...['agent', 'lead', 'admin'].map((who) => [/^POST \/comments\/\{comment:id\}\/undo$/, who, 403]),
  ...['light agent', 'restricted', 'agent', 'lead'].map((who) => [/^GET \/(api\/v2\/)?tickets\/.*\/macros\//, who, 404]),
  ...['restricted', 'agent', 'lead'].map((who) => [/^(GET|POST) \/rules\/\{name\}\/\{rule:id\}$/, who, 404]),
  // The view and the macro asked for are for another group: nobody outside of it sees it, and in it only leads and
  // administrators change it.
  ...['light agent', 'restricted', 'agent', 'lead'].map((who) => [/^\w+ \/api\/v2\/(views|macros)\/\{(view|macro):id\}/, who, 404]),
  // One's own password only; other ways are for administrators.
  [/^PUT \/api\/v2\/users\/\{user:id\}\/password$/, null, 403],
];

let server;
let ids;
let routes;
const people = new Map();

async function makePerson(admin, asker) {
  const email = `${asker.name.replace(' ', '')}@matrix.example`;
  const password = 'four plain words here';
  const file = path.join(server.folder, 'person');
  fs.writeFileSync(file, `${password}\n`);
  await server.run(['user', 'add', email], ['--name', asker.name, '--role', asker.role, '--password-file', file]);
  const visitor = server.visitor();
  await signIn(visitor, { email, password });
  const api = await server.api(email);
  const me = (await api.get('/api/v2/users/me')).json.user;
  const csrf = (await visitor.get('/account')).text.match(/name="csrf" value="([^"]+)"/)[1];
  people.set(asker.name, { ...asker, visitor, api, csrf, id: me.id });
}

async function created(admin, where, body) {
  const answer = await admin.post(where, body);
  assert.equal(answer.status, 201, `${where}: ${answer.text}`);
  return Object.values(answer.json)[0];
}

before(async () => {
  server = await startServer();
  const admin = await server.api();
  for (const asker of askers) {
    if (asker.role) await makePerson(admin, asker);
  }
  const visitor = server.visitor();
  const csrf = (await visitor.get('/sign-in')).text.match(/name="csrf" value="([^"]+)"/)[1];
  people.set('nobody', { ...askers[0], visitor, csrf });
  const group = await created(admin, '/api/v2/groups', { group: { name: 'Theirs' } });
  const other = await created(admin, '/api/v2/groups', { group: { name: 'Other' } });
  const restricted = people.get('restricted');
  await created(admin, '/api/v2/group_memberships', { group_membership: { user_id: restricted.id, group_id: other.id } });
  const limited = await admin.put(`/api/v2/users/${restricted.id}`, { user: { ticket_restriction: 'groups' } });
  assert.equal(limited.json.user.ticket_restriction, 'groups');
  ids = { group: group.id };
});

after(async () => {
  for (const person of people.values()) person.visitor?.close();
  await server.stop();
});

// Fresh objects for one asker: what somebody before deleted is there again.
async function freshObjects(admin, round) {
  const organization = await created(admin, '/api/v2/organizations', { organization: { name: `Org ${round}` } });
  const user = await created(admin, '/api/v2/users', {
    user: { name: `Victim ${round}`, email: `victim${round}@matrix.example`, organization_id: organization.id },
  });
  const identity = await created(admin, `/api/v2/users/${user.id}/identities`, {
    identity: { type: 'email', value: `second${round}@matrix.example` },
  });
  const ticket = await created(admin, '/api/v2/tickets', {
    ticket: { subject: 'Victim', requester_id: user.id, group_id: ids.group, comment: { body: 'private words', public: true } },
  });
  const audits = (await admin.get(`/api/v2/tickets/${ticket.id}/audits`)).json.audits;
  const comments = (await admin.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  const agent = await created(admin, '/api/v2/users', {
    user: { name: `Agent ${round}`, email: `agentvictim${round}@matrix.example`, role: 'agent' },
  });
  const membership = await created(admin, '/api/v2/group_memberships', {
    group_membership: { user_id: agent.id, group_id: ids.group },
  });
  // The requester's word on the desk's answer.
  await admin.put(`/api/v2/tickets/${ticket.id}`, { ticket: { status: 'solved', comment: { body: 'our answer', public: true } } });
  const requester = await server.api(user.email);
  const rated = await requester.post(`/api/v2/tickets/${ticket.id}/satisfaction_rating`, {
    satisfaction_rating: { score: 'bad' },
  });
  requester.close();
  assert.equal(rated.status, 200, rated.text);
  const restriction = { type: 'Group', id: ids.group };
  const all = [{ field: 'status', operator: 'is', value: 'open' }];
  const view = await created(admin, '/api/v2/views', { view: { title: `Theirs ${round}`, all, restriction } });
  const actions = [{ field: 'priority', value: 'high' }];
  const macro = await created(admin, '/api/v2/macros', { macro: { title: `Theirs ${round}`, actions, restriction } });
  const trigger = await created(admin, '/api/v2/triggers', { trigger: { title: `Ours ${round}`, conditions: { all }, actions, active: false } });
  const automation = await created(admin, '/api/v2/automations', {
    automation: {
      title: `Ours ${round}`,
      all: [{ field: 'OPEN', operator: 'greater_than', value: '1000' }],
      actions: [{ field: 'status', value: 'solved' }],
    },
  });
  const triggerCategory = await created(admin, '/api/v2/trigger_categories', { trigger_category: { name: `Ours ${round}` } });
  const schedule = await created(admin, '/api/v2/business_hours/schedules', { schedule: { name: `Hours ${round}` } });
  const holiday = await created(admin, `/api/v2/business_hours/schedules/${schedule.id}/holidays`, { holiday: { name: 'Day', start_date: '2026-12-24' } });
  const policy = await created(admin, '/api/v2/slas/policies', { sla_policy: { title: `Owed ${round}` } });
  const target = await created(admin, '/api/v2/targets', { target: { title: `Told ${round}`, type: 'http_target', target_url: 'https://told.example/' } });
  const hc = '/api/v2/help_center';
  const category = await created(admin, `${hc}/categories`, { category: { name: `Shelf ${round}` } });
  const section = await created(admin, `${hc}/categories/${category.id}/sections`, { section: { name: 'Section' } });
  const article = await created(admin, `${hc}/sections/${section.id}/articles`, { article: { title: 'Words', body: 'x' } });
  return {
    target: target.id, schedule: schedule.id, holiday: holiday.id, policy: policy.id,
    category: category.id, section: section.id, article: article.id, object: 999999, factor: 999999, provider: 999999,
    moment: rated.json.satisfaction_rating.id,
    view: view.id, macro: macro.id, trigger: trigger.id, rule: automation.id, triggerCategory: triggerCategory.id,
    ticket: ticket.id, comment: comments[0].id, audit: audits[0].id, user: user.id, identity: identity.id,
    organization: organization.id, group: ids.group, membership: membership.id,
    mail: 999999, outmail: 999999, job: 999999, session: 999999, attachment: 999999, record: 999999, option: 999999, role: 999999, client: 999999, token: 999999, inbox: 999999,
  };
}

function ask(person, method, kind, url) {
  const write = method !== 'GET' && method !== 'DELETE';
  if (kind === 'api') {
    if (person.api) return person.api.call(method, url, write ? bodyFor(url) : undefined);
    return request(new URL(url, server.url), {
      method,
      headers: write ? { 'content-type': 'application/json' } : {},
      body: write ? '{}' : undefined,
    });
  }
  return person.visitor.send(url, {
    method,
    headers: write ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
    body: write ? `csrf=${encodeURIComponent(person.csrf)}` : undefined,
  });
}

function whoMay(method, route) {
  for (const [who, lines] of Object.entries(expected)) {
    if (lines.split('\n').some((line) => line.trim() === `${method} ${route}`)) return who;
  }
  return null;
}

// What is wrong with the answer, or null.
function judge(person, { method, route, kind }, answer) {
  const least = ranks[whoMay(method, route)];
  const line = `${method} ${route}`;
  if (answer.status >= 500) return 'the server failed';
  if (person.rank < least) {
    const door = person.rank > 0 ? 403 : kind === 'page' && method === 'GET' ? 303 : 401;
    if (answer.status !== door) return `expected ${door}`;
    if (door === 303 && !answer.location.startsWith('/sign-in?next=')) return `sent to ${answer.location}`;
    return null;
  }
  const rule = foreign.find(([pattern, who]) => pattern.test(line) && (who === null || who === person.name));
  if (rule) return answer.status === rule[2] ? null : `expected ${rule[2]}`;
  if (line === 'GET /live') return [200, 401].includes(answer.status) ? null : 'expected 200 or 401';
  return answer.status === 401 || answer.status === 403 ? 'expected to be let in' : null;
}

test('every route of the program has an expectation, and every expectation a route', async () => {
  const listed = await runProgram(['routes']);
  assert.equal(listed.code, 0);
  routes = listed.stdout.trim().split('\n').map((line) => {
    const [method, route, kind, who] = line.split(' ');
    return { method, route, kind, who };
  });
  assert.ok(routes.length > 100);
  for (const { method, route, who } of routes) {
    assert.equal(whoMay(method, route), who, `${method} ${route}`);
  }
  const known = new Set(routes.map(({ method, route }) => `${method} ${route}`));
  for (const line of Object.values(expected).join('\n').split('\n')) {
    assert.ok(line.trim() === '' || known.has(line.trim()), `${line.trim()} is not there any more`);
  }
});

// What deletes comes last, the deepest first, and signing out and ending sessions after all.
function inOrder(list) {
  const weight = ({ method, route }) =>
    method === 'DELETE' && route.startsWith('/api/v2/users/me/') ? 2000
    : route === '/sign-out' ? 1000 : method === 'DELETE' ? 100 - route.split('/').length : 0;
  return list.filter(({ route }) => route !== '/live').sort((a, b) => weight(a) - weight(b));
}

for (const asker of askers) {
  test(`what ${asker.name} may ask`, async () => {
    const admin = await server.api();
    const objects = await freshObjects(admin, askers.indexOf(asker));
    const person = people.get(asker.name);
    const wrong = [];
    for (const route of inOrder(routes)) {
      const answer = await ask(person, route.method, route.kind, address(route.route, objects));
      const why = judge(person, route, answer);
      if (why) wrong.push(`${route.method} ${route.route}: ${answer.status}, ${why}`);
    }
    admin.close();
    assert.deepEqual(wrong, []);
  });
}
