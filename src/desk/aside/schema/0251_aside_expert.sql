-- How soon experts answered lately.
CREATE INDEX aside_expert ON aside (created_at) WHERE kind = 'expert';
