-- Version 4: messages that wait to be delivered.

CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY,
    channel        INTEGER NOT NULL,
    message        INTEGER NOT NULL,
    aggregate_type INTEGER NOT NULL,
    aggregate_id   INTEGER NOT NULL,
    content        TEXT NOT NULL,
    expires_at     INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    due_at         INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_by_due ON outbox (due_at);
