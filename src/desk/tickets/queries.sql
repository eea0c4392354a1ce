-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: ticket_insert :exec
-- in: id ticket_id, external_id text?, subject text, status i64, priority i64, type i64, requester_id user_id, submitter_id user_id, assignee_id user_id?, steward_id user_id?, group_id group_id?, organization_id organization_id?, problem_id ticket_id?, followup_of ticket_id?, channel text, recipient text?, tags text, is_public bool, comment_count i64, excerpt text, created_at i64, updated_at i64, generated_at i64, requester_updated_at i64?, assignee_updated_at i64?, status_updated_at i64, assigned_at i64?, solved_at i64?, due_at i64?, custom_status_id i64?, form_id i64?, brand_id i64?
INSERT INTO ticket (id, version, external_id, subject, status, priority, type, requester_id,
    submitter_id, assignee_id, steward_id, group_id, organization_id, problem_id, followup_of,
    channel, recipient, tags, is_public, comment_count, excerpt, created_at, updated_at,
    generated_at, requester_updated_at, assignee_updated_at, status_updated_at, assigned_at,
    solved_at, due_at, custom_status_id, form_id, brand_id)
VALUES (:id, 1, :external_id, :subject, :status, :priority, :type, :requester_id, :submitter_id,
    :assignee_id, :steward_id, :group_id, :organization_id, :problem_id, :followup_of, :channel,
    :recipient, :tags, :is_public, :comment_count, :excerpt, :created_at, :updated_at,
    :generated_at, :requester_updated_at, :assignee_updated_at, :status_updated_at, :assigned_at,
    :solved_at, :due_at, :custom_status_id, :form_id, :brand_id);

-- name: ticket_update :changes
-- in: id ticket_id, version i64, external_id text?, subject text, status i64, priority i64, type i64, requester_id user_id, assignee_id user_id?, steward_id user_id?, group_id group_id?, organization_id organization_id?, problem_id ticket_id?, merged_into ticket_id?, tags text, is_public bool, comment_count i64, excerpt text, updated_at i64, generated_at i64, requester_updated_at i64?, assignee_updated_at i64?, status_updated_at i64, assigned_at i64?, solved_at i64?, due_at i64?, snoozed_until i64?, deleted_at i64?, deleted_by user_id?, custom_status_id i64?, form_id i64?, brand_id i64?
UPDATE ticket SET version = version + 1, external_id = :external_id, subject = :subject,
    status = :status, priority = :priority, type = :type, requester_id = :requester_id,
    assignee_id = :assignee_id, steward_id = :steward_id, group_id = :group_id,
    organization_id = :organization_id, problem_id = :problem_id, merged_into = :merged_into,
    tags = :tags, is_public = :is_public, comment_count = :comment_count, excerpt = :excerpt,
    updated_at = :updated_at, generated_at = :generated_at,
    requester_updated_at = :requester_updated_at, assignee_updated_at = :assignee_updated_at,
    status_updated_at = :status_updated_at, assigned_at = :assigned_at, solved_at = :solved_at,
    due_at = :due_at, snoozed_until = :snoozed_until, deleted_at = :deleted_at, deleted_by = :deleted_by,
    custom_status_id = :custom_status_id, form_id = :form_id, brand_id = :brand_id
WHERE id = :id AND version = :version;

-- name: comment_insert :exec
-- in: id comment_id, ticket_id ticket_id, audit_id audit_id, author_id user_id, is_public bool, body text, html text?, quoted_from i64?, channel text, mail_id mail_id?, stranger text?, remote_images i64, created_at i64, held_until i64?, for_id user_id?
INSERT INTO ticket_comment (id, ticket_id, audit_id, author_id, is_public, body, html, quoted_from,
    channel, mail_id, stranger, remote_images, created_at, held_until, for_id)
VALUES (:id, :ticket_id, :audit_id, :author_id, :is_public, :body, :html, :quoted_from, :channel,
    :mail_id, :stranger, :remote_images, :created_at, :held_until, :for_id);

-- name: comments_of_ticket :many
-- row: comment_row
-- in: ticket_id ticket_id, least_public i64
-- out: id comment_id, ticket_id ticket_id, audit_id audit_id, author_id user_id, is_public bool, body text, html text?, quoted_from i64?, channel text, mail_id mail_id?, stranger text?, remote_images i64, created_at i64, withdrawn_at i64?, held_until i64?, for_id user_id?
SELECT id, ticket_id, audit_id, author_id, is_public, body, html, quoted_from, channel, mail_id,
    stranger, remote_images, created_at, withdrawn_at, held_until, for_id
