-- Version 7: passkeys and security keys.

ALTER TABLE users ADD COLUMN web_auth_n TEXT;
ALTER TABLE users ADD COLUMN u2f_ready INTEGER;

UPDATE users SET u2f_ready = 0 WHERE kind = 1;

ALTER TABLE sessions ADD COLUMN web_auth_n_checked_at INTEGER;
ALTER TABLE sessions ADD COLUMN web_auth_n_user_verified INTEGER;
ALTER TABLE sessions ADD COLUMN web_auth_n_challenge TEXT;

INSERT INTO event_types (code, name) VALUES
    (370, 'user.human.passwordless.token.added'),
    (371, 'user.human.passwordless.token.verified'),
    (372, 'user.human.passwordless.token.removed'),
    (373, 'user.human.passwordless.token.check.succeeded'),
    (374, 'user.human.passwordless.initialization.code.added'),
    (375, 'user.human.passwordless.initialization.code.requested'),
    (376, 'user.human.passwordless.initialization.code.check.succeeded'),
    (377, 'user.human.passwordless.initialization.code.check.failed'),
    (378, 'user.human.mfa.u2f.token.added'),
    (379, 'user.human.mfa.u2f.token.verified'),
    (380, 'user.human.mfa.u2f.token.removed'),
    (381, 'user.human.mfa.u2f.token.check.succeeded'),
    (417, 'session.webAuthN.challenged'),
    (418, 'session.webAuthN.checked'),
    (419, 'user.human.passwordless.token.signcount.changed'),
    (423, 'user.human.mfa.u2f.token.signcount.changed');
