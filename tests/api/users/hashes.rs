//! Password hashes that were made elsewhere (adjacent.md section 6.4).

use serde_json::json;

use crate::helpers::TestServer;

/// What all the hashes below are of; they were made by other programs than this one.
const PASSWORD: &str = "Password1!";

const HASHES: [&str; 9] = [
    "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$TM7dlsGLi3p362hA4vG55f02qFMvHYuU5kM7e6y27/Q",
    "$argon2i$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$z323tVd3PSz+bKsvQYmCVNArwzy+FbiVylOvTjjnwdQ",
    "$2a$04$abcdefghijklmnopqrstuuBhlUuIouXSNnbnaMOTkKUVMphWd31Vy",
    "$2b$04$abcdefghijklmnopqrstuuBhlUuIouXSNnbnaMOTkKUVMphWd31Vy",
    "$2y$04$abcdefghijklmnopqrstuuBhlUuIouXSNnbnaMOTkKUVMphWd31Vy",
    "$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$0Exk8Q8wP/oUkP2X27ggOCdmSm0tJMChlz/mbuFXZp0",
    "$pbkdf2-sha256$1000$c2l4dGVlbiBieXRlIHNsdA$BegL9jOmJy6zCe1ufslKf6rPFqLFOnHDsMoCc3fYb0Q",
    "$pbkdf2-sha512$1000$c2l4dGVlbiBieXRlIHNsdA$UhZuypZYkxX57sDmyNRC1dDSw/MxjRByGvGCSaVdO77.R.s.WunwZH1S6qN8DOHnAUjgHYtZd.9htAhpZXD8Fg",
    "$pbkdf2$1000$c2l4dGVlbiBieXRlIHNsdA$FwN330OrTBSyW7omMpYgHs0xlW8",
];

#[test]
fn users_with_imported_hashes_log_in_and_get_a_hash_of_ours() {
    let server = TestServer::start();
    for hash in HASHES {
        let human = server.human_with(hash, &json!({ "hashedPassword": { "hash": hash } }));
        let login = |password: &str| {
            let checks =
                json!({ "user": { "userId": human.id }, "password": { "password": password } });
            server
                .login_client()
                .post("/v2/sessions", &json!({ "checks": checks }))
        };
        login("Password1").fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", 1);
        login(PASSWORD).is(201, &server.created(4));
        let history = server.user_history(&human.id);
        assert_eq!(
            history[2..],
            [
                "user.human.password.check.failed",
                "user.human.password.check.succeeded",
                "user.human.password.hash.updated",
            ],
            "{hash}"
        );
        // The second time there is nothing to renew, and the password is the same.
        login(PASSWORD).is(201, &server.created(4));
        assert_eq!(server.user_history(&human.id).len(), 6, "{hash}");
        login("Password1").fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", 1);
    }
}

#[test]
fn a_renewed_hash_does_not_count_as_a_new_password() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({ "hashedPassword": { "hash": HASHES[2] } }));
    let set_at = server.clock.text();
    server.clock.advance_seconds(10);
    let checks = json!({ "user": { "userId": human.id }, "password": { "password": PASSWORD } });
    let session = server.session(&json!({ "checks": checks }));
    let read = server.admin().get(&session.path()).json();
    assert_eq!(
        read["session"]["factors"]["password"],
        json!({ "verifiedAt": server.clock.text() })
    );
    let user = server.admin().get(&format!("/v2/users/{}", human.id));
    assert_eq!(user.str("/user/human/passwordChanged"), set_at);
}

#[test]
fn a_password_may_have_to_be_changed() {
    let server = TestServer::start();
    let hashed = json!({ "hashedPassword": { "hash": HASHES[0], "changeRequired": true } });
    let human = server.human_with("mini", &hashed);
    let user = server
        .admin()
        .get(&format!("/v2/users/{}", human.id))
        .json();
    assert_eq!(user["user"]["human"]["passwordChangeRequired"], true);
    // It is the client's to enforce.
    let checks = json!({ "user": { "userId": human.id }, "password": { "password": PASSWORD } });
    server.session(&json!({ "checks": checks }));
}

#[test]
fn hashes_that_cannot_be_verified_are_refused() {
    let server = TestServer::start();
    for hash in [
        "x",
        "$",
        "$$",
        "Password1!",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
        "$argon2id$v=19$m=64,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA",
        "$argon2id$v=19$m=64,t=2,p=1$$TM7dlsGLi3p362hA4vG55f02qFMvHYuU5kM7e6y27/Q",
        "$argon2id$v=19$m=99999999,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$TM7dlsGLi3p362hA4vG55f02qFMvHYuU5kM7e6y27/Q",
        "$argon2id$v=19$m=64,t=4294967295,p=1$c2l4dGVlbiBieXRlIHNsdA$TM7dlsGLi3p362hA4vG55f02qFMvHYuU5kM7e6y27/Q",
        "$argon2id$v=19$m=0,t=0,p=0$c2l4dGVlbiBieXRlIHNsdA$TM7dlsGLi3p362hA4vG55f02qFMvHYuU5kM7e6y27/Q",
        "$2b$31$abcdefghijklmnopqrstuuBhlUuIouXSNnbnaMOTkKUVMphWd31Vy",
        "$2b$04$abc",
        "$scrypt$ln=40,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$0Exk8Q8wP/oUkP2X27ggOCdmSm0tJMChlz/mbuFXZp0",
        "$pbkdf2-sha256$4294967295$c2l4dGVlbiBieXRlIHNsdA$BegL9jOmJy6zCe1ufslKf6rPFqLFOnHDsMoCc3fYb0Q",
        "$pbkdf2-sha256$0$c2l4dGVlbiBieXRlIHNsdA$BegL9jOmJy6zCe1ufslKf6rPFqLFOnHDsMoCc3fYb0Q",
    ] {
        let body = json!({
            "username": "mini",
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com" },
            "hashedPassword": { "hash": hash },
        });
        server.writes_nothing(|| {
            let answer = server.admin().post("/v2/users/human", &body);
            answer.fails(3, "USER-JDk4t", "Password hash encoding not supported");
        });
    }
}