FROM ticket_comment WHERE ticket_id = :ticket_id AND is_public >= :least_public
    AND (:least_public = 0 OR held_until IS NULL)
ORDER BY id;

-- name: comment_by_id :opt
-- row: comment_row
-- in: id comment_id
-- out: id comment_id, ticket_id ticket_id, audit_id audit_id, author_id user_id, is_public bool, body text, html text?, quoted_from i64?, channel text, mail_id mail_id?, stranger text?, remote_images i64, created_at i64, withdrawn_at i64?, held_until i64?, for_id user_id?
SELECT id, ticket_id, audit_id, author_id, is_public, body, html, quoted_from, channel, mail_id,
    stranger, remote_images, created_at, withdrawn_at, held_until, for_id
FROM ticket_comment WHERE id = :id;

-- The first public comment behind one, of somebody else: what crossed with what is being written.
-- name: comment_newer :opt
-- in: ticket_id ticket_id, seen comment_id, author_id user_id
-- out: id comment_id, author_id user_id
SELECT id, author_id FROM ticket_comment
WHERE ticket_id = :ticket_id AND id > :seen AND author_id <> :author_id AND is_public = 1
ORDER BY id LIMIT 1;

-- name: first_comments_of_tickets :many
-- in: ids i64[]
-- out: ticket_id ticket_id, body text
SELECT c.ticket_id, c.body FROM ticket_comment c
JOIN (SELECT ticket_id, MIN(id) AS id FROM ticket_comment WHERE ticket_id IN (:ids)
      GROUP BY ticket_id) f ON f.id = c.id
ORDER BY c.ticket_id;

-- name: comment_withdraw :changes
-- in: id comment_id, withdrawn_at i64
UPDATE ticket_comment SET withdrawn_at = :withdrawn_at, is_public = 0, held_until = NULL
WHERE id = :id AND held_until IS NOT NULL;

-- name: comment_release :opt
-- in: id comment_id
-- out: ticket_id ticket_id
UPDATE ticket_comment SET held_until = NULL WHERE id = :id AND held_until IS NOT NULL
RETURNING ticket_id;

-- name: tickets_with_held :many
-- in: ids i64[]
-- out: ticket_id ticket_id
SELECT DISTINCT ticket_id FROM ticket_comment
WHERE ticket_id IN (:ids) AND held_until IS NOT NULL ORDER BY ticket_id;

-- name: comment_make_private :changes
-- in: id comment_id
UPDATE ticket_comment SET is_public = 0 WHERE id = :id AND is_public = 1;

-- name: audit_insert :exec
-- in: id audit_id, ticket_id ticket_id, author_id user_id, channel text, address text?, custom text?, created_at i64, rel text?, from_ticket ticket_id?
INSERT INTO ticket_audit (id, ticket_id, author_id, channel, address, custom, created_at, rel,
    from_ticket)
VALUES (:id, :ticket_id, :author_id, :channel, :address, :custom, :created_at, :rel, :from_ticket);

-- name: audits_of_ticket :many
-- in: ticket_id ticket_id, after audit_id, most i64
-- out: id audit_id, ticket_id ticket_id, author_id user_id, channel text, address text?, custom text?, created_at i64, rel text?, from_ticket ticket_id?
SELECT id, ticket_id, author_id, channel, address, custom, created_at, rel, from_ticket
FROM ticket_audit WHERE ticket_id = :ticket_id AND id > :after ORDER BY id LIMIT :most;

-- name: event_insert :exec
-- in: id event_id, audit_id audit_id, ticket_id ticket_id, kind text, field text?, value text?, previous text?, rule_id rule_id?
INSERT INTO ticket_event (id, audit_id, ticket_id, kind, field, value, previous, rule_id)
VALUES (:id, :audit_id, :ticket_id, :kind, :field, :value, :previous, :rule_id);

-- name: events_of_ticket :many
-- in: ticket_id ticket_id
-- out: id event_id, audit_id audit_id, kind text, field text?, value text?, previous text?, rule_id rule_id?
SELECT id, audit_id, kind, field, value, previous, rule_id
FROM ticket_event WHERE ticket_id = :ticket_id ORDER BY audit_id, id;

-- name: tag_insert :exec
-- in: ticket_id ticket_id, tag text
INSERT INTO ticket_tag (ticket_id, tag) VALUES (:ticket_id, :tag) ON CONFLICT DO NOTHING;

-- name: tag_delete :exec
-- in: ticket_id ticket_id, tag text
DELETE FROM ticket_tag WHERE ticket_id = :ticket_id AND tag = :tag;

