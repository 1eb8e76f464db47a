-- Version 2: users can be changed, and personal access tokens of all users can be listed.

-- ListPersonalAccessTokens over all users: newest or oldest first.
CREATE INDEX pats_by_date ON pats (created_at);

INSERT INTO event_types (code, name) VALUES
    (319, 'user.username.changed'),
    (320, 'user.human.profile.changed'),
    (321, 'user.human.email.changed'),
    (322, 'user.human.phone.changed'),
    (323, 'user.human.phone.removed'),
    (324, 'user.machine.changed');
