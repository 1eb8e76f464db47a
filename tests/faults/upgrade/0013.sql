BEGIN TRANSACTION;
CREATE TABLE archived (
    last  INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    link  BLOB NOT NULL,
    seal  BLOB NOT NULL
) STRICT;
CREATE TABLE event_types (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "event_types" VALUES(101,'instance.added');
INSERT INTO "event_types" VALUES(102,'instance.default.org.set');
INSERT INTO "event_types" VALUES(103,'instance.member.added');
INSERT INTO "event_types" VALUES(104,'instance.member.changed');
INSERT INTO "event_types" VALUES(105,'instance.member.removed');
INSERT INTO "event_types" VALUES(106,'instance.member.cascade.removed');
INSERT INTO "event_types" VALUES(201,'org.added');
INSERT INTO "event_types" VALUES(202,'org.domain.primary.set');
INSERT INTO "event_types" VALUES(203,'org.member.added');
INSERT INTO "event_types" VALUES(204,'org.member.changed');
INSERT INTO "event_types" VALUES(205,'org.member.removed');
INSERT INTO "event_types" VALUES(206,'org.member.cascade.removed');
INSERT INTO "event_types" VALUES(301,'user.human.added');
INSERT INTO "event_types" VALUES(302,'user.machine.added');
INSERT INTO "event_types" VALUES(303,'user.human.email.verified');
INSERT INTO "event_types" VALUES(304,'user.human.email.code.added');
INSERT INTO "event_types" VALUES(305,'user.human.phone.verified');
INSERT INTO "event_types" VALUES(306,'user.human.phone.code.added');
INSERT INTO "event_types" VALUES(307,'user.human.password.changed');
INSERT INTO "event_types" VALUES(308,'user.human.password.hash.updated');
INSERT INTO "event_types" VALUES(309,'user.human.password.check.succeeded');
INSERT INTO "event_types" VALUES(310,'user.human.password.check.failed');
INSERT INTO "event_types" VALUES(311,'user.locked');
INSERT INTO "event_types" VALUES(312,'user.unlocked');
INSERT INTO "event_types" VALUES(313,'user.deactivated');
INSERT INTO "event_types" VALUES(314,'user.reactivated');
INSERT INTO "event_types" VALUES(315,'user.removed');
INSERT INTO "event_types" VALUES(316,'user.metadata.set');
INSERT INTO "event_types" VALUES(317,'user.pat.added');
INSERT INTO "event_types" VALUES(318,'user.pat.removed');
INSERT INTO "event_types" VALUES(319,'user.username.changed');
INSERT INTO "event_types" VALUES(320,'user.human.profile.changed');
INSERT INTO "event_types" VALUES(321,'user.human.email.changed');
INSERT INTO "event_types" VALUES(322,'user.human.phone.changed');
INSERT INTO "event_types" VALUES(323,'user.human.phone.removed');
INSERT INTO "event_types" VALUES(324,'user.machine.changed');
INSERT INTO "event_types" VALUES(325,'user.human.mfa.otp.added');
INSERT INTO "event_types" VALUES(326,'user.human.mfa.otp.verified');
INSERT INTO "event_types" VALUES(327,'user.human.mfa.otp.removed');
INSERT INTO "event_types" VALUES(328,'user.human.mfa.otp.check.succeeded');
INSERT INTO "event_types" VALUES(329,'user.human.mfa.otp.check.failed');
INSERT INTO "event_types" VALUES(330,'user.human.email.verification.failed');
INSERT INTO "event_types" VALUES(331,'user.human.phone.verification.failed');
INSERT INTO "event_types" VALUES(332,'user.human.password.code.added');
INSERT INTO "event_types" VALUES(333,'user.human.password.code.check.failed');
INSERT INTO "event_types" VALUES(334,'user.human.invite.code.added');
INSERT INTO "event_types" VALUES(335,'user.human.invite.check.succeeded');
INSERT INTO "event_types" VALUES(336,'user.human.invite.check.failed');
INSERT INTO "event_types" VALUES(337,'user.human.mfa.init.skipped');
INSERT INTO "event_types" VALUES(342,'user.human.email.code.sent');
INSERT INTO "event_types" VALUES(343,'user.human.phone.code.sent');
INSERT INTO "event_types" VALUES(344,'user.human.password.code.sent');
INSERT INTO "event_types" VALUES(345,'user.human.invite.code.sent');
INSERT INTO "event_types" VALUES(346,'user.human.passwordless.initialization.code.sent');
INSERT INTO "event_types" VALUES(350,'user.human.mfa.recoverycode.added');
INSERT INTO "event_types" VALUES(351,'user.human.mfa.recoverycode.removed');
INSERT INTO "event_types" VALUES(352,'user.human.mfa.recoverycode.check.succeeded');
INSERT INTO "event_types" VALUES(353,'user.human.mfa.recoverycode.check.failed');
INSERT INTO "event_types" VALUES(354,'user.human.mfa.otp.sms.added');
INSERT INTO "event_types" VALUES(355,'user.human.mfa.otp.sms.removed');
INSERT INTO "event_types" VALUES(356,'user.human.mfa.otp.sms.check.succeeded');
INSERT INTO "event_types" VALUES(357,'user.human.mfa.otp.sms.check.failed');
INSERT INTO "event_types" VALUES(358,'user.human.mfa.otp.email.added');
INSERT INTO "event_types" VALUES(359,'user.human.mfa.otp.email.removed');
INSERT INTO "event_types" VALUES(360,'user.human.mfa.otp.email.check.succeeded');
INSERT INTO "event_types" VALUES(361,'user.human.mfa.otp.email.check.failed');
INSERT INTO "event_types" VALUES(370,'user.human.passwordless.token.added');
INSERT INTO "event_types" VALUES(371,'user.human.passwordless.token.verified');
INSERT INTO "event_types" VALUES(372,'user.human.passwordless.token.removed');
INSERT INTO "event_types" VALUES(373,'user.human.passwordless.token.check.succeeded');
INSERT INTO "event_types" VALUES(374,'user.human.passwordless.initialization.code.added');
INSERT INTO "event_types" VALUES(375,'user.human.passwordless.initialization.code.requested');
INSERT INTO "event_types" VALUES(376,'user.human.passwordless.initialization.code.check.succeeded');
INSERT INTO "event_types" VALUES(377,'user.human.passwordless.initialization.code.check.failed');
INSERT INTO "event_types" VALUES(378,'user.human.mfa.u2f.token.added');
INSERT INTO "event_types" VALUES(379,'user.human.mfa.u2f.token.verified');
INSERT INTO "event_types" VALUES(380,'user.human.mfa.u2f.token.removed');
INSERT INTO "event_types" VALUES(381,'user.human.mfa.u2f.token.check.succeeded');
INSERT INTO "event_types" VALUES(385,'user.human.externalidp.added');
INSERT INTO "event_types" VALUES(386,'user.human.externalidp.removed');
INSERT INTO "event_types" VALUES(401,'session.added');
INSERT INTO "event_types" VALUES(402,'session.user.checked');
INSERT INTO "event_types" VALUES(403,'session.password.checked');
INSERT INTO "event_types" VALUES(404,'session.metadata.set');
INSERT INTO "event_types" VALUES(405,'session.lifetime.set');
INSERT INTO "event_types" VALUES(406,'session.token.set');
INSERT INTO "event_types" VALUES(407,'session.terminated');
INSERT INTO "event_types" VALUES(408,'session.totp.checked');
INSERT INTO "event_types" VALUES(409,'session.recoveryCode.checked');
INSERT INTO "event_types" VALUES(410,'session.otp.sms.challenged');
INSERT INTO "event_types" VALUES(411,'session.otp.sms.checked');
INSERT INTO "event_types" VALUES(412,'session.otp.email.challenged');
INSERT INTO "event_types" VALUES(413,'session.otp.email.checked');
INSERT INTO "event_types" VALUES(417,'session.webAuthN.challenged');
INSERT INTO "event_types" VALUES(418,'session.webAuthN.checked');
INSERT INTO "event_types" VALUES(419,'user.human.passwordless.token.signcount.changed');
INSERT INTO "event_types" VALUES(420,'session.intent.checked');
INSERT INTO "event_types" VALUES(421,'session.otp.email.sent');
INSERT INTO "event_types" VALUES(422,'session.otp.sms.sent');
INSERT INTO "event_types" VALUES(423,'user.human.mfa.u2f.token.signcount.changed');
INSERT INTO "event_types" VALUES(501,'idpintent.started');
INSERT INTO "event_types" VALUES(502,'idpintent.succeeded');
INSERT INTO "event_types" VALUES(503,'idpintent.failed');
INSERT INTO "event_types" VALUES(504,'idpintent.consumed');
CREATE TABLE events (
    position       INTEGER PRIMARY KEY, -- in order of commit, from 1
    aggregate_type INTEGER NOT NULL,    -- 1 instance, 2 org, 3 user, 4 session
    aggregate_id   INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,    -- per aggregate, from 1, without gaps
    event_type     INTEGER NOT NULL,    -- event_types.code
    revision       INTEGER NOT NULL,    -- of the payload's form
    created_at     INTEGER NOT NULL,
    creator        INTEGER NOT NULL,    -- user; 0 is the program itself
    owner          INTEGER NOT NULL,    -- organisation or instance
    payload        TEXT,                -- JSON; NULL where the type says all
    link           BLOB NOT NULL        -- 16 bytes: keyed hash of the link before and this event
) STRICT;
INSERT INTO "events" VALUES(1,2,257614196516702587,1,201,1,1795670079757141,0,257614196516702587,'{"name":"ZITADEL"}',X'10DED70E6F098716464B15FD384A6873');
INSERT INTO "events" VALUES(2,2,257614196516702587,2,202,1,1795670079757141,0,257614196516702587,'{"domain":"zitadel.localhost"}',X'673F5F8D1ADE5F218C87945E4D73B1A1');
INSERT INTO "events" VALUES(3,3,257614196517102326,1,302,1,1795670079757141,0,257614196516702587,'{"userName":"admin-sa","name":"Admin"}',X'81578FB118AF30FB22AB614E5461519D');
INSERT INTO "events" VALUES(4,3,257614196517102326,2,317,1,1795670079757141,0,257614196516702587,'{"tokenId":"257614196517043401","expiration":"9999-01-01T00:00:00.000000Z","hashID":"n6WViF_ls0WnsjM1"}',X'E076A16947F3D2B07CB23E644A4756B1');
INSERT INTO "events" VALUES(5,3,257614196516731351,1,302,1,1795670079757141,0,257614196516702587,'{"userName":"login-client","name":"Login client"}',X'E769E6DF5138730DCA3425870D478B6B');
INSERT INTO "events" VALUES(6,3,257614196516731351,2,317,1,1795670079757141,0,257614196516702587,'{"tokenId":"257614196516492377","expiration":"9999-01-01T00:00:00.000000Z","hashID":"XCkxi_rWF_SC2b39"}',X'62EBD225813C14C91FEE734EAA2DD3D4');
INSERT INTO "events" VALUES(7,1,257614196516630847,1,101,1,1795670079757141,0,257614196516630847,'{"name":"ZITADEL"}',X'2D017B0F640968FB420404BBA139E9BC');
INSERT INTO "events" VALUES(8,1,257614196516630847,2,102,1,1795670079757141,0,257614196516630847,'{"orgId":"257614196516702587"}',X'F31DD2434E4C8EF863DABEA95D36DA4F');
INSERT INTO "events" VALUES(9,1,257614196516630847,3,103,1,1795670079757141,0,257614196516630847,'{"userId":"257614196517102326","roles":["IAM_OWNER"]}',X'FDA6A0E2AE83697479D2DEC1D17B86C5');
INSERT INTO "events" VALUES(10,1,257614196516630847,4,103,1,1795670079757141,0,257614196516630847,'{"userId":"257614196516731351","roles":["IAM_LOGIN_CLIENT"]}',X'3449D7F4CD21F03ADC5A6A846408A56C');
INSERT INTO "events" VALUES(11,3,257614196597314102,1,301,1,1795670079832165,257614196517102326,257614196516702587,'{"userName":"mini","firstName":"Mini","lastName":"Mouse","displayName":"Mini Mouse","email":"mini@example.com","hashID":"eVCfo6CTFkyOZCBh"}',X'BDB22DBA8C9FFD92ED5C10126412FE7D');
INSERT INTO "events" VALUES(12,3,257614196597314102,2,303,1,1795670079832165,257614196517102326,257614196516702587,NULL,X'A5FEA2DE7A3DEC9D31E42CCBF001F7CD');
INSERT INTO "events" VALUES(13,4,257614196614026548,1,401,1,1795670079848534,257614196516731351,257614196516630847,NULL,X'C211E9AD7B5959B992FC0ED3CBCE4394');
INSERT INTO "events" VALUES(14,4,257614196614026548,2,406,1,1795670079848534,257614196516731351,257614196516630847,'{"tokenID":"8dJOp8dcy29OGMZq"}',X'31747BB068EC889F4E55A0DAB780AEDE');
INSERT INTO "events" VALUES(15,4,257614196635363962,1,401,1,1795670079867949,257614196516731351,257614196516630847,'{"user_agent":{"fingerprint_id":"f","ip":"192.0.2.1"}}',X'68D4BFDF70A9C365CE35134BB9A13D77');
INSERT INTO "events" VALUES(16,4,257614196635363962,2,404,1,1795670079867949,257614196516731351,257614196516630847,'{"metadata":{"a":"YQ=="}}',X'CC7BB8ADB553FC0616C162BD85D37425');
INSERT INTO "events" VALUES(17,4,257614196635363962,3,406,1,1795670079867949,257614196516731351,257614196516630847,'{"tokenID":"-3w7eNtPU9-VpJCA"}',X'91FB926FE630D1615257C63A9A450955');
INSERT INTO "events" VALUES(18,3,257614196597314102,3,309,1,1795670079884318,257614196516731351,257614196516702587,NULL,X'C36A7C54901D1717D4AE53CBC0B5D306');
INSERT INTO "events" VALUES(19,4,257614196653075621,1,401,1,1795670079884318,257614196516731351,257614196516630847,NULL,X'DA574BD6EA5CDB49286BE45EC467DF44');
INSERT INTO "events" VALUES(20,4,257614196653075621,2,402,1,1795670079884318,257614196516731351,257614196516630847,'{"userID":"257614196597314102","userResourceOwner":"257614196516702587","checkedAt":"2026-11-26T05:14:39.884318Z"}',X'A07C4CE4B1ED1A18295DCD3AAD49EDE7');
INSERT INTO "events" VALUES(21,4,257614196653075621,3,403,1,1795670079884318,257614196516731351,257614196516630847,'{"checkedAt":"2026-11-26T05:14:39.884318Z"}',X'D48129DA3C6C7D3951A9093D11733ECE');
INSERT INTO "events" VALUES(22,4,257614196653075621,4,406,1,1795670079884318,257614196516731351,257614196516630847,'{"tokenID":"dmxRjI9ZBa66AABw"}',X'D95A0028D4D1DEC22DB42CAEDCE833F2');
INSERT INTO "events" VALUES(23,3,257614196597314102,4,309,1,1795670079899788,257614196516731351,257614196516702587,NULL,X'1CEEA2E631653A7EA9CD91479C1F8830');
INSERT INTO "events" VALUES(24,4,257614196669189328,1,401,1,1795670079899788,257614196516731351,257614196516630847,NULL,X'15A910FA3968C03A895D2A530670055E');
INSERT INTO "events" VALUES(25,4,257614196669189328,2,402,1,1795670079899788,257614196516731351,257614196516630847,'{"userID":"257614196597314102","userResourceOwner":"257614196516702587","checkedAt":"2026-11-26T05:14:39.899788Z"}',X'EEB74DE4FA6A65A536C662C54D88C6E8');
INSERT INTO "events" VALUES(26,4,257614196669189328,3,403,1,1795670079899788,257614196516731351,257614196516630847,'{"checkedAt":"2026-11-26T05:14:39.899788Z"}',X'DAD34FA29BDC5203346E30C58A0AAACD');
INSERT INTO "events" VALUES(27,4,257614196669189328,4,405,1,1795670079899788,257614196516731351,257614196516630847,'{"lifetime":9223372036854775807}',X'D97553785980213369F1CB45A6311A10');
INSERT INTO "events" VALUES(28,4,257614196669189328,5,406,1,1795670079899788,257614196516731351,257614196516630847,'{"tokenID":"pQxP1nipktd1nG8g"}',X'19DE13CA96C3EC38A2A1D504FED257A4');
INSERT INTO "events" VALUES(29,3,257614196597314102,5,309,1,1795670079915802,257614196516731351,257614196516702587,NULL,X'AAE5863194BDD08A0165CCB4C5EE5439');
INSERT INTO "events" VALUES(30,4,257614196686893925,1,401,1,1795670079915802,257614196516731351,257614196516630847,NULL,X'0928BF3C199468303DAD4D39702B1D96');
INSERT INTO "events" VALUES(31,4,257614196686893925,2,402,1,1795670079915802,257614196516731351,257614196516630847,'{"userID":"257614196597314102","userResourceOwner":"257614196516702587","checkedAt":"2026-11-26T05:14:39.915802Z"}',X'F7F746B90BBF5C7D26C70AE51BDD29D7');
INSERT INTO "events" VALUES(32,4,257614196686893925,3,403,1,1795670079915802,257614196516731351,257614196516630847,'{"checkedAt":"2026-11-26T05:14:39.915802Z"}',X'96F54EFDE437486FBD548551AF05EEE7');
INSERT INTO "events" VALUES(33,4,257614196686893925,4,406,1,1795670079915802,257614196516731351,257614196516630847,'{"tokenID":"yFBqgr9yMcaUdJjx"}',X'CA47B096DF08C20F442B190AC08064E6');
INSERT INTO "events" VALUES(34,4,257614196635363962,4,404,1,1795670079928642,257614196516731351,257614196516630847,'{"metadata":{"a":"YQ==","b":"Yg=="}}',X'030FD8834CE71B07E654BFA07A9606E1');
INSERT INTO "events" VALUES(35,4,257614196635363962,5,406,1,1795670079928642,257614196516731351,257614196516630847,'{"tokenID":"3uP0cnHtXnXWWnJm"}',X'187102387F8CFBB6148D017DDCDB0E50');
INSERT INTO "events" VALUES(36,4,257614196686893925,5,407,1,1795670079944150,257614196516731351,257614196516630847,NULL,X'651B56BB037D2ED7966C7ECD16634B5E');
CREATE TABLE idp_links (
    idp_id      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    name        TEXT NOT NULL,
    PRIMARY KEY (idp_id, external_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE instance (
    id          INTEGER PRIMARY KEY,
    sequence    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    name        TEXT NOT NULL,
    default_org INTEGER
) STRICT;
INSERT INTO "instance" VALUES(257614196516630847,4,1795670079757141,1795670079757141,'ZITADEL',257614196516702587);
CREATE TABLE intents (
    id            INTEGER PRIMARY KEY,
    sequence      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    phase         INTEGER NOT NULL,
    idp_id        TEXT NOT NULL,
    success_url   TEXT NOT NULL,
    failure_url   TEXT NOT NULL,
    handshake     TEXT,
    external_id   TEXT,
    external_name TEXT,
    user_id       INTEGER,
    expires_at    INTEGER,
    identity      TEXT
) STRICT;
CREATE TABLE login_names (
    name    TEXT PRIMARY KEY, -- lower case
    user_id INTEGER NOT NULL REFERENCES users (id)
) STRICT, WITHOUT ROWID;
INSERT INTO "login_names" VALUES('login-client',257614196516731351);
INSERT INTO "login_names" VALUES('admin-sa',257614196517102326);
INSERT INTO "login_names" VALUES('mini',257614196597314102);
CREATE TABLE members (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    organization INTEGER NOT NULL, -- 0 is the instance
    roles        TEXT NOT NULL,    -- JSON list of names, sorted
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, organization)
) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES(257614196516731351,0,'["IAM_LOGIN_CLIENT"]',1795670079757141,1795670079757141);
INSERT INTO "members" VALUES(257614196517102326,0,'["IAM_OWNER"]',1795670079757141,1795670079757141);
CREATE TABLE orgs (
    id             INTEGER PRIMARY KEY,
    sequence       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    name           TEXT NOT NULL,
    primary_domain TEXT NOT NULL
) STRICT;
INSERT INTO "orgs" VALUES(257614196516702587,2,1795670079757141,1795670079757141,'ZITADEL','zitadel.localhost');
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
CREATE TABLE pats (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    hash       TEXT NOT NULL, -- argon2id PHC string of the token's secret
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO "pats" VALUES(257614196516492377,257614196516731351,'$argon2id$v=19$m=8,t=1,p=1$ay1gfZn7Kls$bqUSj7JcSskq3vjBHVujEw',1795670079757141,253370764800000000);
INSERT INTO "pats" VALUES(257614196517043401,257614196517102326,'$argon2id$v=19$m=8,t=1,p=1$3fGdG/NoRzY$reNdBc1fqe+J+3phBAWNsQ',1795670079757141,253370764800000000);
CREATE TABLE sessions (
    id                  INTEGER PRIMARY KEY,
    state               INTEGER NOT NULL, -- 1 active (expired or not), 2 terminated
    sequence            INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    changed_at          INTEGER NOT NULL,
    creator             INTEGER NOT NULL,
    user_id             INTEGER,
    user_organization   INTEGER,
    user_checked_at     INTEGER,
    password_checked_at INTEGER,
    metadata            TEXT,             -- JSON, values as base64; NULL where there is none
    fingerprint_id      TEXT,
    user_agent          TEXT,             -- JSON without the fingerprint; NULL where nothing was said
    expires_at          INTEGER,
    token_hash          TEXT,             -- argon2id PHC string of the token's secret
    token_sequence      INTEGER           -- of the event that made the token
, totp_checked_at INTEGER, otp_sms_checked_at INTEGER, otp_email_checked_at INTEGER, recovery_code_checked_at INTEGER, otp_sms_digest TEXT, otp_sms_expires_at INTEGER, otp_email_digest TEXT, otp_email_expires_at INTEGER, web_auth_n_checked_at INTEGER, web_auth_n_user_verified INTEGER, web_auth_n_challenge TEXT, intent_checked_at INTEGER, shown_sequence INTEGER, shown_changed_at INTEGER) STRICT;
INSERT INTO "sessions" VALUES(257614196614026548,1,2,1795670079848534,1795670079848534,257614196516731351,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'$argon2id$v=19$m=8,t=1,p=1$jWNA7NvTxHE$qCBVdK+ARJOSfLlHDlBVuA',2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "sessions" VALUES(257614196635363962,1,5,1795670079867949,1795670079928642,257614196516731351,NULL,NULL,NULL,NULL,'{"a":"YQ==","b":"Yg=="}','f','{"ip":"192.0.2.1"}',NULL,'$argon2id$v=19$m=8,t=1,p=1$3GZXffO5FxE$ZchF2slKpgcxbij3CUC2zQ',5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "sessions" VALUES(257614196653075621,1,4,1795670079884318,1795670079884318,257614196516731351,257614196597314102,257614196516702587,1795670079884318,1795670079884318,NULL,NULL,NULL,NULL,'$argon2id$v=19$m=8,t=1,p=1$B1asa3GmDAQ$/4XOoeXxe8VM7sW1H6U1IA',4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "sessions" VALUES(257614196669189328,1,5,1795670079899788,1795670079899788,257614196516731351,257614196597314102,257614196516702587,1795670079899788,1795670079899788,NULL,NULL,NULL,11019042116754563,'$argon2id$v=19$m=8,t=1,p=1$SgWzzHh8sqc$Rji8opmv1uOkAOoiKbfr+w',5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "sessions" VALUES(257614196686893925,2,5,1795670079915802,1795670079944150,257614196516731351,257614196597314102,257614196516702587,1795670079915802,1795670079915802,NULL,NULL,NULL,NULL,'$argon2id$v=19$m=8,t=1,p=1$ZHoy9XRs1OY$+edCOGS/f07a2FooOuGprA',4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE sweep (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    ended_before INTEGER NOT NULL,
    seal         BLOB NOT NULL
) STRICT;
CREATE TABLE unknown_names (
    digest  BLOB PRIMARY KEY, -- 16 bytes, keyed: no name can be read from it
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE user_metadata (
    user_id INTEGER NOT NULL REFERENCES users (id),
    key     TEXT NOT NULL,
    value   TEXT NOT NULL, -- base64
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE users (
    id                       INTEGER PRIMARY KEY,
    given_id                 TEXT,             -- the id that the client chose, if no decimal number
    organization             INTEGER NOT NULL,
    state                    INTEGER NOT NULL, -- 1 active, 2 inactive, 3 removed, 4 locked
    sequence                 INTEGER NOT NULL,
    created_at               INTEGER NOT NULL,
    changed_at               INTEGER NOT NULL,
    username                 TEXT NOT NULL,
    kind                     INTEGER NOT NULL, -- 1 human, 2 machine
    -- Machines.
    machine_name             TEXT,
    description              TEXT,
    -- Humans.
    given_name               TEXT,
    family_name              TEXT,
    nick_name                TEXT,
    display_name             TEXT,
    preferred_language       TEXT,
    gender                   INTEGER,
    email                    TEXT,
    email_key                TEXT,             -- the address in Unicode lower case
    email_verified           INTEGER,
    email_code_digest        TEXT,
    email_code_expires_at    INTEGER,
    phone                    TEXT,
    phone_verified           INTEGER,
    phone_code_digest        TEXT,
    phone_code_expires_at    INTEGER,
    password_hash            TEXT,
    password_changed_at      INTEGER,
    password_change_required INTEGER,
    failures                 INTEGER,          -- failed password checks in a row
    failed_at                INTEGER
, totp_secret TEXT, totp_ready INTEGER, totp_step INTEGER, otp_failures INTEGER, otp_failed_at INTEGER, password_code_digest TEXT, password_code_expires_at INTEGER, invite_code_digest TEXT, invite_code_expires_at INTEGER, invite_returned INTEGER, invite_url_template TEXT, invite_application TEXT, code_failures INTEGER, code_failed_at INTEGER, mfa_init_skipped_at INTEGER, otp_sms INTEGER, otp_email INTEGER, recovery_codes TEXT, web_auth_n TEXT, u2f_ready INTEGER, shown_sequence INTEGER, shown_changed_at INTEGER) STRICT;
INSERT INTO "users" VALUES(257614196516731351,NULL,257614196516702587,1,2,1795670079757141,1795670079757141,'login-client',2,'Login client',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "users" VALUES(257614196517102326,NULL,257614196516702587,1,2,1795670079757141,1795670079757141,'admin-sa',2,'Admin',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "users" VALUES(257614196597314102,NULL,257614196516702587,1,5,1795670079832165,1795670079915802,'mini',1,NULL,NULL,'Mini','Mouse',NULL,'Mini Mouse',NULL,0,'mini@example.com','mini@example.com',1,NULL,NULL,NULL,NULL,NULL,NULL,'$argon2id$v=19$m=64,t=1,p=1$0glup7nFw8npcex8mb2Rhw$eAspjZPvmR+DCmxXd2fRio7hwrYMSokiqn136+ACbi0',1795670079832165,0,0,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,0,NULL,NULL,0,NULL,NULL);
CREATE TABLE webhook_cursors (
    name       TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_aggregate ON events (aggregate_id, aggregate_type, sequence);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE INDEX orgs_by_domain ON orgs (primary_domain);
CREATE INDEX users_by_email ON users (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX sessions_by_fingerprint ON sessions (fingerprint_id, created_at)
    WHERE state = 1 AND fingerprint_id IS NOT NULL;
CREATE INDEX login_names_by_user ON login_names (user_id);
CREATE INDEX pats_by_user ON pats (user_id);
CREATE INDEX unknown_names_by_date ON unknown_names (last_at);
CREATE INDEX pats_by_date ON pats (created_at);
CREATE INDEX outbox_by_due ON outbox (due_at);
CREATE INDEX idp_links_by_user ON idp_links (user_id);
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN IFNULL(
    (SELECT first FROM archived WHERE last >= OLD.position ORDER BY last LIMIT 1) > OLD.position,
    1
)
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at) WHERE state = 1;
CREATE INDEX sessions_by_termination ON sessions (changed_at, expires_at) WHERE state = 2;
CREATE INDEX sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;
COMMIT;
PRAGMA application_id = 1111577172;
PRAGMA user_version = 13;