-- name: tag_counts :many
-- in: most i64
-- out: tag text, uses i64
SELECT tag, COUNT(*) AS uses FROM ticket_tag GROUP BY tag ORDER BY uses DESC, tag LIMIT :most;

-- name: tags_with_prefix :many
-- in: prefix text, prefix_end text, most i64
-- out: tag text
SELECT DISTINCT tag FROM ticket_tag WHERE tag >= :prefix AND tag < :prefix_end ORDER BY tag
LIMIT :most;

-- name: collaborator_insert :changes
-- in: ticket_id ticket_id, user_id user_id, kind text
INSERT INTO ticket_collaborator (ticket_id, user_id, kind) VALUES (:ticket_id, :user_id, :kind)
ON CONFLICT DO NOTHING;

-- name: collaborator_delete :changes
-- in: ticket_id ticket_id, user_id user_id, kind text
DELETE FROM ticket_collaborator
WHERE ticket_id = :ticket_id AND user_id = :user_id AND kind = :kind;

-- name: collaborators_of_one :many
-- row: collaborator_row
-- in: id ticket_id
-- out: ticket_id ticket_id, user_id user_id, kind text
SELECT ticket_id, user_id, kind FROM ticket_collaborator WHERE ticket_id = :id
ORDER BY kind, user_id;

-- name: collaborators_of_tickets :many
-- row: collaborator_row
-- in: ids i64[]
-- out: ticket_id ticket_id, user_id user_id, kind text
SELECT ticket_id, user_id, kind FROM ticket_collaborator WHERE ticket_id IN (:ids)
ORDER BY ticket_id, kind, user_id;

-- name: collaborator_is :opt
-- in: ticket_id ticket_id, user_id user_id
-- out: kind text
SELECT kind FROM ticket_collaborator WHERE ticket_id = :ticket_id AND user_id = :user_id LIMIT 1;

-- name: upload_insert :exec
-- in: id upload_id, token_hash text, created_by user_id, created_at i64
INSERT INTO upload (id, token_hash, created_by, created_at)
VALUES (:id, :token_hash, :created_by, :created_at);

-- name: upload_by_hash :opt
-- in: token_hash text
-- out: id upload_id, created_by user_id, created_at i64, used_at i64?
SELECT id, created_by, created_at, used_at FROM upload WHERE token_hash = :token_hash;

-- name: upload_mark_used :exec
-- in: id upload_id, used_at i64
UPDATE upload SET used_at = :used_at WHERE id = :id;

-- name: upload_delete :exec
-- in: id upload_id
DELETE FROM upload WHERE id = :id;

-- name: attachments_delete_of_upload :exec
-- in: upload_id upload_id
DELETE FROM attachment WHERE upload_id = :upload_id AND ticket_id IS NULL;

-- name: attachment_insert :exec
-- in: id attachment_id, upload_id upload_id?, ticket_id ticket_id?, comment_id comment_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id, created_at i64
INSERT INTO attachment (id, upload_id, ticket_id, comment_id, hash, file_name, content_type, size,
    is_inline, content_id, token, created_by, created_at)
VALUES (:id, :upload_id, :ticket_id, :comment_id, :hash, :file_name, :content_type, :size,
    :is_inline, :content_id, :token, :created_by, :created_at);

-- name: attachments_adopt :changes
-- in: upload_id upload_id, ticket_id ticket_id, comment_id comment_id
UPDATE attachment SET ticket_id = :ticket_id, comment_id = :comment_id
WHERE upload_id = :upload_id AND ticket_id IS NULL;

-- name: attachment_take_back :exec
-- in: id attachment_id, upload_id upload_id
UPDATE attachment SET ticket_id = NULL, comment_id = NULL, upload_id = :upload_id WHERE id = :id;

-- name: attachments_of_ticket :many
-- row: attachment_row
-- in: ticket_id ticket_id
-- out: id attachment_id, comment_id comment_id?, ticket_id ticket_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id
SELECT id, comment_id, ticket_id, hash, file_name, content_type, size, is_inline, content_id,
    token, created_by
FROM attachment WHERE ticket_id = :ticket_id ORDER BY comment_id, id;

-- name: attachments_of_upload :many
-- row: attachment_row
-- in: upload_id upload_id
-- out: id attachment_id, comment_id comment_id?, ticket_id ticket_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id
SELECT id, comment_id, ticket_id, hash, file_name, content_type, size, is_inline, content_id,
    token, created_by
FROM attachment WHERE upload_id = :upload_id ORDER BY id;

