-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: factor_insert :exec
-- in: id factor_id, user_id user_id, kind text, name text, secret text, credential text, public_key text, counter i64, now i64
INSERT INTO second_factor (id, user_id, kind, name, secret, credential, public_key, counter,
    challenge, created_at, used_at)
VALUES (:id, :user_id, :kind, :name, :secret, :credential, :public_key, :counter, '', :now, 0);

-- name: factors_of_user :many
-- row: factor_row
-- in: user_id user_id
-- out: id factor_id, user_id user_id, kind text, name text, secret text, credential text, public_key text, counter i64, challenge text, created_at i64, used_at i64
SELECT id, user_id, kind, name, secret, credential, public_key, counter, challenge, created_at,
    used_at
FROM second_factor WHERE user_id = :user_id ORDER BY id;

-- name: factor_by_credential :opt
-- row: factor_row
-- in: credential text
-- out: id factor_id, user_id user_id, kind text, name text, secret text, credential text, public_key text, counter i64, challenge text, created_at i64, used_at i64
SELECT id, user_id, kind, name, secret, credential, public_key, counter, challenge, created_at,
    used_at
FROM second_factor WHERE credential = :credential AND credential <> '';

-- A step or count that was used in the meantime changes nothing.
-- name: factor_used :changes
-- in: id factor_id, before i64, counter i64, challenge text, now i64
UPDATE second_factor SET counter = :counter, challenge = :challenge, used_at = :now
WHERE id = :id AND counter = :before AND (challenge = '' OR challenge <> :challenge);

-- name: factor_delete :changes
-- in: id factor_id, user_id user_id
DELETE FROM second_factor WHERE id = :id AND user_id = :user_id;

-- name: factors_delete_of :changes
-- in: user_id user_id
DELETE FROM second_factor WHERE user_id = :user_id;

-- name: recovery_insert :exec
-- in: user_id user_id, hash text
INSERT INTO recovery_code (user_id, hash, used_at) VALUES (:user_id, :hash, 0);

-- name: recovery_spend :changes
-- in: user_id user_id, hash text, now i64
UPDATE recovery_code SET used_at = :now WHERE user_id = :user_id AND hash = :hash AND used_at = 0;

-- name: recovery_left :one
-- in: user_id user_id
-- out: count i64
SELECT count(*) AS count FROM recovery_code WHERE user_id = :user_id AND used_at = 0;

-- name: recovery_delete_of :exec
-- in: user_id user_id
DELETE FROM recovery_code WHERE user_id = :user_id;
