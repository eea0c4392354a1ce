-- sqlite:
CREATE VIRTUAL TABLE pet_fts USING fts5 (name, content = '');
-- postgres:
CREATE TABLE pet_fts (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);
-- both:
CREATE INDEX pet_owner ON pet (owner_id, id);
