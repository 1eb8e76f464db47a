-- Version 11: events of swept sessions can be moved to a file.

CREATE TABLE archived (
    last  INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    link  BLOB NOT NULL,
    seal  BLOB NOT NULL
) STRICT;

DROP TRIGGER events_are_never_deleted;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN IFNULL(
    (SELECT first FROM archived WHERE last >= OLD.position ORDER BY last LIMIT 1) > OLD.position,
    1
)
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
