-- SPDX-License-Identifier: GPL-3.0-or-later
-- Named queries of the people room; tools/README.md says how they become C.

-- ## People

-- name: person_row_by_id :many
-- row: person_row
-- in: id user_id
-- out: id user_id, name text, email text?, role i64, scope i64
-- out: organization_id organization_id?, default_group_id group_id?, alias text?, locale text
-- out: time_zone text, phone text?, details text, notes text, signature text, tags text
-- out: external_id text?, verified bool, suspended bool, active bool, moderator bool
-- out: only_private_comments bool, shared_phone bool, created_at i64, updated_at i64
-- out: last_login_at i64?
SELECT id, name, email, role, scope, organization_id, default_group_id, alias, locale, time_zone,
    phone, details, notes, signature, tags, external_id, verified, suspended, active, moderator,
    only_private_comments, shared_phone, created_at, updated_at, last_login_at FROM person WHERE id
    = :id;

-- name: person_rows :many
-- row: person_row
-- in: ids user_id[]
-- out: id user_id, name text, email text?, role i64, scope i64
-- out: organization_id organization_id?, default_group_id group_id?, alias text?, locale text
-- out: time_zone text, phone text?, details text, notes text, signature text, tags text
-- out: external_id text?, verified bool, suspended bool, active bool, moderator bool
-- out: only_private_comments bool, shared_phone bool, created_at i64, updated_at i64
-- out: last_login_at i64?
SELECT id, name, email, role, scope, organization_id, default_group_id, alias, locale, time_zone,
    phone, details, notes, signature, tags, external_id, verified, suspended, active, moderator,
    only_private_comments, shared_phone, created_at, updated_at, last_login_at FROM person WHERE id
    IN (:ids) ORDER BY id;

-- name: person_insert :exec
-- in: id user_id, name text, email text?, role i64, scope i64, organization_id organization_id?
-- in: default_group_id group_id?, alias text?, locale text, time_zone text, phone text?
-- in: details text, notes text, signature text, tags text, external_id text?
-- in: external_key text?, verified bool, suspended bool, moderator bool
-- in: only_private_comments bool, shared_phone bool, created_at i64, updated_at i64
INSERT INTO person (id, name, email, role, scope, organization_id, default_group_id, alias, locale,
    time_zone, phone, details, notes, signature, tags, external_id, external_key, verified,
    suspended, moderator, only_private_comments, shared_phone, created_at, updated_at, active)
VALUES (:id, :name, :email, :role, :scope, :organization_id, :default_group_id, :alias, :locale,
    :time_zone, :phone, :details, :notes, :signature, :tags, :external_id, :external_key,
    :verified, :suspended, :moderator, :only_private_comments, :shared_phone, :created_at,
    :updated_at, 1);

-- name: person_update :exec
-- in: id user_id, name text, email text?, role i64, scope i64, organization_id organization_id?
-- in: default_group_id group_id?, alias text?, locale text, time_zone text, phone text?
-- in: details text, notes text, signature text, tags text, external_id text?
-- in: external_key text?, verified bool, suspended bool, moderator bool
-- in: only_private_comments bool, shared_phone bool, updated_at i64, active bool
UPDATE person SET name = :name, email = :email, role = :role, scope = :scope, organization_id =
    :organization_id, default_group_id = :default_group_id, alias = :alias, locale = :locale,
    time_zone = :time_zone, phone = :phone, details = :details, notes = :notes, signature =
    :signature, tags = :tags, external_id = :external_id, external_key = :external_key, verified =
    :verified, suspended = :suspended, moderator = :moderator, only_private_comments =
    :only_private_comments, shared_phone = :shared_phone, updated_at = :updated_at, active =
    :active WHERE id = :id;

-- name: person_set_login :exec
-- in: id user_id, at i64
UPDATE person SET last_login_at = :at WHERE id = :id;

-- name: person_set_organization :exec
-- in: id user_id, organization_id organization_id?, at i64
UPDATE person SET organization_id = :organization_id, updated_at = :at WHERE id = :id;

-- name: person_set_group :exec
-- in: id user_id, group_id group_id?, at i64
UPDATE person SET default_group_id = :group_id, updated_at = :at WHERE id = :id;

-- name: person_set_email :exec
-- in: id user_id, email text?, verified bool, at i64
UPDATE person SET email = :email, verified = :verified, updated_at = :at WHERE id = :id;

