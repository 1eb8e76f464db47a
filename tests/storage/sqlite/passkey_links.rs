//! Links with which passkeys are registered, sent through an outbox that delivers.

use std::sync::{Arc, Mutex};

use bartizan::command::{self, Delivery, PasskeyGrant, RegisterKey};
use bartizan::domain::ids::{PasskeyCodeId, given_user_key};
use bartizan::domain::notification::{Channel, Message, Notification};
use bartizan::domain::secret::{SealedSecret, Secret};
use bartizan::domain::webauthn::KeyKind;
use bartizan::ports::{HashingError, Outbox, Queued};

use super::block_on;
use super::key_laws::World;
use super::laws::Pattern;
use super::raw;

/// Keeps in clear what is sealed.
#[derive(Debug, Default)]
struct Glass {
    sealed: Mutex<Vec<Notification>>,
    woken: Mutex<u32>,
}

impl Outbox for Glass {
    fn delivers(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }

    fn login_url(&self) -> &'static str {
        "https://login.example.com/ui"
    }

    fn seal(&self, notification: &Notification) -> Result<Queued, HashingError> {
        self.sealed.lock().unwrap().push(notification.clone());
        Ok(Queued {
            channel: notification.recipient.channel,
            message: notification.message,
            aggregate: notification.aggregate,
            content: SealedSecret::new("sealed"),
            expires_at: notification.expires_at,
        })
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() += 1;
    }
}

#[test]
fn a_link_is_queued_with_its_event_and_its_code_registers_a_passkey() {
    let pattern = Pattern::new();
    block_on(async {
        let mut world = World::new(&pattern).await;
        let glass = Arc::new(Glass::default());
        world.opened.core.outbox = Arc::<Glass>::clone(&glass);
        let (core, admin) = (&world.opened.core, &world.admin);
        let user = world.users[0];
        let unproven = command::create_passkey_link(core, admin, user, &Delivery::default()).await;
        let refused = unproven.unwrap_err().text().into_owned();
        assert_eq!(refused, "Email is not verified (BTZ-Pk3ml)");

        let user = world.add("eve", true).await;
        let (core, admin) = (&world.opened.core, &world.admin);
        for template in [
            None,
            Some("https://x/{{.UserID}}/{{.OrgID}}/{{.CodeID}}/{{.Code}}"),
        ] {
            let delivery = Delivery::Send(template.map(str::to_owned));
            let link = command::create_passkey_link(core, admin, user, &delivery).await;
            assert!(link.unwrap().code.is_none());
            let sent = glass.sealed.lock().unwrap().last().unwrap().clone();
            assert_eq!(sent.message, Message::PasskeyRegistration);
            assert_eq!(sent.recipient.address, "eve@mail.example");
            let url = sent.url.expose();
            let text = sent.code.expose();
            let org = core.default_org;
            let id = if template.is_some() {
                url.split('/').nth(5).unwrap().to_owned()
            } else {
                let (_, rest) = url.split_once("codeId=").unwrap();
                rest.split('&').next().unwrap().to_owned()
            };
            let expected = template.map_or_else(
                || {
                    format!(
                        "https://login.example.com/ui/passkey/set?code={text}&codeId={id}&userId={user}&organization={org}"
                    )
                },
                |_| format!("https://x/{user}/{org}/{id}/{text}"),
            );
            assert_eq!(url, expected);
            let register = RegisterKey {
                user: given_user_key(&user.to_string()),
                kind: KeyKind::Passkey,
                domain: "localhost".to_owned(),
                code: Some(PasskeyGrant {
                    id: PasskeyCodeId::parse(&id),
                    code: Secret::new(text.to_owned()),
                }),
            };
            command::register_key(core, admin, register).await.unwrap();
        }
        assert_eq!(*glass.woken.lock().unwrap(), 2);
        let path = world.directory.path().join("bartizan.db");
        let count = |sql: &str| -> i64 { raw(&path).query_row(sql, [], |row| row.get(0)).unwrap() };
        assert_eq!(count("SELECT count(*) FROM outbox"), 2);
        assert_eq!(
            count("SELECT count(*) FROM events WHERE event_type = 375"),
            2
        );
        assert_eq!(
            count("SELECT count(*) FROM events WHERE event_type = 376"),
            2
        );
        world.opened.store.close();
    });
}
