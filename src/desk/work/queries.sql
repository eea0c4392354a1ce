-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Bonds between tickets

-- name: bond_insert :exec
-- in: id i64, kind text, from_id ticket_id, to_id ticket_id, made_by user_id, made_at i64
INSERT INTO ticket_bond (id, kind, from_id, to_id, made_by, made_at)
VALUES (:id, :kind, :from_id, :to_id, :made_by, :made_at);

-- name: bonds_of_ticket :many
-- row: bond_row
-- in: ticket ticket_id
-- out: id i64, kind text, from_id ticket_id, to_id ticket_id
SELECT id, kind, from_id, to_id FROM ticket_bond WHERE from_id = :ticket OR to_id = :ticket
ORDER BY id;

-- name: bond_by_id :opt
-- row: bond_row
-- in: id i64
-- out: id i64, kind text, from_id ticket_id, to_id ticket_id
SELECT id, kind, from_id, to_id FROM ticket_bond WHERE id = :id;

-- name: bond_parent_of :opt
-- in: child ticket_id
-- out: from_id ticket_id
SELECT from_id FROM ticket_bond WHERE to_id = :child AND kind = 'parent' ORDER BY id LIMIT 1;

-- name: bond_delete :exec
-- in: id i64
DELETE FROM ticket_bond WHERE id = :id;

-- name: bond_set :exec
-- in: id i64, from_id ticket_id, to_id ticket_id
UPDATE ticket_bond SET from_id = :from_id, to_id = :to_id WHERE id = :id;

-- name: bonds_forget_ticket :exec
-- in: ticket ticket_id
DELETE FROM ticket_bond WHERE from_id = :ticket OR to_id = :ticket;

-- name: bonds_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE ticket_bond SET made_by = :to_id WHERE made_by = :from_id;

-- ## Time

-- name: time_insert :exec
-- in: id i64, ticket_id ticket_id, user_id user_id, kind text, seconds i64, note text, created_at i64
INSERT INTO time_entry (id, ticket_id, user_id, kind, seconds, note, created_at)
VALUES (:id, :ticket_id, :user_id, :kind, :seconds, :note, :created_at);

-- name: time_by_id :opt
-- row: time_row
-- in: id i64
-- out: id i64, ticket_id ticket_id, user_id user_id, kind text, seconds i64, note text, created_at i64
SELECT id, ticket_id, user_id, kind, seconds, note, created_at FROM time_entry WHERE id = :id;

-- name: time_of_ticket :many
-- row: time_row
-- in: ticket_id ticket_id
-- out: id i64, ticket_id ticket_id, user_id user_id, kind text, seconds i64, note text, created_at i64
SELECT id, ticket_id, user_id, kind, seconds, note, created_at FROM time_entry
WHERE ticket_id = :ticket_id ORDER BY id;

-- name: time_sum :one
-- in: ticket_id ticket_id, user_id user_id
-- out: seconds i64, own i64
SELECT COALESCE(SUM(seconds), 0) AS seconds,
    COALESCE(SUM(CASE WHEN user_id = :user_id THEN seconds ELSE 0 END), 0) AS own
FROM time_entry WHERE ticket_id = :ticket_id;

-- Of one person, or of all where none is given.
-- name: time_of_people :many
-- in: since i64, until i64, user_id user_id?
-- out: user_id user_id, kind text, seconds i64, entries i64, tickets i64
SELECT user_id, kind, SUM(seconds) AS seconds, COUNT(*) AS entries,
    COUNT(DISTINCT ticket_id) AS tickets
FROM time_entry WHERE created_at >= :since AND created_at < :until
    AND (:user_id IS NULL OR user_id = :user_id)
GROUP BY user_id, kind ORDER BY user_id, kind;

-- name: time_delete :exec
-- in: id i64
DELETE FROM time_entry WHERE id = :id;

-- name: time_forget_ticket :exec
-- in: ticket ticket_id
DELETE FROM time_entry WHERE ticket_id = :ticket;

-- name: time_move_ticket :exec
-- in: from_id ticket_id, to_id ticket_id
UPDATE time_entry SET ticket_id = :to_id WHERE ticket_id = :from_id;

-- name: time_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE time_entry SET user_id = :to_id WHERE user_id = :from_id;

-- ## Signatures of groups

-- name: group_signature_of :opt
-- in: group_id group_id
-- out: words text
SELECT words FROM group_signature WHERE group_id = :group_id;

-- name: group_signatures :many
-- out: group_id group_id, words text
SELECT group_id, words FROM group_signature ORDER BY group_id;

-- name: group_signature_put :exec
-- in: group_id group_id, words text
INSERT INTO group_signature (group_id, words) VALUES (:group_id, :words)
ON CONFLICT (group_id) DO UPDATE SET words = excluded.words;

-- name: group_signature_delete :exec
-- in: group_id group_id
DELETE FROM group_signature WHERE group_id = :group_id;

-- ## Answers that leave later

-- name: later_insert :exec
-- in: id i64, ticket_id ticket_id, author_id user_id, body text, html text?, status text?, seen i64, send_at i64, created_at i64
INSERT INTO later_reply (id, ticket_id, author_id, body, html, status, seen, send_at, created_at)
VALUES (:id, :ticket_id, :author_id, :body, :html, :status, :seen, :send_at, :created_at);

-- name: later_by_id :opt
-- row: later_row
-- in: id i64
-- out: id i64, ticket_id ticket_id, author_id user_id, body text, html text?, status text?, seen i64, send_at i64
SELECT id, ticket_id, author_id, body, html, status, seen, send_at FROM later_reply WHERE id = :id;

-- name: later_of_ticket :many
-- row: later_row
-- in: ticket_id ticket_id
-- out: id i64, ticket_id ticket_id, author_id user_id, body text, html text?, status text?, seen i64, send_at i64
SELECT id, ticket_id, author_id, body, html, status, seen, send_at FROM later_reply
WHERE ticket_id = :ticket_id ORDER BY send_at, id;

-- name: later_of_author :many
-- row: later_row
-- in: author_id user_id, most i64
-- out: id i64, ticket_id ticket_id, author_id user_id, body text, html text?, status text?, seen i64, send_at i64
SELECT id, ticket_id, author_id, body, html, status, seen, send_at FROM later_reply
WHERE author_id = :author_id ORDER BY send_at, id LIMIT :most;

-- name: later_delete :exec
-- in: id i64
DELETE FROM later_reply WHERE id = :id;

-- name: later_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE later_reply SET author_id = :to_id WHERE author_id = :from_id;

-- name: later_file_insert :exec
-- in: id i64, reply_id i64, hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text
INSERT INTO later_file (id, reply_id, hash, file_name, content_type, size, is_inline, content_id,
    token)
VALUES (:id, :reply_id, :hash, :file_name, :content_type, :size, :is_inline, :content_id, :token);

-- name: later_files :many
-- in: reply_id i64
-- out: hash text, file_name text, content_type text, size i64, is_inline bool, content_id text?, token text
SELECT hash, file_name, content_type, size, is_inline, content_id, token FROM later_file
WHERE reply_id = :reply_id ORDER BY id;

-- name: later_files_delete :exec
-- in: reply_id i64
DELETE FROM later_file WHERE reply_id = :reply_id;

-- name: later_files_forget :exec
-- in: ticket_id ticket_id
DELETE FROM later_file WHERE reply_id IN
    (SELECT l.id FROM later_reply l WHERE l.ticket_id = :ticket_id);

-- name: later_forget :exec
-- in: ticket_id ticket_id
DELETE FROM later_reply WHERE ticket_id = :ticket_id;