-- name: person_by_external :opt
-- in: key text
-- out: id user_id
SELECT id FROM person WHERE external_key = :key AND active = 1;

-- Who a session or token stands for.
-- name: person_actor :opt
-- in: id user_id
-- out: id user_id, name text, email text?, role i64, scope i64, organization_id organization_id?
-- out: shared_tickets bool?, locale text, time_zone text
SELECT p.id, p.name, p.email, p.role, p.scope, p.organization_id, o.shared_tickets, p.locale,
    p.time_zone
FROM person p LEFT JOIN organization o ON o.id = p.organization_id
WHERE p.id = :id AND p.active = 1 AND p.suspended = 0;

-- name: agent_ids :many
-- row: person_id
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND role >= 3 AND role >= 2 AND suspended = 0;

-- name: other_admin_count :one
-- in: but user_id
-- out: n i64
SELECT COUNT(*) AS n FROM person
WHERE active = 1 AND role = 5 AND role >= 2 AND suspended = 0 AND id <> :but;

-- ## Lists of people, as ids in their order

-- name: person_ids_up :many
-- row: person_id
-- in: after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND id > :after ORDER BY id LIMIT :most OFFSET :skip;

-- name: person_ids_down :many
-- row: person_id
-- in: after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND id < :after ORDER BY id DESC LIMIT :most OFFSET :skip;

-- name: person_ids_of_roles_up :many
-- row: person_id
-- in: roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND role IN (:roles) AND id > :after
ORDER BY id LIMIT :most OFFSET :skip;

-- name: person_ids_of_roles_down :many
-- row: person_id
-- in: roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND role IN (:roles) AND id < :after
ORDER BY id DESC LIMIT :most OFFSET :skip;

-- name: person_ids_of_staff_up :many
-- row: person_id
-- in: roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND role >= 2 AND role IN (:roles) AND id > :after
ORDER BY id LIMIT :most OFFSET :skip;

-- name: person_ids_of_staff_down :many
-- row: person_id
-- in: roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND role >= 2 AND role IN (:roles) AND id < :after
ORDER BY id DESC LIMIT :most OFFSET :skip;

-- name: person_ids_of_organization_up :many
-- row: person_id
-- in: organization_id organization_id, roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT p.id FROM organization_membership m JOIN person p ON p.id = m.user_id
WHERE m.organization_id = :organization_id AND m.user_id > :after AND p.active = 1
    AND p.role IN (:roles)
ORDER BY m.user_id LIMIT :most OFFSET :skip;

-- name: person_ids_of_organization_down :many
-- row: person_id
-- in: organization_id organization_id, roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT p.id FROM organization_membership m JOIN person p ON p.id = m.user_id
WHERE m.organization_id = :organization_id AND m.user_id < :after AND p.active = 1
    AND p.role IN (:roles)
ORDER BY m.user_id DESC LIMIT :most OFFSET :skip;

-- name: person_ids_of_group_up :many
-- row: person_id
-- in: group_id group_id, roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT p.id FROM group_membership m JOIN person p ON p.id = m.user_id
WHERE m.group_id = :group_id AND m.user_id > :after AND p.active = 1 AND p.role IN (:roles)
ORDER BY m.user_id LIMIT :most OFFSET :skip;

-- name: person_ids_of_group_down :many
-- row: person_id
-- in: group_id group_id, roles i64[], after user_id, most i64, skip i64
-- out: id user_id
SELECT p.id FROM group_membership m JOIN person p ON p.id = m.user_id
WHERE m.group_id = :group_id AND m.user_id < :after AND p.active = 1 AND p.role IN (:roles)
ORDER BY m.user_id DESC LIMIT :most OFFSET :skip;

-- name: person_ids_by_external :many
-- row: person_id
-- in: keys text[]
-- out: id user_id
SELECT id FROM person WHERE active = 1 AND external_key IN (:keys) ORDER BY id;

-- name: person_count :one
-- row: count_row
-- out: n i64
SELECT COUNT(*) AS n FROM person WHERE active = 1;

-- name: person_count_of_roles :one
-- row: count_row
-- in: roles i64[]
-- out: n i64
SELECT COUNT(*) AS n FROM person WHERE active = 1 AND role IN (:roles);

-- name: person_count_of_staff :one
-- row: count_row
-- in: roles i64[]
-- out: n i64
SELECT COUNT(*) AS n FROM person WHERE active = 1 AND role >= 2 AND role IN (:roles);

