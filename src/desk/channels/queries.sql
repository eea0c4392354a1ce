-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: inbox_insert :exec
-- in: id inbox_id, address text, host text, port i64, security text, ca text, user_name text, auth text, secret text, token_url text, client text, token_secret text, scope text, folder text, after text, move_to text, poll_seconds i64, paused bool, answering bool, import_since i64?, created_at i64, authorize_url text
INSERT INTO inbox (id, version, address, host, port, security, ca, user_name, auth, secret,
    token_url, client, token_secret, scope, folder, after, move_to, poll_seconds, paused, answering,
    import_since, created_at, authorize_url)
VALUES (:id, 1, :address, :host, :port, :security, :ca, :user_name, :auth, :secret, :token_url,
    :client, :token_secret, :scope, :folder, :after, :move_to, :poll_seconds, :paused, :answering,
    :import_since, :created_at, :authorize_url);

-- name: inbox_state_insert :exec
-- in: inbox_id inbox_id
INSERT INTO inbox_state (inbox_id, uidvalidity, last_uid, tidied_uid, recheck_until, started_at,
    import_uid, import_until, stuck_uid, stuck_count, fetched, failures, last_error, next_try_at,
    lease_owner, lease_until)
VALUES (:inbox_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, '', 0);

-- name: inbox_update :changes
-- in: id inbox_id, address text, host text, port i64, security text, ca text, user_name text, auth text, secret text, token_url text, client text, token_secret text, scope text, folder text, after text, move_to text, poll_seconds i64, authorize_url text
UPDATE inbox SET version = version + 1, address = :address, host = :host, port = :port,
    security = :security, ca = :ca, user_name = :user_name, auth = :auth, secret = :secret,
    token_url = :token_url, client = :client, token_secret = :token_secret, scope = :scope,
    folder = :folder, after = :after, move_to = :move_to, poll_seconds = :poll_seconds,
    authorize_url = :authorize_url
WHERE id = :id;

-- name: inbox_switch :changes
-- in: id inbox_id, paused bool, answering bool, import_since i64?
UPDATE inbox SET version = version + 1, paused = :paused, answering = :answering,
    import_since = :import_since
WHERE id = :id;

-- A server that gives a new refresh token with each access token.
-- name: inbox_new_secret :exec
-- in: id inbox_id, secret text
UPDATE inbox SET secret = :secret WHERE id = :id;

-- Access that was granted at the provider.
-- name: inbox_granted :changes
-- in: id inbox_id, secret text
UPDATE inbox SET secret = :secret, version = version + 1 WHERE id = :id;

-- name: inbox_grant_insert :exec
-- in: inbox_id inbox_id, state_hash text, session_hash text, verifier text, redirect_uri text, expires_at i64
INSERT INTO inbox_grant (inbox_id, state_hash, session_hash, verifier, redirect_uri, expires_at)
VALUES (:inbox_id, :state_hash, :session_hash, :verifier, :redirect_uri, :expires_at);

-- name: inbox_grant_by_state :opt
-- in: state_hash text, session_hash text
-- out: inbox_id inbox_id, verifier text, redirect_uri text, expires_at i64
SELECT inbox_id, verifier, redirect_uri, expires_at FROM inbox_grant
WHERE state_hash = :state_hash AND session_hash = :session_hash;

-- name: inbox_grant_delete :exec
-- in: inbox_id inbox_id
DELETE FROM inbox_grant WHERE inbox_id = :inbox_id;

-- name: inbox_delete :changes
-- in: id inbox_id
DELETE FROM inbox WHERE id = :id;

-- name: inbox_state_delete :exec
-- in: inbox_id inbox_id
DELETE FROM inbox_state WHERE inbox_id = :inbox_id;

-- name: inbox_all :many
-- row: inbox_row
-- out: id inbox_id, version i64, address text, host text, port i64, security text, ca text, user_name text, auth text, secret text, token_url text, client text, token_secret text, scope text, folder text, after text, move_to text, poll_seconds i64, paused bool, answering bool, import_since i64?, created_at i64, authorize_url text
SELECT id, version, address, host, port, security, ca, user_name, auth, secret, token_url, client,
    token_secret, scope, folder, after, move_to, poll_seconds, paused, answering, import_since,
    created_at, authorize_url
FROM inbox ORDER BY address, id;

-- name: inbox_by_id :opt
-- row: inbox_row
-- in: id inbox_id
-- out: id inbox_id, version i64, address text, host text, port i64, security text, ca text, user_name text, auth text, secret text, token_url text, client text, token_secret text, scope text, folder text, after text, move_to text, poll_seconds i64, paused bool, answering bool, import_since i64?, created_at i64, authorize_url text
SELECT id, version, address, host, port, security, ca, user_name, auth, secret, token_url, client,
    token_secret, scope, folder, after, move_to, poll_seconds, paused, answering, import_since,
    created_at, authorize_url
FROM inbox WHERE id = :id;

-- name: inbox_states :many
-- row: inbox_state_row
-- out: inbox_id inbox_id, uidvalidity i64, last_uid i64, tidied_uid i64, recheck_until i64, started_at i64, import_uid i64, import_until i64, stuck_uid i64, stuck_count i64, fetched i64, ok_at i64?, failures i64, last_error text, failed_at i64?, next_try_at i64, lease_owner text, lease_until i64, asked_at i64, asked_since i64, answered_at i64, answer_error text, answer_count i64, answer_oldest i64, answer_first text
SELECT inbox_id, uidvalidity, last_uid, tidied_uid, recheck_until, started_at, import_uid,
    import_until, stuck_uid, stuck_count, fetched, ok_at, failures, last_error, failed_at,
    next_try_at, lease_owner, lease_until, asked_at, asked_since, answered_at, answer_error,
    answer_count, answer_oldest, answer_first
