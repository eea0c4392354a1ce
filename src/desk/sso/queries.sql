-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: sso_provider_put :exec
-- in: id provider_id, name text, issuer text, client text, secret text, ca text, newcomers bool, trusts_mail bool, second_step bool, active bool, now i64
INSERT INTO sso_provider (id, name, issuer, client, secret, ca, newcomers, trusts_mail, second_step,
    active, created_at, updated_at)
VALUES (:id, :name, :issuer, :client, :secret, :ca, :newcomers, :trusts_mail, :second_step, :active,
    :now, :now)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, issuer = excluded.issuer,
    client = excluded.client, secret = excluded.secret, ca = excluded.ca,
    newcomers = excluded.newcomers, trusts_mail = excluded.trusts_mail,
    second_step = excluded.second_step, active = excluded.active, updated_at = excluded.updated_at;

-- name: sso_provider_list :many
-- row: sso_provider_row
-- out: id provider_id, name text, issuer text, client text, secret text, ca text, newcomers bool, trusts_mail bool, second_step bool, active bool, updated_at i64
SELECT id, name, issuer, client, secret, ca, newcomers, trusts_mail, second_step, active, updated_at
FROM sso_provider ORDER BY name, id;

-- name: sso_provider_delete :changes
-- in: id provider_id
DELETE FROM sso_provider WHERE id = :id;

-- name: sso_identities_delete :exec
-- in: provider_id provider_id
DELETE FROM sso_identity WHERE provider_id = :provider_id;

-- name: sso_identity_find :opt
-- in: provider_id provider_id, subject text
-- out: user_id user_id
SELECT user_id FROM sso_identity WHERE provider_id = :provider_id AND subject = :subject;

-- name: sso_identity_put :exec
-- in: provider_id provider_id, subject text, user_id user_id, now i64
INSERT INTO sso_identity (provider_id, subject, user_id, created_at, used_at)
VALUES (:provider_id, :subject, :user_id, :now, :now)
ON CONFLICT (provider_id, subject) DO UPDATE SET user_id = excluded.user_id,
    used_at = excluded.used_at;

-- name: sso_identities_move :exec
-- in: from_id user_id, to_id user_id
UPDATE sso_identity SET user_id = :to_id WHERE user_id = :from_id;

-- name: sso_identities_forget :exec
-- in: user_id user_id
DELETE FROM sso_identity WHERE user_id = :user_id;

-- name: sso_identity_count :one
-- in: provider_id provider_id
-- out: count i64
SELECT COUNT(*) AS count FROM sso_identity WHERE provider_id = :provider_id;

-- name: sso_directory_put :exec
-- in: id provider_id, name text, url text, start_tls bool, insecure bool, ca text, bind_dn text, password text, base text, filter text, attr_mail text, attr_name text, roles text, staff bool, newcomers bool, active bool, now i64
INSERT INTO sso_directory (id, name, url, start_tls, insecure, ca, bind_dn, password, base, filter,
    attr_mail, attr_name, roles, staff, newcomers, active, created_at, updated_at)
VALUES (:id, :name, :url, :start_tls, :insecure, :ca, :bind_dn, :password, :base, :filter,
    :attr_mail, :attr_name, :roles, :staff, :newcomers, :active, :now, :now)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url,
    start_tls = excluded.start_tls, insecure = excluded.insecure, ca = excluded.ca,
    bind_dn = excluded.bind_dn, password = excluded.password, base = excluded.base,
    filter = excluded.filter, attr_mail = excluded.attr_mail, attr_name = excluded.attr_name,
    roles = excluded.roles, staff = excluded.staff, newcomers = excluded.newcomers,
    active = excluded.active, updated_at = excluded.updated_at;

-- name: sso_directory_list :many
-- row: sso_directory_row
-- out: id provider_id, name text, url text, start_tls bool, insecure bool, ca text, bind_dn text, password text, base text, filter text, attr_mail text, attr_name text, roles text, staff bool, newcomers bool, active bool, updated_at i64
SELECT id, name, url, start_tls, insecure, ca, bind_dn, password, base, filter, attr_mail, attr_name,
    roles, staff, newcomers, active, updated_at
FROM sso_directory ORDER BY name, id;

-- name: sso_directory_delete :changes
-- in: id provider_id
DELETE FROM sso_directory WHERE id = :id;

-- name: sso_entries_delete :exec
-- in: directory_id provider_id
DELETE FROM sso_entry WHERE directory_id = :directory_id;

-- name: sso_entry_find :opt
-- in: directory_id provider_id, subject text
-- out: user_id user_id, role text
SELECT user_id, role FROM sso_entry WHERE directory_id = :directory_id AND subject = :subject;

-- name: sso_entry_put :exec
-- in: directory_id provider_id, subject text, user_id user_id, role text, now i64
INSERT INTO sso_entry (directory_id, subject, user_id, role, created_at, used_at)
VALUES (:directory_id, :subject, :user_id, :role, :now, :now)
ON CONFLICT (directory_id, subject) DO UPDATE SET user_id = excluded.user_id,
    role = excluded.role, used_at = excluded.used_at;

-- name: sso_entries_move :exec
-- in: from_id user_id, to_id user_id
UPDATE sso_entry SET user_id = :to_id WHERE user_id = :from_id;

-- name: sso_entries_forget :exec
-- in: user_id user_id
DELETE FROM sso_entry WHERE user_id = :user_id;

-- name: sso_entry_count :one
-- in: directory_id provider_id
-- out: count i64
SELECT COUNT(*) AS count FROM sso_entry WHERE directory_id = :directory_id;
