-- A side conversation: what staff discuss about a ticket with colleagues, other departments and
-- vendors. Its requester never sees any of it. uuid: how programs know it. kind: 'expert' is one
-- that brought somebody in. preview: a line of the latest message; people: who was asked, by name,
-- for lists. news: whose turn it is: 'asked' waits for them, 'answer' was heard from them,
-- 'trouble' could not be delivered. answered_at, answered_by: the first answer of somebody who was
-- asked, and which member that was. external_ids: JSON object of a program.
CREATE TABLE aside (
    id BIGINT PRIMARY KEY,
    uuid TEXT NOT NULL,
    ticket_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('talk', 'expert')),
    subject TEXT NOT NULL,
    preview TEXT NOT NULL,
    people TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    news TEXT NOT NULL CHECK (news IN ('asked', 'answer', 'trouble')),
    external_ids TEXT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    state_at BIGINT NOT NULL,
    message_at BIGINT NOT NULL,
    answered_at BIGINT,
    answered_by BIGINT
);
-- How programs name it.
CREATE UNIQUE INDEX aside_uuid ON aside (uuid);
-- What a ticket's page shows.
CREATE INDEX aside_ticket ON aside (ticket_id, id);

-- Who takes part: one of the staff, a group, or an address. through_id: a person who is asked as a
-- member of that group's row. asked: somebody wrote to them here; others joined by themselves. Each
-- has a reply address of their own.
CREATE TABLE aside_member (
    id BIGINT PRIMARY KEY,
    aside_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'group', 'address')),
    person_id BIGINT,
    group_id BIGINT,
    through_id BIGINT,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    asked INTEGER NOT NULL CHECK (asked IN (0, 1)),
    created_at BIGINT NOT NULL
);
-- Everybody in one conversation.
CREATE INDEX aside_member_aside ON aside_member (aside_id, id);

-- What was said ('create', 'reply'), changed ('update') or went wrong ('trouble', in body). member_id
-- is who spoke, person_id the one of the staff it is proven to be; name and address say who it claims
-- to be. message_id: of the mail it came as. automatic: an absence note or the like.
CREATE TABLE aside_event (
    id BIGINT PRIMARY KEY,
    uuid TEXT NOT NULL,
    aside_id BIGINT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('create', 'reply', 'update', 'trouble')),
    channel TEXT NOT NULL,
    member_id BIGINT,
    person_id BIGINT,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    body TEXT NOT NULL,
    quoted_from BIGINT NOT NULL,
    automatic INTEGER NOT NULL CHECK (automatic IN (0, 1)),
    mail_id BIGINT,
    message_id TEXT NOT NULL,
    new_state TEXT,
    new_subject TEXT,
    created_at BIGINT NOT NULL
);
-- The conversation in its order.
CREATE INDEX aside_event_aside ON aside_event (aside_id, id);
-- Which conversation does a mail belong to that answers this one?
CREATE INDEX aside_event_message ON aside_event (message_id) WHERE message_id <> '';

-- Its files; hash names the bytes in the blob store. Without an event it was sent ahead by a program
-- and waits for its message.
CREATE TABLE aside_file (
    id BIGINT PRIMARY KEY,
    uuid TEXT NOT NULL,
    aside_id BIGINT,
    event_id BIGINT,
    hash TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL
);
-- The files of a conversation; by the name programs know; what was sent ahead and forgotten.
CREATE INDEX aside_file_aside ON aside_file (aside_id, id) WHERE aside_id IS NOT NULL;
CREATE UNIQUE INDEX aside_file_uuid ON aside_file (uuid);
CREATE INDEX aside_file_waiting ON aside_file (created_at) WHERE event_id IS NULL;
-- Whether a blob is named (the collector).
CREATE INDEX aside_file_hash ON aside_file (hash);

-- The mails of its messages, each to one member.
CREATE TABLE aside_mail (
    outmail_id BIGINT PRIMARY KEY,
    aside_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    message_id TEXT NOT NULL
);
-- Who was sent what.
CREATE INDEX aside_mail_aside ON aside_mail (aside_id, outmail_id);
