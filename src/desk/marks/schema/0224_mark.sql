-- What one person has to do with one object: what they were told of a ticket (activity), tickets
-- they keep at hand (bookmark) or passed over (skip), organisations they follow (subscription).
CREATE TABLE mark (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('activity', 'bookmark', 'skip', 'subscription')),
    user_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL, -- the ticket; of a subscription the organisation
    actor_id BIGINT, -- of an activity: who did it, none for the desk itself
    word TEXT NOT NULL, -- of an activity its verb, of a skip the reason, else ''
    comment_id BIGINT, -- of an activity, where it is about one
    created_at BIGINT NOT NULL
);
-- One person's marks in order; whether there is one already.
CREATE INDEX mark_user ON mark (kind, user_id, id);
-- Who has marked an object.
CREATE INDEX mark_object ON mark (kind, object_id, id);
-- Activities that are old enough to be forgotten.
CREATE INDEX mark_age ON mark (kind, created_at);

-- What people set for themselves in programs: a JSON object each.
CREATE TABLE person_setting (
    user_id BIGINT PRIMARY KEY,
    doc TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
