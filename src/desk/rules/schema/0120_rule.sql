-- What administrators and agents let the desk do by itself, or show: views, macros, triggers,
-- automations. They share one shape, so one table: a name, a place in the order, who may use it,
-- and the terms below. slug names the views that are there from the start in addresses. The columns
-- from shown on are a view's. audience: 'all', 'groups' (rule_group) or 'person' (owner_id).
CREATE TABLE rule (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('view', 'macro', 'trigger', 'automation')),
    slug TEXT,
    title TEXT NOT NULL,
    description TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    position BIGINT NOT NULL,
    category_id BIGINT,
    audience TEXT NOT NULL CHECK (audience IN ('all', 'groups', 'person')),
    owner_id BIGINT,
    shown TEXT NOT NULL,
    group_by TEXT,
    group_down INTEGER NOT NULL CHECK (group_down IN (0, 1)),
    sort_by TEXT,
    sort_down INTEGER NOT NULL CHECK (sort_down IN (0, 1)),
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- All rules in their order: they are read whole, and kept in memory until the stamp changes.
CREATE INDEX rule_in_order ON rule (kind, position, id);

-- Conditions and actions, one row for each part of a value ("notify whom, subject, text" is three).
-- place: 'all', 'any' or 'action'. part -1: the value is empty, and is_list tells [] from null.
CREATE TABLE rule_term (
    rule_id BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    part BIGINT NOT NULL,
    place TEXT NOT NULL CHECK (place IN ('all', 'any', 'action')),
    field TEXT NOT NULL,
    operator TEXT,
    value TEXT,
    is_list INTEGER NOT NULL CHECK (is_list IN (0, 1)),
    PRIMARY KEY (rule_id, ordinal, part)
);

-- Groups that may use a view or macro.
CREATE TABLE rule_group (
    rule_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    PRIMARY KEY (rule_id, group_id)
);

-- Headings under which triggers stand; they run in the order of these first.
CREATE TABLE rule_category (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A random number that every change of a rule replaces: who has read the rules under the same
-- number has them as they are.
CREATE TABLE rule_stamp (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    stamp BIGINT NOT NULL
);
INSERT INTO rule_stamp (id, stamp) VALUES (1, 1);

-- What every new desk has.
INSERT INTO rule_category (id, name, position, created_at, updated_at)
    VALUES (1, 'General', 1, 1767225600000, 1767225600000);
INSERT INTO rule (id, kind, slug, title, active, is_default, position, audience, shown, group_down,
    sort_by, sort_down, created_at, updated_at) VALUES
    (1, 'view', 'mine', 'Mine', 1, 1, 1, 'all', 'status subject requester updated', 0,
     'updated', 1, 1767225600000, 1767225600000),
    (2, 'view', 'unassigned', 'Unassigned', 1, 1, 2, 'all', 'status subject requester updated', 0,
     'updated', 1, 1767225600000, 1767225600000),
    (3, 'view', 'open', 'All open', 1, 1, 3, 'all', 'status subject requester updated', 0,
     'updated', 1, 1767225600000, 1767225600000),
    (4, 'view', 'solved', 'Recently solved', 1, 1, 4, 'all', 'status subject requester solved', 0,
     'solved', 1, 1767225600000, 1767225600000);
INSERT INTO rule_term (rule_id, ordinal, part, place, field, operator, value, is_list) VALUES
    (1, 0, 0, 'all', 'status', 'less_than', 'solved', 0),
    (1, 1, 0, 'all', 'assignee_id', 'is', 'current_user', 0),
    (2, 0, 0, 'all', 'status', 'less_than', 'solved', 0),
    (2, 1, 0, 'all', 'assignee_id', 'is', '', 0),
    (3, 0, 0, 'all', 'status', 'less_than', 'solved', 0),
    (4, 0, 0, 'all', 'status', 'greater_than', 'hold', 0);