-- name: person_count_of_organization :one
-- row: count_row
-- in: organization_id organization_id, roles i64[]
-- out: n i64
SELECT COUNT(*) AS n FROM organization_membership m JOIN person p ON p.id = m.user_id
WHERE m.organization_id = :organization_id AND p.active = 1 AND p.role IN (:roles);

-- name: person_count_of_group :one
-- row: count_row
-- in: group_id group_id, roles i64[]
-- out: n i64
SELECT COUNT(*) AS n FROM group_membership m JOIN person p ON p.id = m.user_id
WHERE m.group_id = :group_id AND p.active = 1 AND p.role IN (:roles);

-- ## Words

-- name: word_insert :exec
-- in: word text, user_id user_id
INSERT INTO person_word (word, user_id) VALUES (:word, :user_id) ON CONFLICT DO NOTHING;

-- name: words_delete :exec
-- in: user_id user_id
DELETE FROM person_word WHERE user_id = :user_id;

-- name: word_person_ids :many
-- row: person_id
-- in: word text
-- out: id user_id
SELECT user_id AS id FROM person_word WHERE word = :word ORDER BY user_id;

-- People one of whose words begins with each given one; "to" ends the range of the beginnings. An
-- empty second or third word asks nothing, nor does organisation 0.
-- name: person_search :many
-- row: person_id
-- in: from1 text, to1 text, from2 text, to2 text, from3 text, to3 text, roles i64[]
-- in: organization_id i64, most i64, skip i64
-- out: id user_id
SELECT DISTINCT a.user_id AS id FROM person_word a JOIN person p ON p.id = a.user_id
WHERE a.word >= :from1 AND a.word < :to1 AND p.active = 1 AND p.role IN (:roles)
    AND (:organization_id = 0 OR p.organization_id = :organization_id)
    AND (:from2 = '' OR EXISTS (SELECT 1 FROM person_word b
        WHERE b.user_id = a.user_id AND b.word >= :from2 AND b.word < :to2))
    AND (:from3 = '' OR EXISTS (SELECT 1 FROM person_word c
        WHERE c.user_id = a.user_id AND c.word >= :from3 AND c.word < :to3))
ORDER BY a.user_id LIMIT :most OFFSET :skip;

-- name: person_search_count :one
-- row: count_row
-- in: from1 text, to1 text, from2 text, to2 text, from3 text, to3 text, roles i64[]
-- in: organization_id i64
-- out: n i64
SELECT COUNT(DISTINCT a.user_id) AS n FROM person_word a JOIN person p ON p.id = a.user_id
WHERE a.word >= :from1 AND a.word < :to1 AND p.active = 1 AND p.role IN (:roles)
    AND (:organization_id = 0 OR p.organization_id = :organization_id)
    AND (:from2 = '' OR EXISTS (SELECT 1 FROM person_word b
        WHERE b.user_id = a.user_id AND b.word >= :from2 AND b.word < :to2))
    AND (:from3 = '' OR EXISTS (SELECT 1 FROM person_word c
        WHERE c.user_id = a.user_id AND c.word >= :from3 AND c.word < :to3));

-- ## Identities

-- name: identities_of :many
-- row: identity_row
-- in: users user_id[]
-- out: id identity_id, user_id user_id, type text, value text, verified bool, is_primary bool
-- out: deliverable_state text, undeliverable_count i64, verified_at i64?, created_at i64
-- out: updated_at i64
SELECT id, user_id, type, value, verified, is_primary, deliverable_state, undeliverable_count,
    verified_at, created_at, updated_at
FROM identity WHERE user_id IN (:users) ORDER BY user_id, is_primary DESC, id;

-- name: identity_by_value :opt
-- in: type text, value text
-- out: id identity_id, user_id user_id, verified bool, is_primary bool
SELECT id, user_id, verified, is_primary FROM identity WHERE type = :type AND value = :value;

-- name: identity_insert :exec
-- in: id identity_id, user_id user_id, type text, value text, verified bool, is_primary bool
-- in: verified_at i64?, at i64
INSERT INTO identity (id, user_id, type, value, verified, is_primary, deliverable_state,
    undeliverable_count, verified_at, created_at, updated_at)
VALUES (:id, :user_id, :type, :value, :verified, :is_primary, 'deliverable', 0, :verified_at, :at,
    :at);

