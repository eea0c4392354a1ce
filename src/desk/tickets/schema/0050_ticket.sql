-- One row a ticket: everything a list shows, so that a list reads one table.
-- status: 0 new, 1 open, 2 pending, 3 hold, 4 solved, 5 closed; ordered, so that "less than solved"
-- is a comparison. priority: 0 none, 1 low to 4 urgent. type: 0 none, 1 question, 2 incident,
-- 3 problem, 4 task. version counts changes; a writer who names an older one is told of it.
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY,
    version BIGINT NOT NULL,
    external_id TEXT,
    subject TEXT NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
    type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 4),
    requester_id BIGINT NOT NULL,
    submitter_id BIGINT NOT NULL,
    assignee_id BIGINT,
    steward_id BIGINT,
    group_id BIGINT,
    organization_id BIGINT,
    problem_id BIGINT,
    followup_of BIGINT,
    merged_into BIGINT,
    channel TEXT NOT NULL,
    recipient TEXT,
    tags TEXT NOT NULL,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    comment_count BIGINT NOT NULL,
    excerpt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    generated_at BIGINT NOT NULL,
    requester_updated_at BIGINT,
    assignee_updated_at BIGINT,
    status_updated_at BIGINT NOT NULL,
    assigned_at BIGINT,
    solved_at BIGINT,
    due_at BIGINT,
    deleted_at BIGINT,
    deleted_by BIGINT
);
-- The desk's queues: what one person, or nobody, still has to do, last changed first.
CREATE INDEX ticket_unsolved_assignee ON ticket (assignee_id, updated_at, id)
    WHERE deleted_at IS NULL AND status < 4;
-- All that is not solved.
CREATE INDEX ticket_unsolved ON ticket (updated_at, id) WHERE deleted_at IS NULL AND status < 4;
-- Recently solved.
CREATE INDEX ticket_solved ON ticket (solved_at, id) WHERE deleted_at IS NULL AND status >= 4;
-- A group's queue.
CREATE INDEX ticket_unsolved_group ON ticket (group_id, updated_at, id)
    WHERE deleted_at IS NULL AND status < 4;
-- A person's history; an organisation's; an agent's.
CREATE INDEX ticket_requester ON ticket (requester_id, updated_at, id);
CREATE INDEX ticket_organization ON ticket (organization_id, updated_at, id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX ticket_assignee ON ticket (assignee_id, updated_at, id) WHERE assignee_id IS NOT NULL;
-- Lists by time of change, incremental exports, and other systems' numbers.
CREATE INDEX ticket_updated ON ticket (updated_at, id);
CREATE INDEX ticket_generated ON ticket (generated_at, id);
CREATE INDEX ticket_external ON ticket (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ticket_deleted ON ticket (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ticket_followup ON ticket (followup_of) WHERE followup_of IS NOT NULL;
CREATE INDEX ticket_problem ON ticket (problem_id) WHERE problem_id IS NOT NULL;

-- One message in a ticket. body is plain text and always there; html is the sanitised markup when
-- the message had any. quoted_from is the byte of body where quoted history begins. mail_id is the
-- message it came as. stranger says why mail of somebody unknown to the ticket was let in: 'token'
-- or 'reference'. withdrawn_at: its author took it back before it left.
CREATE TABLE ticket_comment (
    id INTEGER PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    audit_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    body TEXT NOT NULL,
    html TEXT,
    quoted_from BIGINT,
    channel TEXT NOT NULL,
    mail_id BIGINT,
    stranger TEXT,
    remote_images BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
-- The conversation of a ticket.
CREATE INDEX ticket_comment_of ON ticket_comment (ticket_id, id);

-- One change of a ticket, never edited, and the events it is made of.
CREATE TABLE ticket_audit (
    id INTEGER PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT,
    custom TEXT,
    created_at BIGINT NOT NULL
);
-- A ticket's history.
CREATE INDEX ticket_audit_of ON ticket_audit (ticket_id, id);

CREATE TABLE ticket_event (
    id INTEGER PRIMARY KEY,
    audit_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT,
    value TEXT,
    previous TEXT,
    rule_id BIGINT
);
-- The events of a ticket's audits, in order.
CREATE INDEX ticket_event_of ON ticket_event (ticket_id, audit_id, id);

-- Tags one by one, for search and counts; ticket.tags has the same joined.
CREATE TABLE ticket_tag (
    ticket_id BIGINT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (ticket_id, tag)
);
-- Tickets by tag.
CREATE INDEX ticket_tag_name ON ticket_tag (tag, ticket_id);

-- People beside the requester: 'cc' (sees the public part, gets mails) or 'follower' (staff).
CREATE TABLE ticket_collaborator (
    ticket_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('cc', 'follower')),
    PRIMARY KEY (ticket_id, user_id, kind)
);
-- Tickets that a person is copied on.
CREATE INDEX ticket_collaborator_user ON ticket_collaborator (user_id, ticket_id);

-- A file. It belongs to a comment once that is written, before to an upload. hash names the bytes
-- in the blob store; token is the unguessable part of its address.
CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    upload_id BIGINT,
    ticket_id BIGINT,
    comment_id BIGINT,
    hash TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    is_inline INTEGER NOT NULL CHECK (is_inline IN (0, 1)),
    content_id TEXT,
    token TEXT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Files of a ticket's comments, of an upload; a file by its address; users of a blob.
CREATE INDEX attachment_ticket ON attachment (ticket_id, comment_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX attachment_upload ON attachment (upload_id) WHERE upload_id IS NOT NULL;
CREATE UNIQUE INDEX attachment_token ON attachment (token);
CREATE INDEX attachment_hash ON attachment (hash);

-- Files sent ahead of the comment that will carry them. token_hash: the token itself is not kept.
CREATE TABLE upload (
    id INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

-- What somebody began to write, kept across devices and closed tabs. ticket_id 0: a new ticket.
CREATE TABLE draft (
    user_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, ticket_id)
);
