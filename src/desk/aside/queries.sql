-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Conversations

-- name: aside_insert :exec
-- in: id i64, uuid text, ticket_id ticket_id, kind text, subject text, preview text, people text
-- in: external_ids text, created_by user_id, created_at i64
INSERT INTO aside (id, uuid, ticket_id, kind, subject, preview, people, state, news, external_ids,
    created_by, created_at, updated_at, state_at, message_at)
VALUES (:id, :uuid, :ticket_id, :kind, :subject, :preview, :people, 'open', 'asked', :external_ids,
    :created_by, :created_at, :created_at, :created_at, :created_at);

-- name: aside_by_id :opt
-- row: aside_row
-- in: id i64
-- out: id i64, uuid text, ticket_id ticket_id, kind text, subject text, preview text, people text
-- out: state text, news text, external_ids text, created_by user_id, created_at i64, updated_at i64
-- out: state_at i64, message_at i64, answered_at i64?, answered_by i64?
SELECT id, uuid, ticket_id, kind, subject, preview, people, state, news, external_ids, created_by,
    created_at, updated_at, state_at, message_at, answered_at, answered_by
FROM aside WHERE id = :id;

-- name: aside_by_uuid :opt
-- row: aside_row
-- in: uuid text
-- out: id i64, uuid text, ticket_id ticket_id, kind text, subject text, preview text, people text
-- out: state text, news text, external_ids text, created_by user_id, created_at i64, updated_at i64
-- out: state_at i64, message_at i64, answered_at i64?, answered_by i64?
SELECT id, uuid, ticket_id, kind, subject, preview, people, state, news, external_ids, created_by,
    created_at, updated_at, state_at, message_at, answered_at, answered_by
FROM aside WHERE uuid = :uuid;

-- name: aside_of_ticket :many
-- row: aside_row
-- in: ticket ticket_id, most i64
-- out: id i64, uuid text, ticket_id ticket_id, kind text, subject text, preview text, people text
-- out: state text, news text, external_ids text, created_by user_id, created_at i64, updated_at i64
-- out: state_at i64, message_at i64, answered_at i64?, answered_by i64?
SELECT id, uuid, ticket_id, kind, subject, preview, people, state, news, external_ids, created_by,
    created_at, updated_at, state_at, message_at, answered_at, answered_by
FROM aside WHERE ticket_id = :ticket ORDER BY id DESC LIMIT :most;

-- Whom experts were asked as, and how long each took.
-- name: aside_experts_since :many
-- in: since i64, most i64
-- out: people text, created_at i64, answered_at i64?, closed bool
SELECT people, created_at, answered_at, CASE state WHEN 'closed' THEN 1 ELSE 0 END AS closed
FROM aside WHERE kind = 'expert' AND created_at >= :since ORDER BY created_at DESC LIMIT :most;

-- name: aside_message_note :exec
-- in: id i64, preview text, people text, news text, at i64
UPDATE aside SET preview = :preview, people = :people, news = :news, updated_at = :at,
    message_at = :at
WHERE id = :id;

-- name: aside_answered_note :exec
-- in: id i64, at i64, member i64
UPDATE aside SET answered_at = :at, answered_by = :member WHERE id = :id AND answered_at IS NULL;

-- name: aside_news_set :exec
-- in: id i64, news text, at i64
UPDATE aside SET news = :news, updated_at = :at WHERE id = :id;

-- name: aside_state_set :exec
-- in: id i64, state text, subject text, state_at i64, at i64
UPDATE aside SET state = :state, subject = :subject, state_at = :state_at, updated_at = :at
WHERE id = :id;

-- ## Who takes part

-- name: aside_member_insert :exec
-- in: id i64, aside_id i64, kind text, person_id user_id?, group_id group_id?, through_id i64?
-- in: name text, address text, asked bool, created_at i64
INSERT INTO aside_member (id, aside_id, kind, person_id, group_id, through_id, name, address, asked,
    created_at)
VALUES (:id, :aside_id, :kind, :person_id, :group_id, :through_id, :name, :address, :asked,
    :created_at);

-- name: aside_member_asked :exec
-- in: id i64
UPDATE aside_member SET asked = 1 WHERE id = :id;

-- name: aside_members_of :many
-- in: asides i64[]
-- out: id i64, aside_id i64, kind text, person_id user_id?, group_id group_id?, through_id i64?
-- out: name text, address text, asked bool
SELECT id, aside_id, kind, person_id, group_id, through_id, name, address, asked FROM aside_member
WHERE aside_id IN (:asides) ORDER BY aside_id, id;

-- ## What was said

-- name: aside_event_insert :exec
-- in: id i64, uuid text, aside_id i64, type text, channel text, member_id i64?, person_id user_id?
-- in: name text, address text, body text, quoted_from i64, automatic bool, mail_id mail_id?
-- in: message_id text, new_state text?, new_subject text?, created_at i64
INSERT INTO aside_event (id, uuid, aside_id, type, channel, member_id, person_id, name, address,
    body, quoted_from, automatic, mail_id, message_id, new_state, new_subject, created_at)
VALUES (:id, :uuid, :aside_id, :type, :channel, :member_id, :person_id, :name, :address, :body,
    :quoted_from, :automatic, :mail_id, :message_id, :new_state, :new_subject, :created_at);