-- name: attachment_by_token :opt
-- row: attachment_row
-- in: token text
-- out: id attachment_id, comment_id comment_id?, ticket_id ticket_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id
SELECT id, comment_id, ticket_id, hash, file_name, content_type, size, is_inline, content_id,
    token, created_by
FROM attachment WHERE token = :token;

-- name: attachment_by_id :opt
-- row: attachment_row
-- in: id attachment_id
-- out: id attachment_id, comment_id comment_id?, ticket_id ticket_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id
SELECT id, comment_id, ticket_id, hash, file_name, content_type, size, is_inline, content_id,
    token, created_by
FROM attachment WHERE id = :id;

-- name: draft_put :exec
-- in: user_id user_id, ticket_id ticket_id, is_public bool, body text, uploads text?, updated_at i64
INSERT INTO draft (user_id, ticket_id, is_public, body, uploads, updated_at)
VALUES (:user_id, :ticket_id, :is_public, :body, :uploads, :updated_at)
ON CONFLICT (user_id, ticket_id) DO UPDATE SET is_public = excluded.is_public,
    body = excluded.body, uploads = COALESCE(excluded.uploads, draft.uploads),
    updated_at = excluded.updated_at;

-- name: draft_get :opt
-- in: user_id user_id, ticket_id ticket_id
-- out: is_public bool, body text, uploads text?, updated_at i64
SELECT is_public, body, uploads, updated_at FROM draft WHERE user_id = :user_id AND ticket_id = :ticket_id;

-- name: draft_delete :exec
-- in: user_id user_id, ticket_id ticket_id
DELETE FROM draft WHERE user_id = :user_id AND ticket_id = :ticket_id;

-- name: search_insert :exec
-- in: id comment_id, subject text, body text
-- sqlite:
INSERT INTO ticket_fts (rowid, subject, body) VALUES (:id, :subject, :body);
-- postgres:
INSERT INTO ticket_fts (id, words)
VALUES (:id, setweight(to_tsvector('simple', :subject), 'A') || to_tsvector('simple', :body));

-- Newest first; the full-text table's ids grow with time.
-- name: search_comments :many
-- in: expression text, before i64, least_public i64, most i64
-- out: id comment_id, ticket_id ticket_id, body text
-- sqlite:
SELECT c.id, c.ticket_id, c.body FROM ticket_fts f JOIN ticket_comment c ON c.id = f.rowid
WHERE f.ticket_fts MATCH :expression AND f.rowid < :before AND c.is_public >= :least_public
    AND (:least_public = 0 OR c.held_until IS NULL)
ORDER BY f.rowid DESC LIMIT :most;
-- postgres:
SELECT c.id, c.ticket_id, c.body FROM ticket_fts f JOIN ticket_comment c ON c.id = f.id
WHERE f.words @@ to_tsquery('simple', :expression) AND f.id < :before
    AND c.is_public >= :least_public AND (:least_public = 0 OR c.held_until IS NULL)
ORDER BY f.id DESC LIMIT :most;

-- ## Ends: what is hidden, redacted, deleted for good

-- name: comment_set_text :exec
-- in: id comment_id, body text, html text?
UPDATE ticket_comment SET body = :body, html = :html, quoted_from = NULL WHERE id = :id;

-- name: ticket_visible_again :exec
-- in: id ticket_id
UPDATE ticket SET is_public = (SELECT COALESCE(MAX(c.is_public), 0) FROM ticket_comment c
    WHERE c.ticket_id = ticket.id) WHERE id = :id;

-- name: comment_last_of :one
-- in: ticket_id ticket_id
-- out: id comment_id
SELECT COALESCE(MAX(id), 0) AS id FROM ticket_comment WHERE ticket_id = :ticket_id;

-- name: ticket_last_ids :one
-- in: ticket_id ticket_id
-- out: comment i64, audit i64
SELECT COALESCE((SELECT MAX(c.id) FROM ticket_comment c WHERE c.ticket_id = :ticket_id), 0) AS comment,
    COALESCE((SELECT MAX(a.id) FROM ticket_audit a WHERE a.ticket_id = :ticket_id), 0) AS audit;

-- name: ticket_set_excerpt :exec
-- in: id ticket_id, excerpt text
UPDATE ticket SET excerpt = :excerpt WHERE id = :id;

-- name: ticket_set_updated :exec
-- in: id ticket_id, updated_at i64
UPDATE ticket SET updated_at = :updated_at WHERE id = :id;

-- The subject a ticket was indexed with: it may have changed since.
-- name: first_subject :opt
-- in: ticket_id ticket_id
-- out: value text?
SELECT value FROM ticket_event
WHERE ticket_id = :ticket_id AND kind = 'Create' AND field = 'subject' ORDER BY id LIMIT 1;