-- Makes this one the primary identity of its type and all others of the person not.
-- name: identity_set_primary :exec
-- in: user_id user_id, id identity_id, type text, at i64
UPDATE identity SET is_primary = CASE WHEN id = :id THEN 1 ELSE 0 END, updated_at = :at
WHERE user_id = :user_id AND type = :type;

-- name: identity_set_verified :exec
-- in: id identity_id, at i64
UPDATE identity SET verified = 1, verified_at = :at, updated_at = :at
WHERE id = :id AND verified = 0;

-- name: identity_delete :exec
-- in: id identity_id
DELETE FROM identity WHERE id = :id;

-- name: identities_delete :exec
-- in: user_id user_id
DELETE FROM identity WHERE user_id = :user_id;

-- name: identity_bounced :exec
-- in: value text, at i64
UPDATE identity SET deliverable_state = 'undeliverable',
    undeliverable_count = undeliverable_count + 1, updated_at = :at
WHERE type = 'email' AND value = :value;

-- ## Passwords

-- name: password_get :opt
-- in: user_id user_id
-- out: hash text, changed_at i64
SELECT hash, changed_at FROM password WHERE user_id = :user_id;

-- name: password_put :exec
-- in: user_id user_id, hash text, at i64
INSERT INTO password (user_id, hash, changed_at) VALUES (:user_id, :hash, :at)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at;

-- name: password_delete :exec
-- in: user_id user_id
DELETE FROM password WHERE user_id = :user_id;

-- ## Links

-- name: link_insert :exec
-- in: hash text, user_id user_id?, purpose text, next text?, email text?, created_at i64
-- in: expires_at i64
INSERT INTO person_link (hash, user_id, purpose, next, email, created_at, expires_at)
VALUES (:hash, :user_id, :purpose, :next, :email, :created_at, :expires_at);

-- name: link_get :opt
-- in: hash text, purpose text, now i64
-- out: user_id user_id?, next text?, email text?
SELECT user_id, next, email FROM person_link
WHERE hash = :hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now;

-- name: link_spend :changes
-- in: hash text, purpose text, now i64
UPDATE person_link SET used_at = :now
WHERE hash = :hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now;

-- name: link_count_since :one
-- row: count_row
-- in: user_id user_id, since i64
-- out: n i64
SELECT COUNT(*) AS n FROM person_link WHERE user_id = :user_id AND created_at > :since;

-- name: links_end :exec
-- in: user_id user_id
DELETE FROM person_link WHERE user_id = :user_id AND purpose <> 'setup';

-- name: setup_codes_end :exec
DELETE FROM person_link WHERE purpose = 'setup';

-- name: links_clear :exec
-- in: before i64
DELETE FROM person_link WHERE expires_at < :before;

-- ## Organisations

-- name: organization_rows :many
-- row: organization_row
-- in: ids organization_id[]
-- out: id organization_id, name text, external_id text?, details text, notes text, tags text
-- out: domains text, group_id group_id?, shared_tickets bool, shared_comments bool
-- out: created_at i64, updated_at i64
SELECT id, name, external_id, details, notes, tags, domains, group_id, shared_tickets,
    shared_comments, created_at, updated_at FROM organization WHERE id IN (:ids) ORDER BY id;

-- name: organization_insert :exec
-- in: id organization_id, name text, name_key text, external_id text?, external_key text?
-- in: details text, notes text, tags text, domains text, group_id group_id?
-- in: shared_tickets bool, shared_comments bool, created_at i64, updated_at i64
INSERT INTO organization (id, name, name_key, external_id, external_key, details, notes, tags,
    domains, group_id, shared_tickets, shared_comments, created_at, updated_at)
VALUES (:id, :name, :name_key, :external_id, :external_key, :details, :notes, :tags, :domains,
    :group_id, :shared_tickets, :shared_comments, :created_at, :updated_at);

-- name: organization_update_row :exec
-- in: id organization_id, name text, name_key text, external_id text?, external_key text?
-- in: details text, notes text, tags text, domains text, group_id group_id?
-- in: shared_tickets bool, shared_comments bool, updated_at i64
UPDATE organization SET name = :name, name_key = :name_key, external_id = :external_id,
    external_key = :external_key, details = :details, notes = :notes, tags = :tags, domains =
    :domains, group_id = :group_id, shared_tickets = :shared_tickets, shared_comments =
    :shared_comments, updated_at = :updated_at WHERE id = :id;

-- name: organization_delete_row :changes
-- in: id organization_id
DELETE FROM organization WHERE id = :id;

