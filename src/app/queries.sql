-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: session_insert :exec
-- in: id session_id, token_hash text, user_id user_id, address text, agent text, now i64
INSERT INTO session (id, token_hash, user_id, address, agent, created_at, seen_at)
VALUES (:id, :token_hash, :user_id, :address, :agent, :now, :now);

-- name: session_by_hash :opt
-- in: token_hash text
-- out: id session_id, user_id user_id, created_at i64, seen_at i64
SELECT id, user_id, created_at, seen_at FROM session WHERE token_hash = :token_hash;

-- name: session_touch :exec
-- in: id session_id, seen_at i64
UPDATE session SET seen_at = :seen_at WHERE id = :id AND seen_at < :seen_at;

-- name: session_delete_by_hash :exec
-- in: token_hash text
DELETE FROM session WHERE token_hash = :token_hash;

-- name: session_delete_own :changes
-- in: id session_id, user_id user_id
DELETE FROM session WHERE id = :id AND user_id = :user_id;

-- name: session_delete_others :exec
-- in: user_id user_id, except_hash text
DELETE FROM session WHERE user_id = :user_id AND token_hash <> :except_hash;

-- name: session_delete_idle :exec
-- in: seen_before i64, created_before i64
DELETE FROM session WHERE seen_at < :seen_before OR created_at < :created_before;

-- name: session_rows_of_all :many
-- row: session_row
-- in: most i64
-- out: id session_id, user_id user_id, token_hash text, address text, agent text, created_at i64, seen_at i64
SELECT id, user_id, token_hash, address, agent, created_at, seen_at FROM session
ORDER BY id LIMIT :most;

-- name: session_rows_of_user :many
-- row: session_row
-- in: user_id user_id
-- out: id session_id, user_id user_id, token_hash text, address text, agent text, created_at i64, seen_at i64
SELECT id, user_id, token_hash, address, agent, created_at, seen_at FROM session WHERE user_id = :user_id
ORDER BY seen_at DESC;

-- name: api_token_insert :exec
-- in: id token_id, token_hash text, user_id user_id, name text, created_at i64
INSERT INTO api_token (id, token_hash, user_id, name, created_at)
VALUES (:id, :token_hash, :user_id, :name, :created_at);

-- name: api_token_by_hash :opt
-- in: token_hash text
-- out: id token_id, user_id user_id, used_at i64?
SELECT id, user_id, used_at FROM api_token WHERE token_hash = :token_hash AND revoked_at IS NULL;

-- name: api_token_touch :exec
-- in: id token_id, used_at i64
UPDATE api_token SET used_at = :used_at
WHERE id = :id AND (used_at IS NULL OR used_at < :used_at);

-- name: api_token_rows_of_user :many
-- in: user_id user_id
-- out: id token_id, name text, created_at i64, used_at i64?
SELECT id, name, created_at, used_at FROM api_token
WHERE user_id = :user_id AND revoked_at IS NULL ORDER BY created_at DESC, id DESC;

-- name: api_token_revoke_own :changes
-- in: id token_id, user_id user_id, revoked_at i64
UPDATE api_token SET revoked_at = :revoked_at
WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL;

-- name: api_tokens_revoke_of_user :exec
-- in: user_id user_id, revoked_at i64
UPDATE api_token SET revoked_at = :revoked_at WHERE user_id = :user_id AND revoked_at IS NULL;

-- name: seal_get :opt
-- out: secret_hash text
SELECT secret_hash FROM desk_seal WHERE id = 1;

-- name: seal_put :exec
-- in: secret_hash text
INSERT INTO desk_seal (id, secret_hash) VALUES (1, :secret_hash)
ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash;

-- ## OAuth

-- name: oauth_client_insert :exec
-- in: id i64, identifier text, name text, company text?, description text?, redirect_uris text, public bool, secret_hash text, user_id user_id, at i64
INSERT INTO oauth_client (id, identifier, name, company, description, redirect_uris, public,
    secret_hash, user_id, created_at, updated_at)
VALUES (:id, :identifier, :name, :company, :description, :redirect_uris, :public, :secret_hash,
    :user_id, :at, :at);