-- Takes a comment out of the index; the texts must be those that went in.
-- name: search_delete :exec
-- in: id comment_id, subject text, body text
-- sqlite:
INSERT INTO ticket_fts (ticket_fts, rowid, subject, body) VALUES ('delete', :id, :subject, :body);
-- postgres:
DELETE FROM ticket_fts WHERE id = :id AND :subject = :subject AND :body = :body;

-- The ticket's subject, and what its history has of it.
-- name: subject_blacken :exec
-- in: id ticket_id, text text, black text
UPDATE ticket SET subject = REPLACE(subject, :text, :black) WHERE id = :id;

-- name: subject_events_blacken :exec
-- in: ticket_id ticket_id, text text, black text
UPDATE ticket_event SET value = REPLACE(value, :text, :black),
    previous = REPLACE(previous, :text, :black)
WHERE ticket_id = :ticket_id AND field = 'subject';

-- name: attachment_replace :exec
-- in: id attachment_id, hash text, file_name text, content_type text, size i64
UPDATE attachment SET hash = :hash, file_name = :file_name, content_type = :content_type,
    size = :size WHERE id = :id;

-- name: attachments_purge :exec
-- in: ticket_id ticket_id
DELETE FROM attachment WHERE ticket_id = :ticket_id;

-- name: comments_purge :exec
-- in: ticket_id ticket_id
DELETE FROM ticket_comment WHERE ticket_id = :ticket_id;

-- name: audits_purge :exec
-- in: ticket_id ticket_id
DELETE FROM ticket_audit WHERE ticket_id = :ticket_id;

-- name: events_purge :exec
-- in: ticket_id ticket_id
DELETE FROM ticket_event WHERE ticket_id = :ticket_id;

-- name: tags_purge :exec
-- in: ticket_id ticket_id
DELETE FROM ticket_tag WHERE ticket_id = :ticket_id;

-- name: collaborators_purge :exec
-- in: ticket_id ticket_id
DELETE FROM ticket_collaborator WHERE ticket_id = :ticket_id;

-- name: drafts_purge :exec
-- in: ticket_id ticket_id
DELETE FROM draft WHERE ticket_id = :ticket_id;

-- Tickets that were deleted before that time and are still there.
-- name: tickets_deleted_before :many
-- in: before i64, most i64
-- out: id ticket_id
SELECT id FROM ticket WHERE deleted_at IS NOT NULL AND deleted_at < :before AND purged_at IS NULL
ORDER BY deleted_at LIMIT :most;

-- name: ticket_empty :exec
-- in: id ticket_id, now i64
UPDATE ticket SET subject = 'SCRUBBED', excerpt = '', tags = '', external_id = NULL,
    recipient = NULL, comment_count = 0, purged_at = :now, updated_at = :now, generated_at = :now,
    version = version + 1
WHERE id = :id;

-- ## The history of many tickets

-- name: audits_since :many
-- row: audit_row
-- in: at i64, id audit_id, before i64, most i64
-- out: id audit_id, ticket_id ticket_id, author_id user_id, channel text, address text?, custom text?, created_at i64, rel text?, from_ticket ticket_id?
SELECT id, ticket_id, author_id, channel, address, custom, created_at, rel, from_ticket
FROM ticket_audit WHERE (created_at, id) > (:at, :id) AND created_at < :before
ORDER BY created_at, id LIMIT :most;

-- name: audits_until :many
-- row: audit_row
-- in: at i64, id audit_id, most i64
-- out: id audit_id, ticket_id ticket_id, author_id user_id, channel text, address text?, custom text?, created_at i64, rel text?, from_ticket ticket_id?
SELECT id, ticket_id, author_id, channel, address, custom, created_at, rel, from_ticket
FROM ticket_audit WHERE (created_at, id) < (:at, :id) ORDER BY created_at DESC, id DESC LIMIT :most;

-- name: events_of_audits :many
-- in: ids i64[]
-- out: id event_id, audit_id audit_id, kind text, field text?, value text?, previous text?, rule_id rule_id?
SELECT e.id, e.audit_id, e.kind, e.field, e.value, e.previous, e.rule_id
FROM ticket_audit a JOIN ticket_event e ON e.ticket_id = a.ticket_id AND e.audit_id = a.id
WHERE a.id IN (:ids) ORDER BY e.audit_id, e.id;

