-- Version 9: that a message was sent is an event which is not shown.

ALTER TABLE users ADD COLUMN shown_sequence INTEGER;
ALTER TABLE users ADD COLUMN shown_changed_at INTEGER;
ALTER TABLE sessions ADD COLUMN shown_sequence INTEGER;
ALTER TABLE sessions ADD COLUMN shown_changed_at INTEGER;

INSERT INTO event_types (code, name) VALUES
    (342, 'user.human.email.code.sent'),
    (343, 'user.human.phone.code.sent'),
    (344, 'user.human.password.code.sent'),
    (345, 'user.human.invite.code.sent'),
    (346, 'user.human.passwordless.initialization.code.sent'),
    (421, 'session.otp.email.sent'),
    (422, 'session.otp.sms.sent');
