-- Version 12: how far each webhook has been told of events.

CREATE TABLE webhook_cursors (
    name       TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
