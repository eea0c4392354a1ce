-- When a key was last used, so that an administrator sees which ones nobody needs. Written now and
-- then, not by each request.
ALTER TABLE api_token ADD COLUMN used_at BIGINT;
