-- Shelves of the knowledge: categories hold sections, sections hold articles. What they are called
-- stands in kb_text, once for each language.
CREATE TABLE kb_category (
    id BIGINT PRIMARY KEY,
    position BIGINT NOT NULL,
    source_locale TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE kb_section (
    id BIGINT PRIMARY KEY,
    category_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    source_locale TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- The sections of a category.
CREATE INDEX kb_section_category ON kb_section (category_id, position, id);

CREATE TABLE kb_article (
    id BIGINT PRIMARY KEY,
    section_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL, -- who looks after it
    position BIGINT NOT NULL,
    promoted INTEGER NOT NULL CHECK (promoted IN (0, 1)),
    draft INTEGER NOT NULL CHECK (draft IN (0, 1)), -- its first language is not published
    visibility TEXT NOT NULL CHECK (visibility IN ('all', 'signed_in', 'staff')),
    comments_disabled INTEGER NOT NULL CHECK (comments_disabled IN (0, 1)),
    labels TEXT NOT NULL, -- sorted, one space between
    source_locale TEXT NOT NULL,
    vote_sum BIGINT NOT NULL,
    vote_count BIGINT NOT NULL,
    review_at BIGINT, -- when somebody looks whether it is still right
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    edited_at BIGINT NOT NULL, -- when its words were last changed
    archived_at BIGINT
);
-- The articles of a section.
CREATE INDEX kb_article_section ON kb_article (section_id, position, id);
-- Exports since a time.
CREATE INDEX kb_article_updated ON kb_article (updated_at, id);
-- What is to be reviewed.
CREATE INDEX kb_article_review ON kb_article (review_at, id) WHERE review_at IS NOT NULL;

-- Words of a category, section or article in one language.
CREATE TABLE kb_text (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('category', 'section', 'article')),
    source_id BIGINT NOT NULL,
    locale TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL, -- markup, safe to show; of categories and sections their description
    source TEXT, -- Markdown that it was made of; absent when it came as markup
    draft INTEGER NOT NULL CHECK (draft IN (0, 1)),
    outdated INTEGER NOT NULL CHECK (outdated IN (0, 1)), -- the first language has moved on
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    updated_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX kb_text_source ON kb_text (kind, source_id, locale);

-- What a text was before: nothing that was written is lost.
CREATE TABLE kb_version (
    id BIGINT PRIMARY KEY,
    text_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    source TEXT,
    author_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX kb_version_text ON kb_version (text_id, id);

CREATE TABLE kb_vote (
    id BIGINT PRIMARY KEY,
    article_id BIGINT NOT NULL,
    user_id BIGINT, -- none: a reader without an account
    voter TEXT NOT NULL, -- tells readers apart: an id, or a keyed hash of the address
    value INTEGER NOT NULL CHECK (value IN (-1, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- One vote of a reader on an article.
CREATE UNIQUE INDEX kb_vote_voter ON kb_vote (article_id, voter);
-- The votes of a person.
CREATE INDEX kb_vote_user ON kb_vote (user_id, id) WHERE user_id IS NOT NULL;

-- What a requester had read before they asked: nobody tells them to read it again.
CREATE TABLE kb_read (
    ticket_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, article_id)
);
-- The requests that an article led to.
CREATE INDEX kb_read_article ON kb_read (article_id, created_at);

-- Searches that found nothing, by their words.
CREATE TABLE kb_miss (
    words TEXT PRIMARY KEY,
    uses BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
-- The latest first.
CREATE INDEX kb_miss_last ON kb_miss (last_at);

-- Words of the articles as they are searched for, folded and stemmed by their language, and how many
-- texts have them: what a mistyped word may have meant.
CREATE TABLE kb_word (
    word TEXT PRIMARY KEY,
    length BIGINT NOT NULL,
    uses BIGINT NOT NULL
);
-- Words of about the same length.
CREATE INDEX kb_word_length ON kb_word (length, word);

-- Full text of those words; rowid is the id of the kb_text of an article.
-- sqlite:
CREATE VIRTUAL TABLE kb_fts USING fts5 (title, labels, body, tokenize = "unicode61");
-- postgres:
CREATE TABLE kb_fts (
    id BIGINT PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX kb_fts_words ON kb_fts USING gin (words);
-- both:
