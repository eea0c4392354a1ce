-- Full text of tickets, one row a comment (rowid is the comment's id, which grows with time, so the
-- newest hits come first without sorting); the first comment's row also has the subject. Without
-- content of its own: the text stands in ticket_comment.
-- sqlite:
CREATE VIRTUAL TABLE ticket_fts USING fts5 (
    subject, body, content = '', tokenize = "unicode61 remove_diacritics 2"
);
-- postgres:
CREATE TABLE ticket_fts (
    id BIGINT PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX ticket_fts_words ON ticket_fts USING gin (words);
-- both:
