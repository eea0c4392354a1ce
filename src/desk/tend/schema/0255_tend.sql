-- Stewardship: who can be somebody's one person, who is away, and which requests need which skills.

-- What an agent brings. Who has no row is chosen for nothing by themself.
CREATE TABLE tend_card (
    user_id BIGINT PRIMARY KEY,
    takes INTEGER NOT NULL, -- is chosen as steward of new requests
    capacity BIGINT NOT NULL, -- open tickets as steward that are enough
    skills TEXT NOT NULL, -- words, sorted, one space between
    languages TEXT NOT NULL, -- "de en"; '' when none are known
    schedule_id BIGINT, -- works at these hours
    updated_by BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Holidays, illness, training: from one time to another, and who covers.
CREATE TABLE tend_absence (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    deputy_id BIGINT,
    note TEXT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Absences of one person; those that are not over.
CREATE INDEX tend_absence_user ON tend_absence (user_id, from_at);
CREATE INDEX tend_absence_end ON tend_absence (to_at);

-- Tickets of this group, with this tag or made with this form need this skill.
CREATE TABLE tend_need (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('group', 'tag', 'form')),
    word TEXT NOT NULL, -- the tag, or the number of the group or form
    skill TEXT NOT NULL
);
CREATE UNIQUE INDEX tend_need_word ON tend_need (kind, word, skill);

-- How tickets that come to a group without an assignee find one; no row: they wait.
CREATE TABLE tend_route (
    group_id BIGINT PRIMARY KEY,
    way TEXT NOT NULL CHECK (way IN ('load', 'turn'))
);
-- Whose turn it was last.
CREATE TABLE tend_turn (
    group_id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL
);

-- Another number after each change of the above but the turns.
CREATE TABLE tend_stamp (
    id BIGINT PRIMARY KEY,
    stamp BIGINT NOT NULL
);
INSERT INTO tend_stamp (id, stamp) VALUES (1, 1);
