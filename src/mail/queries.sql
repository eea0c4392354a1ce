-- SPDX-License-Identifier: GPL-3.0-or-later

-- --- mail that came ---------------------------------------------------------------------------

-- No row: the same message came before.
-- name: mail_in_insert :changes
-- in: id mail_id, mailbox text, recipient text, envelope_from text, received_at i64, state text, reason text, message_id text, dedupe_key text, sender text, subject text, size i64, blob text?, inbox_id inbox_id?, silent bool, dated_at i64?
INSERT INTO mail_in (id, mailbox, recipient, envelope_from, received_at, state, reason, message_id,
    dedupe_key, sender, subject, size, blob, attempts, inbox_id, silent, dated_at)
VALUES (:id, :mailbox, :recipient, :envelope_from, :received_at, :state, :reason, :message_id,
    :dedupe_key, :sender, :subject, :size, :blob, 0, :inbox_id, :silent, :dated_at)
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: mail_in_by_key :opt
-- in: dedupe_key text
-- out: id mail_id, state text, ticket_id ticket_id?, comment_id comment_id?
SELECT id, state, ticket_id, comment_id FROM mail_in WHERE dedupe_key = :dedupe_key;

-- name: mail_in_raw_insert :exec
-- in: mail_id mail_id, raw blob
INSERT INTO mail_in_raw (mail_id, raw) VALUES (:mail_id, :raw);

-- name: mail_in_raw_of :opt
-- in: mail_id mail_id
-- out: raw blob
SELECT raw FROM mail_in_raw WHERE mail_id = :mail_id;

-- name: mail_in_raw_delete :exec
-- in: mail_id mail_id
DELETE FROM mail_in_raw WHERE mail_id = :mail_id;

-- name: mail_in_settle :changes
-- in: id mail_id, state text, reason text, ticket_id ticket_id?, comment_id comment_id?, handled_at i64?
UPDATE mail_in SET state = :state, reason = :reason, ticket_id = :ticket_id,
    comment_id = :comment_id, handled_at = :handled_at, attempts = attempts + 1
WHERE id = :id;

-- name: mail_in_change :changes
-- in: id mail_id, was text, state text, reason text, handled_at i64?
UPDATE mail_in SET state = :state, reason = :reason, handled_at = :handled_at
WHERE id = :id AND state = :was;

-- What reading it has shown; fetched mail stands there before it is read.
-- name: mail_in_describe :exec
-- in: id mail_id, recipient text, message_id text, sender text, subject text
UPDATE mail_in SET recipient = :recipient, message_id = :message_id, sender = :sender,
    subject = :subject
WHERE id = :id;

-- Fetched mail that intake has not come to, in the order of arrival.
-- name: mail_in_unread :many
-- in: inbox_id inbox_id, after mail_id, most i64
-- out: id mail_id
SELECT id FROM mail_in WHERE state = 'new' AND inbox_id = :inbox_id AND id > :after
ORDER BY id LIMIT :most;

-- name: mail_in_attempt :exec
-- in: id mail_id
UPDATE mail_in SET attempts = attempts + 1 WHERE id = :id AND state = 'new';

-- name: mail_in_known_keys :many
-- in: keys text[]
-- out: dedupe_key text
SELECT dedupe_key FROM mail_in WHERE dedupe_key IN (:keys);

-- name: mail_in_forget_blob :exec
-- in: id mail_id
UPDATE mail_in SET blob = NULL WHERE id = :id;

-- Size 0 says that the content was taken out.
-- name: mail_in_scrub :exec
-- in: id mail_id
UPDATE mail_in SET blob = NULL, size = 0, subject = '' WHERE id = :id;

-- name: mail_in_forget :exec
-- in: id mail_id
UPDATE mail_in SET blob = NULL, size = 0, subject = '', sender = '', envelope_from = ''
WHERE id = :id;

-- name: mail_in_raw_scrub_ticket :exec
-- in: ticket_id ticket_id
DELETE FROM mail_in_raw WHERE mail_id IN (SELECT id FROM mail_in WHERE ticket_id = :ticket_id);

