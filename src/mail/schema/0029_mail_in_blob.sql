-- Which mails name this blob? The collector of unnamed ones asks, and the check of all of them.
CREATE INDEX mail_in_blob ON mail_in (blob) WHERE blob IS NOT NULL;
