//! A message as the store keeps it: JSON, encrypted.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::event::Aggregate;
use crate::domain::ids::OrgId;
use crate::domain::notification::{Addressee, Channel, Message, Notification, Recipient};
use crate::domain::secret::Secret;
use crate::domain::time::Span;
use crate::ports::{HashingError, Queued, Sealer};

/// What is encrypted; the rest stands beside it in the row.
#[derive(Serialize, Deserialize)]
struct Content {
    address: String,
    organization: OrgId,
    addressee: Addressee,
    #[serde(with = "exposed")]
    code: Secret,
    #[serde(with = "exposed")]
    url: Secret,
    application_name: String,
    lifetime: Span,
}

/// Encrypts a message.
pub(super) fn seal(
    sealer: &dyn Sealer,
    notification: &Notification,
) -> Result<Queued, HashingError> {
    let content = Content {
        address: notification.recipient.address.clone(),
        organization: notification.organization,
        addressee: notification.addressee.clone(),
        code: notification.code.clone(),
        url: notification.url.clone(),
        application_name: notification.application_name.clone(),
        lifetime: notification.lifetime,
    };
    let plain = serde_json::to_vec(&content).map_err(|_| HashingError::Failed)?;
    let plain = Zeroizing::new(plain);
    let (channel, message, aggregate) = (
        notification.recipient.channel,
        notification.message,
        notification.aggregate,
    );
    Ok(Queued {
        channel,
        message,
        aggregate,
        content: sealer.seal(&place(channel, message, aggregate), &plain)?,
        expires_at: notification.expires_at,
    })
}

/// Decrypts a message; `None` for one of another installation or another row.
pub(super) fn open(sealer: &dyn Sealer, queued: &Queued) -> Option<Notification> {
    let (channel, message, aggregate) = (queued.channel, queued.message, queued.aggregate);
    let plain = sealer.open(&place(channel, message, aggregate), &queued.content)?;
    let content: Content = serde_json::from_slice(&plain).ok()?;
    Some(Notification {
        message,
        recipient: Recipient {
            channel,
            address: content.address,
        },
        aggregate,
        organization: content.organization,
        addressee: content.addressee,
        code: content.code,
        url: content.url,
        application_name: content.application_name,
        lifetime: content.lifetime,
        expires_at: queued.expires_at,
    })
}

/// What is sealed with the content without being part of it.
fn place(channel: Channel, message: Message, aggregate: Aggregate) -> [u8; 11] {
    let mut place = [0; 11];
    let (kinds, key) = place.split_at_mut(3);
    kinds.copy_from_slice(&[channel.code(), message.code(), aggregate.kind().code()]);
    key.copy_from_slice(&aggregate.key().to_be_bytes());
    place
}

/// Secrets within what is encrypted, and nowhere else.
mod exposed {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Secret, D::Error> {
        String::deserialize(input).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{KeyFile, SealingKeys};
    use crate::domain::ids::{SessionId, UserId};
    use crate::domain::time::Timestamp;

    fn notification() -> Notification {
        Notification {
            message: Message::OtpEmail,
            recipient: Recipient {
                channel: Channel::Email,
                address: "mini@mouse.com".to_owned(),
            },
            aggregate: Aggregate::Session(SessionId::new(7)),
            organization: OrgId::new(5),
            addressee: Addressee {
                user_name: "mini".to_owned(),
                ..Addressee::default()
            },
            code: Secret::new("12345678".to_owned()),
            url: Secret::new("https://x/?c=12345678".to_owned()),
            application_name: String::new(),
            lifetime: Span::from_seconds(300),
            expires_at: Timestamp::from_micros(9),
        }
    }

    #[test]
    fn a_message_comes_back_whole_and_shows_nothing_while_it_waits() {
        let sealer = SealingKeys::for_outbox(&KeyFile::ephemeral().unwrap());
        let queued = seal(&sealer, &notification()).unwrap();
        assert!(!queued.content.as_str().contains("mini"));
        let opened = open(&sealer, &queued).unwrap();
        assert_eq!(opened.code.expose(), "12345678");
        assert_eq!(opened.url.expose(), "https://x/?c=12345678");
        assert_eq!(format!("{opened:?}"), format!("{:?}", notification()));
        let elsewhere = Queued {
            aggregate: Aggregate::User(UserId::new(7)),
            ..queued
        };
        assert!(open(&sealer, &elsewhere).is_none());
    }
}
