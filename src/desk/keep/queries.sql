-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What `steward check` asks of all rooms' tables, and who names which blob. Nothing here changes a
-- row. Each check is read on by `after`, so that a broken desk needs no more memory than a sound one.

-- ## Rows that point nowhere: id is the row, ref what it names

-- name: lost_ticket_requester :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.requester_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.requester_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.requester_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_submitter :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.submitter_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.submitter_id IS NOT NULL AND t.submitter_id <> 0
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.submitter_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_assignee :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.assignee_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.assignee_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.assignee_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_steward :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.steward_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.steward_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.steward_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_group :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.group_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.group_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM desk_group o WHERE o.id = t.group_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_problem :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.problem_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.problem_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.problem_id)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_followup :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.followup_of, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.followup_of IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.followup_of)
ORDER BY t.id LIMIT :most;

-- name: lost_ticket_merged :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.merged_into, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.merged_into IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.merged_into)
ORDER BY t.id LIMIT :most;

-- name: lost_comment_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM ticket_comment t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_comment_audit :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.audit_id, 0) AS ref FROM ticket_comment t
WHERE t.id > :after AND t.audit_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket_audit o WHERE o.id = t.audit_id)
ORDER BY t.id LIMIT :most;

-- name: lost_comment_author :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.author_id, 0) AS ref FROM ticket_comment t
WHERE t.id > :after AND t.author_id IS NOT NULL AND t.author_id <> 0
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.author_id)
ORDER BY t.id LIMIT :most;

-- name: lost_comment_mail :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.mail_id, 0) AS ref FROM ticket_comment t
WHERE t.id > :after AND t.mail_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mail_in o WHERE o.id = t.mail_id)
ORDER BY t.id LIMIT :most;

-- name: lost_audit_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM ticket_audit t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_audit_author :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.author_id, 0) AS ref FROM ticket_audit t
WHERE t.id > :after AND t.author_id IS NOT NULL AND t.author_id <> 0
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.author_id)
ORDER BY t.id LIMIT :most;

-- name: lost_event_audit :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.audit_id, 0) AS ref FROM ticket_event t
WHERE t.id > :after AND t.audit_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket_audit o WHERE o.id = t.audit_id)
ORDER BY t.id LIMIT :most;

-- name: lost_attachment_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM attachment t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_attachment_comment :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.comment_id, 0) AS ref FROM attachment t
WHERE t.id > :after AND t.comment_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket_comment o WHERE o.id = t.comment_id)
ORDER BY t.id LIMIT :most;

-- name: lost_attachment_upload :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.upload_id, 0) AS ref FROM attachment t
WHERE t.id > :after AND t.upload_id IS NOT NULL AND t.comment_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM upload o WHERE o.id = t.upload_id)
ORDER BY t.id LIMIT :most;

-- name: lost_session_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM session t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_token_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM api_token t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_identity_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM identity t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_password_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.user_id AS id, COALESCE(t.user_id, 0) AS ref FROM password t
WHERE t.user_id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.user_id LIMIT :most;

-- name: lost_group_membership_group :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.group_id, 0) AS ref FROM group_membership t
WHERE t.id > :after AND t.group_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM desk_group o WHERE o.id = t.group_id)
ORDER BY t.id LIMIT :most;

-- name: lost_group_membership_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM group_membership t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_organization_membership_organization :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.organization_id, 0) AS ref FROM organization_membership t
WHERE t.id > :after AND t.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM organization o WHERE o.id = t.organization_id)
ORDER BY t.id LIMIT :most;

-- name: lost_organization_membership_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM organization_membership t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_person_organization :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.organization_id, 0) AS ref FROM person t
WHERE t.id > :after AND t.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM organization o WHERE o.id = t.organization_id)
ORDER BY t.id LIMIT :most;

-- name: lost_mail_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM mail_in t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_raw_mail :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.mail_id AS id, COALESCE(t.mail_id, 0) AS ref FROM mail_in_raw t
WHERE t.mail_id > :after AND t.mail_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mail_in o WHERE o.id = t.mail_id)
ORDER BY t.mail_id LIMIT :most;

-- name: lost_outgoing_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM mail_out t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_sla_ticket_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.ticket_id AS id, COALESCE(t.ticket_id, 0) AS ref FROM sla_ticket t
WHERE t.ticket_id > :after AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.ticket_id LIMIT :most;

-- name: lost_metric_event_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM metric_event t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_disruption_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.ticket_id AS id, t.ticket_id AS ref FROM disruption t
WHERE t.ticket_id > :after AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.ticket_id LIMIT :most;

-- name: lost_moment_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM moment t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_moment_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM moment t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_mark_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.user_id, 0) AS ref FROM mark t
WHERE t.id > :after AND t.user_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
ORDER BY t.id LIMIT :most;

-- name: lost_mark_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, t.object_id AS ref FROM mark t
WHERE t.id > :after AND t.kind <> 'subscription'
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.object_id)
ORDER BY t.id LIMIT :most;

-- name: lost_lens_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id AS id, COALESCE(t.ticket_id, 0) AS ref FROM lens_finding t
WHERE t.id > :after AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
ORDER BY t.id LIMIT :most;

-- name: lost_tag_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.ticket_id AS id, COALESCE(MIN(t.ticket_id), 0) AS ref FROM ticket_tag t
WHERE t.ticket_id > :after AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
GROUP BY t.ticket_id ORDER BY t.ticket_id LIMIT :most;

-- name: lost_collaborator_ticket :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.ticket_id AS id, COALESCE(MIN(t.ticket_id), 0) AS ref FROM ticket_collaborator t
WHERE t.ticket_id > :after AND NOT EXISTS (SELECT 1 FROM ticket o WHERE o.id = t.ticket_id)
GROUP BY t.ticket_id ORDER BY t.ticket_id LIMIT :most;

