//! What codes have in common: they are sent with the change that asks for them, and few guesses are
//! judged.

use bartizan::command::{
    self, AddHuman, CodeDelivery, Delivery, Invitation, NewContact, ResetDelivery, UpdateHuman,
    UpdateKind, UpdateUser,
};
use bartizan::core::Core;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::notification::{Channel, Message, Notification};
use serde_json::{Value, json};

use crate::helpers::mailbox::{LOGIN, Mailbox};
use crate::helpers::{Answer, Human, TestServer, wait};

fn send(template: &str) -> Delivery {
    Delivery::Send(Some(template.to_owned()))
}

/// Whom a message went to, and what about.
fn to(sent: &Notification) -> (Message, Channel, &str) {
    let recipient = &sent.recipient;
    (sent.message, recipient.channel, &recipient.address)
}

#[track_caller]
fn post(server: &TestServer, human: &Human, path: &str, body: &Value) -> Answer {
    let path = format!("/v2/users/{}/{path}", human.id);
    server.admin().post(&path, body)
}

#[track_caller]
fn queued(core: &Core, server: &TestServer, human: AddHuman) -> (Human, Option<String>) {
    let added = wait(command::add_human(core, &server.caller(), human)).unwrap();
    let human = Human {
        id: added.user.public_id(),
        login_name: added.user.username.clone(),
        display_name: added.user.display_name().to_owned(),
    };
    (human, added.email_code.map(|code| code.expose().to_owned()))
}

fn newcomer() -> AddHuman {
    AddHuman {
        given_name: "Mini".to_owned(),
        family_name: "Mouse".to_owned(),
        email: "mini@mouse.com".to_owned(),
        preferred_language: Some("de".to_owned()),
        ..AddHuman::default()
    }
}

#[test]
fn a_new_person_gets_a_code_where_nothing_was_said() {
    let server = TestServer::start();
    let (mailbox, core) = Mailbox::at(server.core());
    let (human, returned) = queued(&core, &server, newcomer());
    assert_eq!(returned, None);
    let sent = mailbox.one();
    assert_eq!(
        to(&sent),
        (Message::VerifyEmail, Channel::Email, "mini@mouse.com")
    );
    let secret = sent.code.expose();
    assert_eq!(
        sent.url.expose(),
        format!(
            "{LOGIN}/verify?code={secret}&userId={}&organization={}",
            human.id,
            server.org()
        )
    );
    let person = &sent.addressee;
    assert_eq!(person.user_id, human.id);
    assert_eq!(person.login_name, "mini@mouse.com");
    assert_eq!(person.preferred_language, "de");
    assert_eq!(
        sent.expires_at.micros(),
        server.now().micros() + 3_600_000_000
    );
    assert_eq!(server.user_events(&human.id)[1].2.get("codeReturned"), None);
    post(
        &server,
        &human,
        "email/verify",
        &json!({ "verificationCode": secret }),
    )
    .succeeds();

    for (delivery, sends) in [
        (CodeDelivery::Verified, false),
        (CodeDelivery::Code(Delivery::Return), false),
        (
            CodeDelivery::Code(send("https://x.example/{{.Code}}")),
            true,
        ),
    ] {
        let other = AddHuman {
            username: Some(format!("{delivery:?}")),
            email_delivery: delivery,
            ..newcomer()
        };
        queued(&core, &server, other);
        if sends {
            let sent = mailbox.one();
            let link = format!("https://x.example/{}", sent.code.expose());
            assert_eq!(sent.url.expose(), link);
        } else {
            mailbox.is_empty();
        }
    }
    let with_phone = AddHuman {
        username: Some("phone".to_owned()),
        email_delivery: CodeDelivery::Verified,
        phone: Some("079 123 45 67".to_owned()),
        ..newcomer()
    };
    queued(&core, &server, with_phone);
    let sent = mailbox.one();
    assert_eq!(
        to(&sent),
        (Message::VerifyPhone, Channel::Sms, "+41791234567")
    );
    assert_eq!(sent.addressee.phone, "+41791234567");
}