-- name: aside_events_of :many
-- row: aside_event_row
-- in: asides i64[]
-- out: id i64, uuid text, aside_id i64, type text, channel text, member_id i64?, person_id user_id?
-- out: name text, address text, body text, quoted_from i64, automatic bool, mail_id mail_id?
-- out: message_id text, new_state text?, new_subject text?, created_at i64
SELECT id, uuid, aside_id, type, channel, member_id, person_id, name, address, body, quoted_from,
    automatic, mail_id, message_id, new_state, new_subject, created_at
FROM aside_event WHERE aside_id IN (:asides) ORDER BY aside_id, id;

-- name: aside_event_of_messages :opt
-- in: message_ids text[]
-- out: aside_id i64, member_id i64?
SELECT aside_id, member_id FROM aside_event
WHERE message_id IN (:message_ids) AND message_id <> '' ORDER BY id DESC LIMIT 1;

-- ## Files

-- name: aside_file_insert :exec
-- in: id i64, uuid text, aside_id i64?, event_id i64?, hash text, file_name text, content_type text
-- in: size i64, created_by user_id?, created_at i64
INSERT INTO aside_file (id, uuid, aside_id, event_id, hash, file_name, content_type, size,
    created_by, created_at)
VALUES (:id, :uuid, :aside_id, :event_id, :hash, :file_name, :content_type, :size, :created_by,
    :created_at);

-- name: aside_files_of :many
-- row: aside_file_row
-- in: asides i64[]
-- out: id i64, uuid text, aside_id i64?, event_id i64?, hash text, file_name text, content_type text
-- out: size i64, created_by user_id?
SELECT id, uuid, aside_id, event_id, hash, file_name, content_type, size, created_by
FROM aside_file WHERE aside_id IN (:asides) ORDER BY aside_id, id;

-- name: aside_file_by_uuid :opt
-- row: aside_file_row
-- in: uuid text
-- out: id i64, uuid text, aside_id i64?, event_id i64?, hash text, file_name text, content_type text
-- out: size i64, created_by user_id?
SELECT id, uuid, aside_id, event_id, hash, file_name, content_type, size, created_by
FROM aside_file WHERE uuid = :uuid;

-- name: aside_file_adopt :changes
-- in: uuid text, created_by user_id, aside_id i64, event_id i64
UPDATE aside_file SET aside_id = :aside_id, event_id = :event_id
WHERE uuid = :uuid AND event_id IS NULL AND created_by = :created_by;

-- name: aside_files_sweep :exec
-- in: before i64
DELETE FROM aside_file WHERE event_id IS NULL AND created_at < :before;

-- ## Mails

-- name: aside_mail_insert :exec
-- in: outmail_id outmail_id, aside_id i64, event_id i64, member_id i64, message_id text
INSERT INTO aside_mail (outmail_id, aside_id, event_id, member_id, message_id)
VALUES (:outmail_id, :aside_id, :event_id, :member_id, :message_id);

-- name: aside_mail_by_id :opt
-- row: aside_mail_row
-- in: outmail_id outmail_id
-- out: outmail_id outmail_id, aside_id i64, event_id i64, member_id i64, message_id text
SELECT outmail_id, aside_id, event_id, member_id, message_id FROM aside_mail
WHERE outmail_id = :outmail_id;

-- name: aside_mails_of :many
-- row: aside_mail_row
-- in: asides i64[]
-- out: outmail_id outmail_id, aside_id i64, event_id i64, member_id i64, message_id text
SELECT outmail_id, aside_id, event_id, member_id, message_id FROM aside_mail
WHERE aside_id IN (:asides) ORDER BY aside_id, outmail_id;

-- ## Ends

-- name: aside_ticket_move :exec
-- in: from_id ticket_id, to_id ticket_id
UPDATE aside SET ticket_id = :to_id WHERE ticket_id = :from_id;

-- name: aside_ids_of_ticket :many
-- in: ticket ticket_id
-- out: id i64
SELECT id FROM aside WHERE ticket_id = :ticket ORDER BY id;

-- name: aside_forget :exec
-- in: asides i64[]
DELETE FROM aside WHERE id IN (:asides);

-- name: aside_members_forget :exec
-- in: asides i64[]
DELETE FROM aside_member WHERE aside_id IN (:asides);

-- name: aside_events_forget :exec
-- in: asides i64[]
DELETE FROM aside_event WHERE aside_id IN (:asides);

-- name: aside_files_forget :exec
-- in: asides i64[]
DELETE FROM aside_file WHERE aside_id IN (:asides);

-- name: aside_mails_forget :exec
-- in: asides i64[]
DELETE FROM aside_mail WHERE aside_id IN (:asides);

-- name: aside_blacken :exec
-- in: ticket ticket_id, text text, black text
UPDATE aside SET subject = REPLACE(subject, :text, :black), preview = REPLACE(preview, :text, :black)
WHERE ticket_id = :ticket;

-- name: aside_event_blacken :exec
-- in: id i64, text text, black text
UPDATE aside_event SET body = REPLACE(body, :text, :black), quoted_from = -1,
    new_subject = REPLACE(new_subject, :text, :black)
WHERE id = :id;

-- name: aside_members_move :exec
-- in: from_id user_id, to_id user_id
UPDATE aside_member SET person_id = :to_id WHERE person_id = :from_id;

-- name: aside_events_move :exec
-- in: from_id user_id, to_id user_id
UPDATE aside_event SET person_id = :to_id WHERE person_id = :from_id;

-- name: aside_files_move :exec
-- in: from_id user_id, to_id user_id
UPDATE aside_file SET created_by = :to_id WHERE created_by = :from_id;

-- name: aside_makers_move :exec
-- in: from_id user_id, to_id user_id
UPDATE aside SET created_by = :to_id WHERE created_by = :from_id;