-- name: organization_by_key :opt
-- row: organization_id_row
-- in: name_key text
-- out: id organization_id
SELECT id FROM organization WHERE name_key = :name_key;

-- name: organization_by_external :opt
-- row: organization_id_row
-- in: key text
-- out: id organization_id
SELECT id FROM organization WHERE external_key = :key;

-- name: organization_ids_by_external :many
-- row: organization_id_row
-- in: keys text[]
-- out: id organization_id
SELECT id FROM organization WHERE external_key IN (:keys) ORDER BY id;

-- name: organization_ids_up :many
-- row: organization_id_row
-- in: after organization_id, most i64, skip i64
-- out: id organization_id
SELECT id FROM organization WHERE id > :after ORDER BY id LIMIT :most OFFSET :skip;

-- name: organization_ids_down :many
-- row: organization_id_row
-- in: after organization_id, most i64, skip i64
-- out: id organization_id
SELECT id FROM organization WHERE id < :after ORDER BY id DESC LIMIT :most OFFSET :skip;

-- name: organization_ids_of_person_up :many
-- row: organization_id_row
-- in: person user_id, after organization_id, most i64, skip i64
-- out: id organization_id
SELECT organization_id AS id FROM organization_membership
WHERE user_id = :person AND organization_id > :after
ORDER BY organization_id LIMIT :most OFFSET :skip;

-- name: organization_ids_of_person_down :many
-- row: organization_id_row
-- in: person user_id, after organization_id, most i64, skip i64
-- out: id organization_id
SELECT organization_id AS id FROM organization_membership
WHERE user_id = :person AND organization_id < :after
ORDER BY organization_id DESC LIMIT :most OFFSET :skip;

-- By the beginning of the name.
-- name: organization_ids_named :many
-- row: organization_id_row
-- in: from text, to text, most i64, skip i64
-- out: id organization_id
SELECT id FROM organization WHERE name_key >= :from AND name_key < :to
ORDER BY name_key LIMIT :most OFFSET :skip;

-- name: organization_count :one
-- row: count_row
-- out: n i64
SELECT COUNT(*) AS n FROM organization;

-- name: organization_count_of_person :one
-- row: count_row
-- in: person user_id
-- out: n i64
SELECT COUNT(*) AS n FROM organization_membership WHERE user_id = :person;

-- name: organization_count_named :one
-- row: count_row
-- in: from text, to text
-- out: n i64
SELECT COUNT(*) AS n FROM organization WHERE name_key >= :from AND name_key < :to;

-- The organisation that people of a domain belong to; the oldest where several claim it.
-- name: organization_of_domain :opt
-- row: organization_id_row
-- in: domain text
-- out: id organization_id
SELECT organization_id AS id FROM organization_domain WHERE domain = :domain
ORDER BY organization_id LIMIT 1;

-- name: domain_insert :exec
-- in: domain text, organization_id organization_id
INSERT INTO organization_domain (domain, organization_id) VALUES (:domain, :organization_id)
ON CONFLICT DO NOTHING;

-- name: domains_delete :exec
-- in: organization_id organization_id
DELETE FROM organization_domain WHERE organization_id = :organization_id;

-- ## Memberships of organisations

-- name: org_membership_row :opt
-- row: organization_membership_row
-- in: id membership_id
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.id = :id;

-- name: org_membership_of_pair :opt
-- row: organization_membership_row
-- in: user_id user_id, organization_id organization_id
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.user_id = :user_id AND m.organization_id = :organization_id;

-- name: org_memberships_of_person :many
-- row: organization_membership_row
-- in: user_id user_id
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.user_id = :user_id ORDER BY m.id;

-- name: org_memberships_of_up :many
-- row: organization_membership_row
-- in: organization_id organization_id, after membership_id, most i64, skip i64
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.organization_id = :organization_id AND m.id > :after
ORDER BY m.id LIMIT :most OFFSET :skip;

-- name: org_memberships_up :many
-- row: organization_membership_row
-- in: after membership_id, most i64, skip i64
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.id > :after ORDER BY m.id LIMIT :most OFFSET :skip;

-- name: org_memberships_of_down :many
-- row: organization_membership_row
-- in: organization_id organization_id, after membership_id, most i64, skip i64
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.organization_id = :organization_id AND m.id < :after
ORDER BY m.id DESC LIMIT :most OFFSET :skip;