#[test]
fn an_update_sends_to_what_is_new_alone() {
    let server = TestServer::start();
    let (mailbox, core) = Mailbox::at(server.core());
    let human = server.human("mini");
    let update = |email: &str, delivery: CodeDelivery| {
        let contact = |address: &str| NewContact {
            address: address.to_owned(),
            delivery: delivery.clone(),
        };
        let update = UpdateUser {
            user: given_user_key(&human.id),
            username: None,
            of_kind: UpdateKind::Human(Box::new(UpdateHuman {
                email: Some(contact(email)),
                ..UpdateHuman::default()
            })),
        };
        wait(command::update_user(&core, &server.caller(), update)).unwrap()
    };
    for delivery in [
        CodeDelivery::Unspecified,
        CodeDelivery::Code(Delivery::default()),
        CodeDelivery::Code(Delivery::Return),
    ] {
        assert!(update("mini@mouse.com", delivery).email_code.is_none());
        mailbox.is_empty();
    }
    assert!(
        update("max@duck.com", CodeDelivery::Unspecified)
            .email_code
            .is_none()
    );
    let sent = mailbox.one();
    assert_eq!(
        to(&sent),
        (Message::VerifyEmail, Channel::Email, "max@duck.com")
    );
    assert_eq!(sent.addressee.email, "max@duck.com");
    let given = json!({ "verificationCode": sent.code.expose() });
    post(&server, &human, "email/verify", &given).succeeds();
    let returned = update("mini@duck.com", CodeDelivery::Code(Delivery::Return));
    assert!(returned.email_code.is_some());
    mailbox.is_empty();
}

#[test]
fn an_address_that_is_set_or_asked_about_gets_the_code() {
    let server = TestServer::start();
    let (mailbox, core) = Mailbox::at(server.core());
    let human = server.human("mini");
    let user = given_user_key(&human.id);
    let own = server.bearer(&server.logged_in(&human).token);
    let session = server.logged_in(&human);
    let caller = wait(bartizan::query::authenticate(&core, &session.token, None)).unwrap();
    // The user itself may have codes sent, with a link to the login.
    let own_page = send(&format!("{LOGIN}/mine?c={{{{.Code}}}}"));
    for (delivery, page) in [
        (CodeDelivery::Unspecified, format!("{LOGIN}/verify?code=")),
        (CodeDelivery::Code(own_page), format!("{LOGIN}/mine?c=")),
    ] {
        let email = format!("mini{}@duck.com", page.len());
        wait(command::set_email(&core, &caller, user, &email, delivery)).unwrap();
        let sent = mailbox.one();
        assert_eq!(to(&sent), (Message::VerifyEmail, Channel::Email, &*email));
        assert!(sent.url.expose().starts_with(&page), "{page}");
    }
    for template in [
        "https://evil.example/{{.Code}}",
        "https://login.example/ui.evil.example/{{.Code}}",
        "https://login.example/uix",
        LOGIN,
    ] {
        let delivery = CodeDelivery::Code(send(template));
        let refused = wait(command::set_email(&core, &caller, user, "x@y.z", delivery));
        assert_eq!(
            refused.unwrap_err().text(),
            "membership not found (AUTHZ-cdgFk)"
        );
    }
    mailbox.is_empty();
    for again in [false, true] {
        let delivery = Delivery::default();
        wait(command::send_email_code(
            &core, &caller, user, delivery, again,
        ))
        .unwrap();
        assert_eq!(mailbox.one().message, Message::VerifyEmail);
    }
    let delivery = CodeDelivery::default();
    wait(command::set_phone(
        &core,
        &caller,
        user,
        "079 123 45 67",
        delivery,
    ))
    .unwrap();
    assert_eq!(
        to(&mailbox.one()),
        (Message::VerifyPhone, Channel::Sms, "+41791234567")
    );
    wait(command::resend_phone_code(
        &core,
        &caller,
        user,
        Delivery::default(),
    ))
    .unwrap();
    let given = json!({ "verificationCode": mailbox.one().code.expose() });
    own.post(&format!("/v2/users/{}/phone/verify", human.id), &given)
        .succeeds();
}