-- name: oauth_client_update :exec
-- in: id i64, identifier text, name text, company text?, description text?, redirect_uris text, public bool, at i64
UPDATE oauth_client SET identifier = :identifier, name = :name, company = :company,
    description = :description, redirect_uris = :redirect_uris, public = :public, updated_at = :at
WHERE id = :id;

-- name: oauth_client_set_secret :exec
-- in: id i64, secret_hash text, at i64
UPDATE oauth_client SET secret_hash = :secret_hash, updated_at = :at WHERE id = :id;

-- name: oauth_client_delete :exec
-- in: id i64
DELETE FROM oauth_client WHERE id = :id;

-- name: oauth_clients_all :many
-- row: oauth_client_row
-- out: id i64, identifier text, name text, company text?, description text?, redirect_uris text, public bool, secret_hash text, user_id user_id, created_at i64, updated_at i64
SELECT id, identifier, name, company, description, redirect_uris, public, secret_hash, user_id,
    created_at, updated_at FROM oauth_client ORDER BY id;

-- name: oauth_code_insert :exec
-- in: code_hash text, client_id i64, user_id user_id, scopes text, redirect_uri text, challenge text?, expires_at i64
INSERT INTO oauth_code (code_hash, client_id, user_id, scopes, redirect_uri, challenge, expires_at)
VALUES (:code_hash, :client_id, :user_id, :scopes, :redirect_uri, :challenge, :expires_at);

-- name: oauth_code_get :opt
-- in: code_hash text
-- out: client_id i64, user_id user_id, scopes text, redirect_uri text, challenge text?, expires_at i64
SELECT client_id, user_id, scopes, redirect_uri, challenge, expires_at FROM oauth_code
WHERE code_hash = :code_hash;

-- name: oauth_code_delete :exec
-- in: code_hash text, now i64
DELETE FROM oauth_code WHERE code_hash = :code_hash OR expires_at < :now;

-- name: oauth_codes_delete_of_client :exec
-- in: client_id i64
DELETE FROM oauth_code WHERE client_id = :client_id;

-- name: oauth_token_insert :exec
-- in: id i64, client_id i64, user_id user_id, access_hash text, refresh_hash text?, shown text, scopes text, expires_at i64?, refresh_expires_at i64?, created_at i64
INSERT INTO oauth_token (id, client_id, user_id, access_hash, refresh_hash, shown, scopes,
    expires_at, refresh_expires_at, created_at)
VALUES (:id, :client_id, :user_id, :access_hash, :refresh_hash, :shown, :scopes, :expires_at,
    :refresh_expires_at, :created_at);

-- name: oauth_token_by_access :opt
-- row: oauth_token_row
-- in: hash text
-- out: id i64, client_id i64, user_id user_id, shown text, scopes text, expires_at i64?, refresh_expires_at i64?, created_at i64
SELECT id, client_id, user_id, shown, scopes, expires_at, refresh_expires_at, created_at
FROM oauth_token WHERE access_hash = :hash;

-- name: oauth_token_by_refresh :opt
-- row: oauth_token_row
-- in: hash text
-- out: id i64, client_id i64, user_id user_id, shown text, scopes text, expires_at i64?, refresh_expires_at i64?, created_at i64
SELECT id, client_id, user_id, shown, scopes, expires_at, refresh_expires_at, created_at
FROM oauth_token WHERE refresh_hash = :hash;

-- name: oauth_tokens_of_user :many
-- row: oauth_token_row
-- in: user_id user_id
-- out: id i64, client_id i64, user_id user_id, shown text, scopes text, expires_at i64?, refresh_expires_at i64?, created_at i64
SELECT id, client_id, user_id, shown, scopes, expires_at, refresh_expires_at, created_at
FROM oauth_token WHERE user_id = :user_id ORDER BY id;

-- name: oauth_token_delete :changes
-- in: id i64
DELETE FROM oauth_token WHERE id = :id;

-- name: oauth_tokens_delete_of_client :exec
-- in: client_id i64
DELETE FROM oauth_token WHERE client_id = :client_id;