-- name: org_memberships_down :many
-- row: organization_membership_row
-- in: after membership_id, most i64, skip i64
-- out: id membership_id, user_id user_id, organization_id organization_id, organization_name text
-- out: is_default bool, created_at i64, updated_at i64
SELECT m.id, m.user_id, m.organization_id, o.name AS organization_name, m.is_default,
    m.created_at, m.updated_at
FROM organization_membership m JOIN organization o ON o.id = m.organization_id
WHERE m.id < :after ORDER BY m.id DESC LIMIT :most OFFSET :skip;

-- name: org_membership_count :one
-- row: count_row
-- out: n i64
SELECT COUNT(*) AS n FROM organization_membership;

-- name: org_membership_count_of :one
-- row: count_row
-- in: organization_id organization_id
-- out: n i64
SELECT COUNT(*) AS n FROM organization_membership WHERE organization_id = :organization_id;

-- name: org_membership_insert :exec
-- in: id membership_id, user_id user_id, organization_id organization_id, is_default bool, at i64
INSERT INTO organization_membership (id, user_id, organization_id, is_default, created_at,
    updated_at)
VALUES (:id, :user_id, :organization_id, :is_default, :at, :at);

-- name: org_membership_set_default :exec
-- in: user_id user_id, organization_id organization_id, at i64
UPDATE organization_membership
SET is_default = CASE WHEN organization_id = :organization_id THEN 1 ELSE 0 END, updated_at = :at
WHERE user_id = :user_id;

-- name: org_membership_delete :exec
-- in: id membership_id
DELETE FROM organization_membership WHERE id = :id;

-- name: org_memberships_delete_of_person :exec
-- in: user_id user_id
DELETE FROM organization_membership WHERE user_id = :user_id;

-- name: org_memberships_delete_of :exec
-- in: organization_id organization_id
DELETE FROM organization_membership WHERE organization_id = :organization_id;

-- People whose default organisation goes away.
-- name: person_leave_organization :exec
-- in: organization_id organization_id, at i64
UPDATE person SET organization_id = NULL, updated_at = :at
WHERE organization_id = :organization_id AND id IN
    (SELECT user_id FROM organization_membership WHERE organization_id = :organization_id);

-- ## Groups

-- name: group_rows :many
-- row: group_row
-- in: also_deleted bool
-- out: id group_id, name text, description text, is_public bool, is_default bool, deleted bool
-- out: created_at i64, updated_at i64
SELECT id, name, description, is_public, is_default, deleted, created_at, updated_at
FROM desk_group WHERE deleted = 0 OR :also_deleted = 1 ORDER BY id;

-- name: group_row_by_id :opt
-- row: group_row
-- in: id group_id
-- out: id group_id, name text, description text, is_public bool, is_default bool, deleted bool
-- out: created_at i64, updated_at i64
SELECT id, name, description, is_public, is_default, deleted, created_at, updated_at
FROM desk_group WHERE id = :id;

-- name: group_rows_of_person :many
-- row: group_row
-- in: user_id user_id
-- out: id group_id, name text, description text, is_public bool, is_default bool, deleted bool
-- out: created_at i64, updated_at i64
SELECT g.id, g.name, g.description, g.is_public, g.is_default, g.deleted, g.created_at,
    g.updated_at
FROM group_membership m JOIN desk_group g ON g.id = m.group_id
WHERE m.user_id = :user_id AND g.deleted = 0 ORDER BY g.id;

-- name: group_by_key :opt
-- row: group_id_row
-- in: name_key text
-- out: id group_id
SELECT id FROM desk_group WHERE name_key = :name_key AND deleted = 0;

-- name: group_default :opt
-- row: group_id_row
-- out: id group_id
SELECT id FROM desk_group WHERE is_default = 1 AND deleted = 0 ORDER BY id LIMIT 1;

-- name: group_insert :exec
-- in: id group_id, name text, name_key text, description text, is_public bool, is_default bool
-- in: at i64
INSERT INTO desk_group (id, name, name_key, description, is_public, is_default, deleted, created_at,
    updated_at)
VALUES (:id, :name, :name_key, :description, :is_public, :is_default, 0, :at, :at);

-- name: group_update_row :exec
-- in: id group_id, name text, name_key text, description text, is_public bool, is_default bool
-- in: deleted bool, at i64
UPDATE desk_group SET name = :name, name_key = :name_key, description = :description,
    is_public = :is_public, is_default = :is_default, deleted = :deleted, updated_at = :at
WHERE id = :id;