#[test]
fn a_reset_goes_to_the_address_of_record() {
    let server = TestServer::start();
    let (mailbox, core) = Mailbox::at(server.core());
    let human = server.human("mini");
    let reset = |delivery: Delivery, channel| {
        let reset = ResetDelivery { delivery, channel };
        let user = given_user_key(&human.id);
        wait(command::reset_password(
            &core,
            &server.caller(),
            user,
            reset,
        ))
    };
    reset(Delivery::default(), Channel::Email).unwrap();
    let sent = mailbox.one();
    assert_eq!(
        to(&sent),
        (Message::PasswordReset, Channel::Email, "mini@mouse.com")
    );
    let link = sent.url.expose();
    assert!(
        link.starts_with(&format!("{LOGIN}/password/set?code=")),
        "{link}"
    );
    let refused = server.writes_nothing(|| reset(Delivery::default(), Channel::Sms));
    assert_eq!(refused.unwrap_err().text(), "Phone not found (BTZ-Rp7on)");
    mailbox.is_empty();
    let phone = json!({ "phone": "+41791234567", "isVerified": true });
    post(&server, &human, "phone", &phone).succeeds();
    reset(
        send("https://x.example/{{.UserID}}/{{.Code}}"),
        Channel::Sms,
    )
    .unwrap();
    let sent = mailbox.one();
    assert_eq!(
        to(&sent),
        (Message::PasswordReset, Channel::Sms, "+41791234567")
    );
    let secret = sent.code.expose();
    let link = format!("https://x.example/{}/{secret}", human.id);
    assert_eq!(sent.url.expose(), link);
    let body = json!({ "newPassword": { "password": "Another123!" }, "verificationCode": secret });
    post(&server, &human, "password", &body).succeeds();
}

#[test]
fn an_invitation_is_sent_again_with_the_same_link() {
    let server = TestServer::start();
    let (mailbox, core) = Mailbox::at(server.core());
    let human = server.human_with("mini", &json!({}));
    let user = given_user_key(&human.id);
    let caller = server.caller();
    let invitation = Invitation {
        delivery: send("https://x.example/{{.Code}}"),
        application_name: Some("App".to_owned()),
    };
    wait(command::invite(&core, &caller, user, invitation)).unwrap();
    let first = mailbox.one();
    wait(command::invite_again(&core, &caller, user)).unwrap();
    let second = mailbox.one();
    for sent in [&first, &second] {
        assert_eq!(
            to(sent),
            (Message::Invite, Channel::Email, "mini@mouse.com")
        );
        assert_eq!(sent.application_name, "App");
        let link = format!("https://x.example/{}", sent.code.expose());
        assert_eq!(sent.url.expose(), link);
        assert_eq!(
            sent.expires_at.micros(),
            server.now().micros() + 72 * 3_600_000_000
        );
    }
    assert_ne!(first.code.expose(), second.code.expose());
    wait(command::invite(&core, &caller, user, Invitation::default())).unwrap();
    let third = mailbox.one();
    assert!(
        third
            .url
            .expose()
            .starts_with(&format!("{LOGIN}/verify?code="))
    );
    let given = |sent: &Notification| json!({ "verificationCode": sent.code.expose() });
    post(&server, &human, "invite_code/verify", &given(&second)).fails(
        3,
        "COMMAND-Wgn4q",
        "Code is invalid",
    );
    post(&server, &human, "invite_code/verify", &given(&third)).succeeds();
    let events = json!(server.user_events(&human.id)).to_string();
    for sent in [first, second, third] {
        assert!(!events.contains(sent.code.expose()));
    }
}

/// Somebody with a code of every kind that a guesser can try.
struct Guessed {
    server: TestServer,
    human: Human,
    email: String,
    reset: String,
}

impl Guessed {
    fn new() -> Self {
        let server = TestServer::configured(|config| {
            config.policy.attempts.max_in_a_row = 3;
            config.policy.tarpit.min_failed_attempts = 1;
            config.policy.tarpit.step_size = 1;
            config.policy.lockout.max_otp_attempts = 2;
            config.policy.lockout.max_password_attempts = 2;
        });
        let human = server.human("mini");
        let returned = json!({ "returnCode": {} });
        let email = post(&server, &human, "email/send", &returned).str("/verificationCode");
        let reset = post(&server, &human, "password_reset", &returned).str("/verificationCode");
        Self {
            server,
            human,
            email,
            reset,
        }
    }

    #[track_caller]
    fn verify(&self, code: &str) -> Answer {
        let body = json!({ "verificationCode": code });
        post(&self.server, &self.human, "email/verify", &body)
    }