-- name: comments_by_ids :many
-- row: comment_row
-- in: ids i64[]
-- out: id comment_id, ticket_id ticket_id, audit_id audit_id, author_id user_id, is_public bool, body text, html text?, quoted_from i64?, channel text, mail_id mail_id?, stranger text?, remote_images i64, created_at i64, withdrawn_at i64?, held_until i64?, for_id user_id?
SELECT id, ticket_id, audit_id, author_id, is_public, body, html, quoted_from, channel, mail_id,
    stranger, remote_images, created_at, withdrawn_at, held_until, for_id
FROM ticket_comment WHERE id IN (:ids) ORDER BY id;

-- ## Figures of tickets

-- name: figure_events :many
-- in: ids i64[]
-- out: ticket_id ticket_id, field text?, value text?, previous text?, created_at i64
SELECT e.ticket_id, e.field, e.value, e.previous, a.created_at
FROM ticket_event e JOIN ticket_audit a ON a.id = e.audit_id
WHERE e.ticket_id IN (:ids) AND e.kind IN ('Create', 'Change')
    AND e.field IN ('status', 'assignee_id', 'group_id')
ORDER BY e.ticket_id, e.audit_id, e.id;

-- name: figure_comments :many
-- in: ids i64[]
-- out: ticket_id ticket_id, author_id user_id, is_public bool, created_at i64
SELECT ticket_id, author_id, is_public, created_at FROM ticket_comment
WHERE ticket_id IN (:ids) ORDER BY ticket_id, id;

-- A ticket's life: its statuses and who spoke.
-- name: step_events :many
-- in: ticket_id ticket_id
-- out: audit_id audit_id, value text?, created_at i64
SELECT e.audit_id, e.value, a.created_at
FROM ticket_event e JOIN ticket_audit a ON a.id = e.audit_id
WHERE e.ticket_id = :ticket_id AND e.kind IN ('Create', 'Change') AND e.field = 'status'
ORDER BY e.audit_id, e.id;

-- name: step_comments :many
-- in: ticket_id ticket_id
-- out: audit_id audit_id, author_id user_id, created_at i64
SELECT audit_id, author_id, created_at FROM ticket_comment
WHERE ticket_id = :ticket_id AND is_public = 1 AND withdrawn_at IS NULL ORDER BY audit_id, id;

-- name: ticket_cost_write :exec
-- in: id ticket_id, cost_rate i64
UPDATE ticket SET cost_rate = :cost_rate WHERE id = :id;

-- name: ticket_breach_write :exec
-- in: id ticket_id, breach_at i64?
UPDATE ticket SET breach_at = :breach_at WHERE id = :id;

-- name: incident_counts :many
-- in: ids i64[]
-- out: problem_id ticket_id?, n i64
SELECT problem_id, COUNT(*) AS n FROM ticket
WHERE problem_id IN (:ids) AND deleted_at IS NULL GROUP BY problem_id;

-- name: followups_of :many
-- in: ids i64[]
-- out: followup_of ticket_id?, id ticket_id
SELECT followup_of, id FROM ticket
WHERE followup_of IN (:ids) AND deleted_at IS NULL ORDER BY id;

-- name: attachments_of_comments :many
-- row: attachment_row
-- in: ids i64[]
-- out: id attachment_id, comment_id comment_id?, ticket_id ticket_id?, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text, created_by user_id
SELECT a.id, a.comment_id, a.ticket_id, a.hash, a.file_name, a.content_type, a.size, a.is_inline,
    a.content_id, a.token, a.created_by
FROM ticket_comment c JOIN attachment a ON a.ticket_id = c.ticket_id AND a.comment_id = c.id
WHERE c.id IN (:ids) ORDER BY a.comment_id, a.id;

-- ## Merged people and organisations

-- What changes, for the history.
-- name: tickets_of_requester :many
-- in: from user_id
-- out: id ticket_id
SELECT id FROM ticket WHERE requester_id = :from AND purged_at IS NULL ORDER BY id;

-- name: tickets_of_organization :many
-- in: from organization_id
-- out: id ticket_id
SELECT id FROM ticket WHERE organization_id = :from AND purged_at IS NULL ORDER BY id;

-- name: collaborations :many
-- in: from user_id, to user_id
-- out: ticket_id ticket_id, kind text, there i64
SELECT c.ticket_id, c.kind, (SELECT COUNT(*) FROM ticket_collaborator o
    WHERE o.ticket_id = c.ticket_id AND o.kind = c.kind AND o.user_id = :to) AS there
FROM ticket_collaborator c WHERE c.user_id = :from ORDER BY c.ticket_id, c.kind;