-- name: group_clear_default :exec
-- in: but group_id
UPDATE desk_group SET is_default = 0 WHERE id <> :but AND is_default = 1;

-- ## Memberships of groups

-- name: group_membership_row :opt
-- row: group_membership_row_t
-- in: id membership_id
-- out: id membership_id, user_id user_id, group_id group_id, is_default bool, created_at i64
-- out: updated_at i64
SELECT id, user_id, group_id, is_default, created_at, updated_at
FROM group_membership WHERE id = :id;

-- name: group_membership_of_pair :opt
-- row: group_membership_row_t
-- in: user_id user_id, group_id group_id
-- out: id membership_id, user_id user_id, group_id group_id, is_default bool, created_at i64
-- out: updated_at i64
SELECT id, user_id, group_id, is_default, created_at, updated_at
FROM group_membership WHERE user_id = :user_id AND group_id = :group_id;

-- All, or one person's, or one group's: 0 stands for all. There are few: agents times groups.
-- name: group_membership_rows :many
-- row: group_membership_row_t
-- in: user_id i64, group_id i64
-- out: id membership_id, user_id user_id, group_id group_id, is_default bool, created_at i64
-- out: updated_at i64
SELECT id, user_id, group_id, is_default, created_at, updated_at
FROM group_membership
WHERE (:user_id = 0 OR user_id = :user_id) AND (:group_id = 0 OR group_id = :group_id)
ORDER BY id;

-- name: group_ids_of_person :many
-- row: group_id_row
-- in: user_id user_id
-- out: id group_id
SELECT group_id AS id FROM group_membership WHERE user_id = :user_id ORDER BY group_id;

-- name: group_member_ids :many
-- row: person_id
-- in: group_id group_id
-- out: id user_id
SELECT m.user_id AS id FROM group_membership m JOIN person p ON p.id = m.user_id
WHERE m.group_id = :group_id AND p.active = 1 AND p.suspended = 0 ORDER BY m.user_id;

-- name: group_membership_insert :exec
-- in: id membership_id, user_id user_id, group_id group_id, is_default bool, at i64
INSERT INTO group_membership (id, user_id, group_id, is_default, created_at, updated_at)
VALUES (:id, :user_id, :group_id, :is_default, :at, :at);

-- name: group_membership_set_default :exec
-- in: user_id user_id, group_id group_id, at i64
UPDATE group_membership
SET is_default = CASE WHEN group_id = :group_id THEN 1 ELSE 0 END, updated_at = :at
WHERE user_id = :user_id;

-- name: group_membership_delete :exec
-- in: id membership_id
DELETE FROM group_membership WHERE id = :id;

-- name: group_memberships_delete_of_person :exec
-- in: user_id user_id
DELETE FROM group_membership WHERE user_id = :user_id;

-- name: group_memberships_delete_of_group :exec
-- in: group_id group_id
DELETE FROM group_membership WHERE group_id = :group_id;

-- name: person_leave_group :exec
-- in: group_id group_id, at i64
UPDATE person SET default_group_id = NULL, updated_at = :at
WHERE active = 1 AND role >= 2 AND default_group_id = :group_id;

-- ## Exports: what changed since

-- name: person_ids_changed :many
-- row: person_id
-- in: at i64, id user_id, before i64, most i64
-- out: id user_id
SELECT id FROM person WHERE (updated_at, id) > (:at, :id) AND updated_at < :before
ORDER BY updated_at, id LIMIT :most;

-- name: organization_gone_insert :exec
-- in: id organization_id, name text, external_id text?, created_at i64, deleted_at i64
INSERT INTO organization_gone (id, name, external_id, created_at, deleted_at)
VALUES (:id, :name, :external_id, :created_at, :deleted_at);

-- name: organization_ids_changed :many
-- row: organization_id_row
-- in: at i64, id organization_id, before i64, most i64
-- out: id organization_id
SELECT id FROM organization WHERE (updated_at, id) > (:at, :id) AND updated_at < :before
ORDER BY updated_at, id LIMIT :most;

-- name: organizations_gone :many
-- in: at i64, id organization_id, before i64, most i64
-- out: id organization_id, name text, external_id text?, created_at i64, deleted_at i64
SELECT id, name, external_id, created_at, deleted_at FROM organization_gone
WHERE (deleted_at, id) > (:at, :id) AND deleted_at < :before ORDER BY deleted_at, id LIMIT :most;

-- ## Ends: merging, wiping