    #[track_caller]
    fn set(&self, code: &str) -> Answer {
        let body =
            json!({ "newPassword": { "password": "Another123!" }, "verificationCode": code });
        post(&self.server, &self.human, "password", &body)
    }
}

/// What is answered when too much was guessed.
#[track_caller]
fn too_often(answer: &Answer) {
    answer.fails(8, "BTZ-Tm4ny", "Too many failed attempts, try again later");
}

#[test]
fn guesses_are_bounded_whatever_the_kind_of_code() {
    let mut guessed = Guessed::new();
    guessed
        .verify("WRONG1")
        .fails(3, "COMMAND-eis9R", "Code is invalid");
    guessed
        .set("WRONG1")
        .fails(3, "CODE-woT0xc", "Code is invalid");
    guessed
        .set("WRONG2")
        .fails(3, "CODE-woT0xc", "Code is invalid");
    // Each wrong code is answered later than the one before.
    let slept = guessed.server.clock.take_slept();
    assert_eq!(
        slept
            .iter()
            .map(std::time::Duration::as_secs)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    let stopped = |guessed: &Guessed| {
        guessed.server.writes_nothing(|| {
            too_often(&guessed.verify(&guessed.email));
            too_often(&guessed.set(&guessed.reset));
            too_often(&guessed.set("WRONG3"));
        });
    };
    stopped(&guessed);
    // Neither a new code nor another start of the server is a new chance.
    let returned = json!({ "returnCode": {} });
    let again = post(&guessed.server, &guessed.human, "password_reset", &returned);
    guessed.reset = again.str("/verificationCode");
    guessed.server.restart();
    stopped(&guessed);
    // Others are not held up, and nobody is locked by it: anybody may guess.
    let other = guessed.server.human("maxi");
    let code = post(&guessed.server, &other, "email/send", &returned).str("/verificationCode");
    post(
        &guessed.server,
        &other,
        "email/verify",
        &json!({ "verificationCode": code }),
    )
    .succeeds();
    guessed.server.logged_in(&guessed.human);
    guessed.server.clock.advance_seconds(15 * 60);
    guessed.verify(&guessed.email).succeeds();
    // A right one opens no new series.
    for wrong in ["WRONG4", "WRONG5", "WRONG6"] {
        guessed
            .set(wrong)
            .fails(3, "CODE-woT0xc", "Code is invalid");
    }
    too_often(&guessed.set(&guessed.reset));
    let path = format!("/v2/users/{}", guessed.human.id);
    for step in ["lock", "unlock"] {
        let path = format!("{path}/{step}");
        guessed.server.admin().post(&path, &json!({})).succeeds();
    }
    guessed.set(&guessed.reset).succeeds();
}

#[test]
fn guesses_at_the_same_time_are_bounded_too() {
    let guessed = Guessed::new();
    let statuses = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let status = guessed.set("WRONG1").response.status;
                statuses.lock().unwrap().push(status);
            });
        }
    });
    let mut statuses = statuses.into_inner().unwrap();
    statuses.sort_unstable();
    assert_eq!(statuses, [400, 400, 400, 429, 429, 429, 429, 429]);
}

#[test]
fn the_older_package_has_those_operations_that_it_knows() {
    let server = TestServer::start();
    let human = server.human("mini");
    let client = server.admin().with("content-type", "application/json");
    for (operation, more) in [
        (
            "SetEmail",
            json!({ "email": "max@duck.com", "returnCode": {} }),
        ),
        ("ResendEmailCode", json!({ "returnCode": {} })),
        ("VerifyEmail", json!({ "verificationCode": "WRONG1" })),
        (
            "SetPhone",
            json!({ "phone": "+41791234567", "returnCode": {} }),
        ),
        ("ResendPhoneCode", json!({ "returnCode": {} })),
        ("VerifyPhone", json!({ "verificationCode": "WRONG1" })),
        ("RemovePhone", json!({})),
        ("PasswordReset", json!({ "returnCode": {} })),
    ] {
        let mut request = more;
        request["userId"] = json!(human.id);
        let path = format!("/zitadel.user.v2beta.UserService/{operation}");
        let answer = client.post(&path, &request);
        let wrong = operation.starts_with("Verify");
        assert_eq!(
            answer.response.status,
            if wrong { 400 } else { 200 },
            "{operation}"
        );
    }
}