-- name: tickets_change_person :exec
-- in: from user_id, to user_id, at i64
UPDATE ticket SET
    requester_id = CASE WHEN requester_id = :from THEN :to ELSE requester_id END,
    submitter_id = CASE WHEN submitter_id = :from THEN :to ELSE submitter_id END,
    version = version + 1, generated_at = :at
WHERE requester_id = :from;

-- name: comments_change_author :exec
-- in: from user_id, to user_id
UPDATE ticket_comment SET author_id = :to
WHERE author_id = :from AND ticket_id IN (
    SELECT id FROM ticket WHERE requester_id = :from
    UNION SELECT ticket_id FROM ticket_collaborator WHERE user_id = :from);

-- name: collaborators_change_person :exec
-- in: from user_id, to user_id
INSERT INTO ticket_collaborator (ticket_id, user_id, kind)
SELECT ticket_id, :to, kind FROM ticket_collaborator WHERE user_id = :from ON CONFLICT DO NOTHING;

-- name: collaborators_drop_person :exec
-- in: user_id user_id
DELETE FROM ticket_collaborator WHERE user_id = :user_id;

-- name: tickets_change_organization :exec
-- in: from organization_id, to organization_id, at i64
UPDATE ticket SET organization_id = :to, version = version + 1, generated_at = :at
WHERE organization_id = :from;
-- ## Proving: what a ticket is, and what its history adds up to

-- name: check_tickets :many
-- in: after ticket_id, most i64
-- out: id ticket_id, subject text, status i64, priority i64, type i64, requester_id user_id, assignee_id user_id?, steward_id user_id?, group_id group_id?, organization_id organization_id?, problem_id ticket_id?, due_at i64?, external_id text?, tags text, deleted_at i64?, comment_count i64, comments i64, tag_rows i64
SELECT t.id, t.subject, t.status, t.priority, t.type, t.requester_id, t.assignee_id, t.steward_id,
    t.group_id, t.organization_id, t.problem_id, t.due_at, t.external_id, t.tags, t.deleted_at,
    t.comment_count,
    (SELECT COUNT(*) FROM ticket_comment c WHERE c.ticket_id = t.id) AS comments,
    (SELECT COUNT(*) FROM ticket_tag g WHERE g.ticket_id = t.id) AS tag_rows
FROM ticket t WHERE t.id > :after AND t.purged_at IS NULL ORDER BY t.id LIMIT :most;

-- name: check_events :many
-- in: first ticket_id, last ticket_id
-- out: ticket_id ticket_id, field text?, value text?, previous text?
SELECT ticket_id, field, value, previous FROM ticket_event
WHERE ticket_id >= :first AND ticket_id <= :last AND kind IN ('Create', 'Change')
    AND field IS NOT NULL
ORDER BY ticket_id;

-- name: check_collaborators :many
-- in: first ticket_id, last ticket_id
-- out: ticket_id ticket_id, user_id user_id, kind text
SELECT ticket_id, user_id, kind FROM ticket_collaborator
WHERE ticket_id >= :first AND ticket_id <= :last ORDER BY ticket_id;

-- ## The index made anew

-- name: index_clear :exec
-- sqlite:
INSERT INTO ticket_fts (ticket_fts) VALUES ('delete-all');
-- postgres:
DELETE FROM ticket_fts;

-- With the subject that goes into the index with a ticket's first comment.
-- name: index_comments :many
-- in: after comment_id, most i64
-- out: id comment_id, body text, subject text?
SELECT c.id, c.body,
    CASE WHEN c.id = (SELECT MIN(f.id) FROM ticket_comment f WHERE f.ticket_id = c.ticket_id)
    THEN (SELECT e.value FROM ticket_event e WHERE e.ticket_id = c.ticket_id AND e.kind = 'Create'
        AND e.field = 'subject' ORDER BY e.id LIMIT 1) END AS subject
FROM ticket_comment c WHERE c.id > :after ORDER BY c.id LIMIT :most;

-- Unsolved ones, by the index of stewards.
-- name: tickets_tended_by :many
-- in: ids user_id[]
-- out: steward_id user_id?, tended i64
SELECT steward_id, COUNT(*) AS tended FROM ticket
WHERE deleted_at IS NULL AND status < 4 AND steward_id IS NOT NULL AND steward_id IN (:ids)
GROUP BY steward_id;

-- name: tickets_assigned_by :many
-- in: ids user_id[]
-- out: assignee_id user_id?, assigned i64
SELECT assignee_id, COUNT(*) AS assigned FROM ticket
WHERE deleted_at IS NULL AND status < 4 AND assignee_id IN (:ids)
GROUP BY assignee_id;