-- name: identities_move :exec
-- in: from user_id, to user_id, at i64
UPDATE identity SET user_id = :to, is_primary = 0, updated_at = :at WHERE user_id = :from;

-- name: org_memberships_move :exec
-- in: from user_id, to user_id, at i64
UPDATE organization_membership SET user_id = :to, is_default = 0, updated_at = :at
WHERE user_id = :from AND organization_id NOT IN
    (SELECT m.organization_id FROM organization_membership m WHERE m.user_id = :to);

-- name: person_wipe :changes
-- in: id user_id, at i64
UPDATE person SET name = 'Permanently Deleted User', alias = NULL, phone = NULL, details = '',
    notes = '', signature = '', tags = '', external_id = NULL, external_key = NULL,
    purged_at = :at, updated_at = :at
WHERE id = :id AND active = 0 AND purged_at IS NULL;

-- name: person_wiped :opt
-- in: id user_id
-- out: purged_at i64?
SELECT purged_at FROM person WHERE id = :id;

-- name: person_deleted_ids :many
-- row: person_id
-- in: after user_id, most i64
-- out: id user_id
SELECT id FROM person WHERE active = 0 AND purged_at IS NULL AND id > :after
ORDER BY id LIMIT :most;

-- name: person_deleted_count :one
-- row: count_row
-- out: n i64
SELECT COUNT(*) AS n FROM person WHERE active = 0 AND purged_at IS NULL;

-- name: org_people_move :exec
-- in: from organization_id, to organization_id, at i64
UPDATE organization_membership SET organization_id = :to, updated_at = :at
WHERE organization_id = :from AND user_id NOT IN
    (SELECT m.user_id FROM organization_membership m WHERE m.organization_id = :to);

-- name: person_organization_move :exec
-- in: from organization_id, to organization_id, at i64
UPDATE person SET organization_id = :to, updated_at = :at WHERE organization_id = :from
    AND id IN (SELECT user_id FROM organization_membership WHERE organization_id = :to);

-- name: organization_merge_insert :exec
-- in: id text, loser_id organization_id, winner_id organization_id, created_at i64
INSERT INTO organization_merge (id, loser_id, winner_id, created_at)
VALUES (:id, :loser_id, :winner_id, :created_at);

-- name: organization_merge_row :opt
-- in: id text
-- out: id text, loser_id organization_id, winner_id organization_id
SELECT id, loser_id, winner_id FROM organization_merge WHERE id = :id;

-- name: organization_merges_of :many
-- row: organization_merge_row_row
-- in: winner_id organization_id
-- out: id text, loser_id organization_id, winner_id organization_id
SELECT id, loser_id, winner_id FROM organization_merge WHERE winner_id = :winner_id ORDER BY id;

-- ## Values beside the row

-- name: person_touch :exec
-- in: id user_id, at i64
UPDATE person SET updated_at = :at WHERE id = :id;

-- name: organization_touch :exec
-- in: id organization_id, at i64
UPDATE organization SET updated_at = :at WHERE id = :id;

-- ## Who leads whom

-- name: person_manager :opt
-- in: user_id user_id
-- out: manager_id user_id
SELECT manager_id FROM person_manager WHERE user_id = :user_id;

-- name: person_manager_put :exec
-- in: user_id user_id, manager_id user_id
INSERT INTO person_manager (user_id, manager_id) VALUES (:user_id, :manager_id)
ON CONFLICT (user_id) DO UPDATE SET manager_id = excluded.manager_id;

-- name: person_manager_forget :exec
-- in: user_id user_id
DELETE FROM person_manager WHERE user_id = :user_id;

-- Somebody ends: they lead nobody and nobody leads them.
-- name: person_manager_end :exec
-- in: user_id user_id
DELETE FROM person_manager WHERE user_id = :user_id OR manager_id = :user_id;

-- Of two accounts of one person the one that stays keeps its manager, or takes the other's.
-- name: person_manager_take_over :exec
-- in: from_id user_id, to_id user_id
UPDATE person_manager SET user_id = :to_id WHERE user_id = :from_id
    AND NOT EXISTS (SELECT 1 FROM person_manager o WHERE o.user_id = :to_id);

-- name: person_manager_move :exec
-- in: from_id user_id, to_id user_id
UPDATE person_manager SET manager_id = :to_id WHERE manager_id = :from_id;

-- name: person_manager_unloop :exec
-- in: user_id user_id
DELETE FROM person_manager WHERE user_id = :user_id AND manager_id = :user_id;