FROM inbox_state;

-- name: inbox_state_of :opt
-- row: inbox_state_row
-- in: inbox_id inbox_id
-- out: inbox_id inbox_id, uidvalidity i64, last_uid i64, tidied_uid i64, recheck_until i64, started_at i64, import_uid i64, import_until i64, stuck_uid i64, stuck_count i64, fetched i64, ok_at i64?, failures i64, last_error text, failed_at i64?, next_try_at i64, lease_owner text, lease_until i64, asked_at i64, asked_since i64, answered_at i64, answer_error text, answer_count i64, answer_oldest i64, answer_first text
SELECT inbox_id, uidvalidity, last_uid, tidied_uid, recheck_until, started_at, import_uid,
    import_until, stuck_uid, stuck_count, fetched, ok_at, failures, last_error, failed_at,
    next_try_at, lease_owner, lease_until, asked_at, asked_since, answered_at, answer_error,
    answer_count, answer_oldest, answer_first
FROM inbox_state WHERE inbox_id = :inbox_id;

-- Ours already, or nobody's any more.
-- name: inbox_lease :changes
-- in: inbox_id inbox_id, owner text, now i64, until i64
UPDATE inbox_state SET lease_owner = :owner, lease_until = :until
WHERE inbox_id = :inbox_id AND (lease_owner = :owner OR lease_until <= :now);

-- name: inbox_lease_clear :exec
UPDATE inbox_state SET lease_owner = '', lease_until = 0 WHERE lease_until > 0;

-- name: inbox_lease_end :exec
-- in: inbox_id inbox_id, owner text
UPDATE inbox_state SET lease_owner = '', lease_until = 0
WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- Where a look at a folder begins: the first, or the first after the server renumbered it.
-- name: inbox_begin :changes
-- in: inbox_id inbox_id, owner text, uidvalidity i64, last_uid i64, tidied_uid i64, recheck_until i64, started_at i64, import_until i64
UPDATE inbox_state SET uidvalidity = :uidvalidity, last_uid = :last_uid, tidied_uid = :tidied_uid,
    recheck_until = :recheck_until, started_at = :started_at, import_uid = 0,
    import_until = :import_until, stuck_uid = 0, stuck_count = 0
WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- No row: somebody else fetches by now, or the folder was renumbered.
-- name: inbox_advance :changes
-- in: inbox_id inbox_id, owner text, uidvalidity i64, uid i64, more i64
UPDATE inbox_state SET last_uid = :uid, fetched = fetched + :more, stuck_uid = 0, stuck_count = 0
WHERE inbox_id = :inbox_id AND lease_owner = :owner AND uidvalidity = :uidvalidity
    AND last_uid < :uid;

-- name: inbox_import_advance :changes
-- in: inbox_id inbox_id, owner text, uidvalidity i64, uid i64, more i64
UPDATE inbox_state SET import_uid = :uid, fetched = fetched + :more, stuck_uid = 0, stuck_count = 0
WHERE inbox_id = :inbox_id AND lease_owner = :owner AND uidvalidity = :uidvalidity
    AND import_uid < :uid;

-- name: inbox_tidied :exec
-- in: inbox_id inbox_id, owner text, uid i64
UPDATE inbox_state SET tidied_uid = :uid WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- name: inbox_stuck :exec
-- in: inbox_id inbox_id, owner text, uid i64, count i64
UPDATE inbox_state SET stuck_uid = :uid, stuck_count = :count
WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- name: inbox_well :exec
-- in: inbox_id inbox_id, owner text, now i64
UPDATE inbox_state SET ok_at = :now, failures = 0, last_error = '', failed_at = NULL, next_try_at = 0
WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- name: inbox_failed :exec
-- in: inbox_id inbox_id, owner text, now i64, last_error text, next_try_at i64
UPDATE inbox_state SET failures = failures + 1, last_error = :last_error, failed_at = :now,
    next_try_at = :next_try_at
WHERE inbox_id = :inbox_id AND lease_owner = :owner;

-- name: inbox_retry :changes
-- in: inbox_id inbox_id
UPDATE inbox_state SET next_try_at = 0 WHERE inbox_id = :inbox_id;

-- Whoever talks to the server begins anew and sees the question.
-- name: inbox_touch :changes
-- in: id inbox_id
UPDATE inbox SET version = version + 1 WHERE id = :id;

-- name: inbox_ask_state :exec
-- in: inbox_id inbox_id, now i64, since i64
UPDATE inbox_state SET asked_at = :now, asked_since = :since, answered_at = 0, next_try_at = 0
WHERE inbox_id = :inbox_id;

-- The question may be another one by now, which then waits.
-- name: inbox_answer_state :exec
-- in: inbox_id inbox_id, asked_at i64, now i64, error text, count i64, oldest i64, first text
UPDATE inbox_state SET answered_at = :now, answer_error = :error, answer_count = :count,
    answer_oldest = :oldest, answer_first = :first
WHERE inbox_id = :inbox_id AND asked_at = :asked_at;

-- name: inbox_import_again :exec
-- in: inbox_id inbox_id
UPDATE inbox_state SET import_uid = 0 WHERE inbox_id = :inbox_id;