-- name: stewards_of_requester :many
-- in: requester user_id, but ticket_id
-- out: steward_id user_id?
SELECT steward_id FROM ticket
WHERE deleted_at IS NULL AND status < 4 AND steward_id IS NOT NULL AND requester_id = :requester
    AND id < :but
ORDER BY id DESC LIMIT 5;

-- What was asked in a span of time, by day (counted from 1970 in the reader's zone) and channel.
-- group_id 0: of all groups, here and below.
-- name: report_made :many
-- in: since i64, until i64, shift i64, group_id i64
-- out: day i64, channel text, made i64
SELECT (created_at + :shift) / 86400000 AS day, channel, COUNT(*) AS made FROM ticket
WHERE created_at >= :since AND created_at < :until AND deleted_at IS NULL
    AND (:group_id = 0 OR group_id = :group_id)
GROUP BY day, channel ORDER BY day, channel;

-- name: report_solved :many
-- in: since i64, until i64, shift i64, group_id i64
-- out: day i64, solved i64
SELECT (solved_at + :shift) / 86400000 AS day, COUNT(*) AS solved FROM ticket
WHERE solved_at >= :since AND solved_at < :until AND deleted_at IS NULL AND status >= 4
    AND (:group_id = 0 OR group_id = :group_id)
GROUP BY day ORDER BY day;

-- name: report_asked :many
-- in: since i64, until i64, group_id i64, most i64
-- out: id ticket_id, group_id group_id?, organization_id organization_id?, created_at i64, solved_at i64?
SELECT id, group_id, organization_id, created_at, solved_at FROM ticket
WHERE created_at >= :since AND created_at < :until AND deleted_at IS NULL
    AND (:group_id = 0 OR group_id = :group_id)
ORDER BY created_at, id LIMIT :most;

-- Who but the requester spoke to them first, and when; words that came with the request itself do
-- not count.
-- name: report_answers :many
-- in: since i64, until i64, group_id i64
-- out: ticket_id ticket_id, author_id user_id, first_at i64
SELECT c.ticket_id AS ticket_id, c.author_id AS author_id, MIN(c.created_at) AS first_at
FROM ticket t JOIN ticket_comment c ON c.ticket_id = t.id
WHERE t.created_at >= :since AND t.created_at < :until AND t.deleted_at IS NULL
    AND (:group_id = 0 OR t.group_id = :group_id)
    AND c.is_public = 1 AND c.author_id <> t.requester_id AND c.created_at > t.created_at
GROUP BY c.ticket_id, c.author_id ORDER BY c.ticket_id, first_at;

-- How often tickets went from one hand to another, and came back after they were solved.
-- name: report_moved :many
-- in: since i64, until i64, group_id i64
-- out: field text?, times i64, tickets i64
SELECT e.field AS field, COUNT(*) AS times, COUNT(DISTINCT e.ticket_id) AS tickets
FROM ticket_audit a
JOIN ticket_event e ON e.ticket_id = a.ticket_id AND e.audit_id = a.id
JOIN ticket t ON t.id = a.ticket_id
WHERE a.created_at >= :since AND a.created_at < :until
    AND e.kind = 'Change' AND e.previous IS NOT NULL AND e.value IS NOT NULL
    AND (e.field IN ('steward_id', 'assignee_id', 'group_id')
         OR (e.field = 'status' AND e.previous = 'solved' AND e.value <> 'closed'))
    AND t.deleted_at IS NULL AND (:group_id = 0 OR t.group_id = :group_id)
GROUP BY e.field ORDER BY e.field;

-- Requests whose requester wrote again, more than so many ms later, before anybody answered.
-- name: report_repeated :one
-- in: since i64, until i64, group_id i64, pause_ms i64
-- out: tickets i64
SELECT COUNT(DISTINCT ticket_id) AS tickets FROM (
    SELECT c.ticket_id AS ticket_id, c.author_id AS author_id, c.created_at AS created_at,
        t.requester_id AS requester_id,
        LAG(c.author_id) OVER (PARTITION BY c.ticket_id ORDER BY c.id) AS author_before,
        LAG(c.created_at) OVER (PARTITION BY c.ticket_id ORDER BY c.id) AS time_before
    FROM ticket t JOIN ticket_comment c ON c.ticket_id = t.id
    WHERE t.created_at >= :since AND t.created_at < :until AND t.deleted_at IS NULL
        AND (:group_id = 0 OR t.group_id = :group_id) AND c.is_public = 1) AS said
WHERE author_id = requester_id AND author_before = requester_id
    AND created_at - time_before > :pause_ms;