-- name: mail_in_scrub_ticket :exec
-- in: ticket_id ticket_id
UPDATE mail_in SET blob = NULL, size = 0, subject = '', sender = '', envelope_from = ''
WHERE ticket_id = :ticket_id;

-- name: mail_in_by_id :opt
-- row: mail_in_row
-- in: id mail_id
-- out: id mail_id, mailbox text, recipient text, envelope_from text, received_at i64, state text, reason text, message_id text, sender text, subject text, size i64, blob text?, ticket_id ticket_id?, comment_id comment_id?, attempts i64, handled_at i64?, inbox_id inbox_id?, silent bool, dated_at i64?
SELECT id, mailbox, recipient, envelope_from, received_at, state, reason, message_id, sender,
    subject, size, blob, ticket_id, comment_id, attempts, handled_at, inbox_id, silent, dated_at
FROM mail_in WHERE id = :id;

-- name: mail_in_waiting :many
-- row: mail_in_row
-- in: state text, before mail_id, most i64
-- out: id mail_id, mailbox text, recipient text, envelope_from text, received_at i64, state text, reason text, message_id text, sender text, subject text, size i64, blob text?, ticket_id ticket_id?, comment_id comment_id?, attempts i64, handled_at i64?, inbox_id inbox_id?, silent bool, dated_at i64?
SELECT id, mailbox, recipient, envelope_from, received_at, state, reason, message_id, sender,
    subject, size, blob, ticket_id, comment_id, attempts, handled_at, inbox_id, silent, dated_at
FROM mail_in WHERE state IN ('new', 'quarantined') AND state = :state AND id < :before
ORDER BY id DESC LIMIT :most;

-- name: mail_in_count_waiting :one
-- in: state text
-- out: count i64
SELECT COUNT(*) AS count FROM mail_in WHERE state IN ('new', 'quarantined') AND state = :state;

-- name: mail_in_tickets_of :many
-- in: message_ids text[]
-- out: message_id text, ticket_id ticket_id?, id mail_id
SELECT message_id, ticket_id, id FROM mail_in
WHERE message_id IN (:message_ids) AND ticket_id IS NOT NULL ORDER BY id;

-- name: mail_in_ids_of_ticket :many
-- in: ticket_id ticket_id, most i64
-- out: id mail_id, message_id text, comment_id comment_id?
SELECT id, message_id, comment_id FROM mail_in WHERE ticket_id = :ticket_id
ORDER BY id DESC LIMIT :most;

-- --- mail that leaves -------------------------------------------------------------------------

-- name: mail_out_insert :exec
-- in: id outmail_id, ticket_id ticket_id?, comment_id comment_id?, user_id user_id?, kind text, automatic bool, address text, envelope_from text, message_id text, payload text, send_at i64, created_at i64
INSERT INTO mail_out (id, ticket_id, comment_id, user_id, kind, automatic, address, envelope_from,
    message_id, payload, state, send_at, attempts, interrupted, last_error, created_at)
VALUES (:id, :ticket_id, :comment_id, :user_id, :kind, :automatic, :address, :envelope_from,
    :message_id, :payload, 'waiting', :send_at, 0, 0, '', :created_at);

-- name: mail_out_by_id :opt
-- row: mail_out_row
-- in: id outmail_id
-- out: id outmail_id, ticket_id ticket_id?, comment_id comment_id?, user_id user_id?, kind text, automatic bool, address text, envelope_from text, message_id text, payload text, state text, send_at i64, attempts i64, interrupted i64, last_error text, created_at i64, sent_at i64?
SELECT id, ticket_id, comment_id, user_id, kind, automatic, address, envelope_from, message_id,
    payload, state, send_at, attempts, interrupted, last_error, created_at, sent_at
FROM mail_out WHERE id = :id;

-- name: mail_out_of_ticket :many
-- row: mail_out_row
-- in: ticket_id ticket_id, most i64
-- out: id outmail_id, ticket_id ticket_id?, comment_id comment_id?, user_id user_id?, kind text, automatic bool, address text, envelope_from text, message_id text, payload text, state text, send_at i64, attempts i64, interrupted i64, last_error text, created_at i64, sent_at i64?
SELECT id, ticket_id, comment_id, user_id, kind, automatic, address, envelope_from, message_id,
    payload, state, send_at, attempts, interrupted, last_error, created_at, sent_at
