-- Everybody the desk knows, staff and requesters alike. role: 1 end user, 2 light agent, 3 agent,
-- 4 lead, 5 administrator; ordered, so that "staff" is a comparison. scope says which tickets the
-- person may see: 0 all, 1 of their groups, 2 of their organisation, 3 assigned to them, 4 their
-- own. email repeats the primary identity's value, so that lists read one table. Deleted people
-- keep their row: conversations name them.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 5),
    scope INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 4),
    organization_id BIGINT,
    default_group_id BIGINT,
    alias TEXT,
    locale TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    phone TEXT,
    details TEXT NOT NULL,
    notes TEXT NOT NULL,
    signature TEXT NOT NULL,
    tags TEXT NOT NULL,
    external_id TEXT,
    external_key TEXT,
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    suspended INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    moderator INTEGER NOT NULL CHECK (moderator IN (0, 1)),
    only_private_comments INTEGER NOT NULL CHECK (only_private_comments IN (0, 1)),
    shared_phone INTEGER NOT NULL CHECK (shared_phone IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_login_at BIGINT
);
-- Lists and counts of all people; of staff; other systems' keys, which are one person's each.
CREATE INDEX person_active ON person (id) WHERE active = 1;
CREATE INDEX person_staff ON person (role, id) WHERE active = 1 AND role >= 2;
CREATE UNIQUE INDEX person_external ON person (external_key)
    WHERE active = 1 AND external_key IS NOT NULL;
-- Incremental exports.
CREATE INDEX person_updated ON person (updated_at, id);

-- The words of each person's name and address, folded, for finding people while typing. Compared
-- byte by byte, so that words with one beginning stand together.
CREATE TABLE person_word (
-- sqlite:
    word TEXT NOT NULL,
-- postgres:
    word TEXT COLLATE "C" NOT NULL,
-- both:
    user_id BIGINT NOT NULL,
    PRIMARY KEY (word, user_id)
);
-- One person's words: further words of a search, and removal.
CREATE INDEX person_word_user ON person_word (user_id, word);

-- How a person is reached or known elsewhere. value is lower-cased for addresses and belongs to one
-- person. undeliverable_count: mails that came back.
CREATE TABLE identity (
    id INTEGER PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES person (id),
    type TEXT NOT NULL CHECK (type IN ('email', 'phone_number', 'twitter', 'facebook', 'google',
        'agent_forwarding', 'any_channel', 'foreign', 'sdk', 'messaging')),
    value TEXT NOT NULL,
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    is_primary INTEGER NOT NULL CHECK (is_primary IN (0, 1)),
    deliverable_state TEXT NOT NULL CHECK (deliverable_state IN ('deliverable', 'undeliverable',
        'ticket_sharing_partner', 'mailing_list', 'reserved_example', 'mailer_daemon')),
    undeliverable_count BIGINT NOT NULL,
    verified_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Who an address belongs to: every mail asks.
CREATE UNIQUE INDEX identity_value ON identity (type, value);
-- A person's identities.
CREATE INDEX identity_user ON identity (user_id, id);

-- argon2id; only people who chose a password have a row.
CREATE TABLE password (
    user_id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Links that were mailed, and the code of the first-run wizard. Only the SHA-256 of the token is
-- kept.
CREATE TABLE person_link (
    hash TEXT PRIMARY KEY,
    user_id BIGINT,
    purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'reset', 'invite', 'setup')),
    next TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
-- How many a person was sent lately; clearing old ones.
CREATE INDEX person_link_user ON person_link (user_id, created_at);
CREATE INDEX person_link_expires ON person_link (expires_at);

-- Companies and departments that people belong to. name_key is the name folded: one of a kind.
CREATE TABLE organization (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
-- sqlite:
    name_key TEXT NOT NULL,
-- postgres:
    name_key TEXT COLLATE "C" NOT NULL,
-- both:
    external_id TEXT,
    external_key TEXT,
    details TEXT NOT NULL,
    notes TEXT NOT NULL,
    tags TEXT NOT NULL,
    domains TEXT NOT NULL,
    group_id BIGINT,
    shared_tickets INTEGER NOT NULL CHECK (shared_tickets IN (0, 1)),
    shared_comments INTEGER NOT NULL CHECK (shared_comments IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- One name once, and names by their beginning; other systems' keys.
CREATE UNIQUE INDEX organization_name ON organization (name_key);
CREATE UNIQUE INDEX organization_external ON organization (external_key)
    WHERE external_key IS NOT NULL;

-- Whose people write from which domain.
CREATE TABLE organization_domain (
    domain TEXT NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    PRIMARY KEY (domain, organization_id)
);
-- An organisation's domains, to replace them.
CREATE INDEX organization_domain_of ON organization_domain (organization_id);

CREATE TABLE organization_membership (
    id INTEGER PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES person (id),
    organization_id BIGINT NOT NULL REFERENCES organization (id),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- A person's organisations, each once; an organisation's people; its memberships.
CREATE UNIQUE INDEX organization_membership_user
    ON organization_membership (user_id, organization_id);
CREATE INDEX organization_membership_people ON organization_membership (organization_id, user_id);
CREATE INDEX organization_membership_of ON organization_membership (organization_id, id);

-- Teams of agents. name_key is the name folded, one of a kind among those that are not deleted.
CREATE TABLE desk_group (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX desk_group_name ON desk_group (name_key) WHERE deleted = 0;

CREATE TABLE group_membership (
    id INTEGER PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES person (id),
    group_id BIGINT NOT NULL REFERENCES desk_group (id),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- A person's groups, each once; a group's people.
CREATE UNIQUE INDEX group_membership_user ON group_membership (user_id, group_id);
CREATE INDEX group_membership_group ON group_membership (group_id, user_id);