-- name: lost_collaborator_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.ticket_id AS id, COALESCE(MIN(t.user_id), 0) AS ref FROM ticket_collaborator t
WHERE t.ticket_id > :after AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
GROUP BY t.ticket_id ORDER BY t.ticket_id LIMIT :most;

-- name: lost_draft_person :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.user_id AS id, COALESCE(MIN(t.user_id), 0) AS ref FROM draft t
WHERE t.user_id > :after AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id = t.user_id)
GROUP BY t.user_id ORDER BY t.user_id LIMIT :most;

-- name: lost_rule_term_rule :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.rule_id AS id, COALESCE(MIN(t.rule_id), 0) AS ref FROM rule_term t
WHERE t.rule_id > :after AND NOT EXISTS (SELECT 1 FROM rule o WHERE o.id = t.rule_id)
GROUP BY t.rule_id ORDER BY t.rule_id LIMIT :most;

-- name: lost_rule_group_rule :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.rule_id AS id, COALESCE(MIN(t.rule_id), 0) AS ref FROM rule_group t
WHERE t.rule_id > :after AND NOT EXISTS (SELECT 1 FROM rule o WHERE o.id = t.rule_id)
GROUP BY t.rule_id ORDER BY t.rule_id LIMIT :most;

-- name: lost_bulk_result_bulk :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.bulk_id AS id, COALESCE(MIN(t.bulk_id), 0) AS ref FROM bulk_result t
WHERE t.bulk_id > :after AND NOT EXISTS (SELECT 1 FROM bulk o WHERE o.id = t.bulk_id)
GROUP BY t.bulk_id ORDER BY t.bulk_id LIMIT :most;

-- name: lost_mailbox_state_mailbox :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.inbox_id AS id, COALESCE(MIN(t.inbox_id), 0) AS ref FROM inbox_state t
WHERE t.inbox_id > :after AND NOT EXISTS (SELECT 1 FROM inbox o WHERE o.id = t.inbox_id)
GROUP BY t.inbox_id ORDER BY t.inbox_id LIMIT :most;

-- Organisations that were deleted stay named by their tickets.

-- name: lost_ticket_organization :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id, COALESCE(t.organization_id, 0) AS ref FROM ticket t
WHERE t.id > :after AND t.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM organization o WHERE o.id = t.organization_id)
    AND NOT EXISTS (SELECT 1 FROM organization_gone o WHERE o.id = t.organization_id)
ORDER BY t.id LIMIT :most;

-- Every comment is told of by an event of the same number in its audit.

-- name: lost_comment_event :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id, t.audit_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_event o
    WHERE o.id = t.id AND o.kind = 'Comment' AND o.audit_id = t.audit_id)
ORDER BY t.id LIMIT :most;

-- A mail whose bytes are nowhere.

-- name: lost_mail_bytes :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id, t.id AS ref FROM mail_in t
WHERE t.id > :after AND t.blob IS NULL
    AND NOT EXISTS (SELECT 1 FROM mail_in_raw o WHERE o.mail_id = t.id)
ORDER BY t.id LIMIT :most;

-- ## The search index

-- Comments that cannot be found.
-- name: lost_comment_words :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.ticket_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_fts_docsize o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.ticket_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_fts o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- Words of comments that are gone.
-- name: lost_words_comment :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.id AS ref FROM ticket_fts_docsize t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_comment o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.id AS ref FROM ticket_fts t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_comment o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- Articles that cannot be found.
-- name: lost_article_words :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.source_id AS ref FROM kb_text t JOIN kb_article a ON a.id = t.source_id
WHERE t.kind = 'article' AND a.archived_at IS NULL AND t.id > :after
    AND NOT EXISTS (SELECT 1 FROM kb_fts_docsize o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.source_id AS ref FROM kb_text t JOIN kb_article a ON a.id = t.source_id
WHERE t.kind = 'article' AND a.archived_at IS NULL AND t.id > :after
    AND NOT EXISTS (SELECT 1 FROM kb_fts o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- ## Blobs

-- The blobs that rows name, in order of their names.
-- name: blob_names :many
-- in: after text, most i64
-- out: hash text?
-- sqlite:
SELECT hash FROM (
    SELECT * FROM (SELECT DISTINCT hash FROM attachment WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    SELECT * FROM (SELECT DISTINCT blob AS hash FROM mail_in WHERE blob IS NOT NULL AND blob > :after
        ORDER BY blob LIMIT :most))
ORDER BY hash LIMIT :most;
-- postgres:
SELECT hash FROM (
    (SELECT DISTINCT hash FROM attachment WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    (SELECT DISTINCT blob AS hash FROM mail_in WHERE blob IS NOT NULL AND blob > :after
        ORDER BY blob LIMIT :most)) AS named
ORDER BY hash LIMIT :most;

-- Which of these blobs rows name.
-- name: blobs_named :many
-- in: hashes text[]
-- out: hash text?
SELECT hash FROM attachment WHERE hash IN (:hashes)
UNION SELECT blob AS hash FROM mail_in WHERE blob IN (:hashes);

-- How much there is.
-- name: keep_counts :one
-- out: tickets i64, comments i64, audits i64, events i64, people i64, files i64, mails i64
SELECT (SELECT COUNT(*) FROM ticket) AS tickets, (SELECT COUNT(*) FROM ticket_comment) AS comments,
    (SELECT COUNT(*) FROM ticket_audit) AS audits, (SELECT COUNT(*) FROM ticket_event) AS events,
    (SELECT COUNT(*) FROM person) AS people, (SELECT COUNT(*) FROM attachment) AS files,
    (SELECT COUNT(*) FROM mail_in) AS mails;