FROM mail_out WHERE ticket_id = :ticket_id ORDER BY id DESC LIMIT :most;

-- name: mail_out_failed :many
-- row: mail_out_row
-- in: before outmail_id, most i64
-- out: id outmail_id, ticket_id ticket_id?, comment_id comment_id?, user_id user_id?, kind text, automatic bool, address text, envelope_from text, message_id text, payload text, state text, send_at i64, attempts i64, interrupted i64, last_error text, created_at i64, sent_at i64?
SELECT id, ticket_id, comment_id, user_id, kind, automatic, address, envelope_from, message_id,
    payload, state, send_at, attempts, interrupted, last_error, created_at, sent_at
FROM mail_out WHERE state = 'failed' AND id < :before ORDER BY id DESC LIMIT :most;

-- name: mail_out_queue :one
-- out: count i64, oldest_at i64?
SELECT COUNT(*) AS count, MIN(send_at) AS oldest_at FROM mail_out
WHERE state IN ('waiting', 'sending');

-- A row that is 'sending' already was left by a sender that is gone.
-- name: mail_out_claim :changes
-- in: id outmail_id, now i64
UPDATE mail_out SET attempts = attempts + 1,
    interrupted = CASE WHEN state = 'sending' THEN interrupted + 1 ELSE interrupted END,
    state = 'sending'
WHERE id = :id AND (state = 'sending' OR (state = 'waiting' AND send_at <= :now));

-- name: mail_out_settle :changes
-- in: id outmail_id, state text, send_at i64, last_error text, sent_at i64?
UPDATE mail_out SET state = :state, send_at = :send_at, last_error = :last_error,
    sent_at = :sent_at
WHERE id = :id AND state = 'sending';

-- name: mail_out_bounced :changes
-- in: id outmail_id, last_error text
UPDATE mail_out SET state = 'failed', last_error = :last_error
WHERE id = :id AND state IN ('waiting', 'sending', 'sent');

-- name: mail_out_cancel_comment :many
-- in: comment_id comment_id
-- out: id outmail_id
UPDATE mail_out SET state = 'cancelled' WHERE comment_id = :comment_id AND state = 'waiting'
RETURNING id;

-- name: mail_out_cancel :changes
-- in: id outmail_id
UPDATE mail_out SET state = 'cancelled' WHERE id = :id AND state = 'waiting';

-- name: mail_out_of_ticket_waiting :many
-- in: ticket_id ticket_id
-- out: id outmail_id
SELECT id FROM mail_out WHERE ticket_id = :ticket_id AND state = 'waiting' ORDER BY id;

-- name: mail_out_scrub_ticket :exec
-- in: ticket_id ticket_id
UPDATE mail_out SET payload = '', address = '', last_error = '' WHERE ticket_id = :ticket_id;

-- name: mail_out_scrub :exec
-- in: id outmail_id
UPDATE mail_out SET payload = '', address = '', last_error = '' WHERE id = :id;

-- name: mail_out_blacken :exec
-- in: ticket_id ticket_id, text text, black text
UPDATE mail_out SET payload = REPLACE(payload, :text, :black) WHERE ticket_id = :ticket_id;

-- name: mail_out_again :changes
-- in: id outmail_id, send_at i64
UPDATE mail_out SET state = 'waiting', send_at = :send_at, attempts = 0, interrupted = 0
WHERE id = :id AND state = 'failed';

-- name: mail_out_count_left :one
-- in: comment_id comment_id
-- out: count i64
SELECT COUNT(*) AS count FROM mail_out
WHERE comment_id = :comment_id AND state IN ('sending', 'sent', 'failed');

-- name: mail_out_automatic_times :many
-- in: address text, since i64, most i64
-- out: ticket_id ticket_id?, created_at i64
SELECT ticket_id, created_at FROM mail_out
WHERE automatic = 1 AND lower(address) = :address AND created_at > :since AND state <> 'cancelled'
ORDER BY created_at DESC LIMIT :most;
