//! `CreateUser`: from its message to the command.

use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::{
    add_human_user_request, create_user_request::UserType, create_user_request::human,
};

use super::add_human;
use crate::command::{AddMachine, NewUser};
use crate::domain::ids::OrgId;
use crate::error::Error;

/// The organisation and the user of a `CreateUserRequest`.
///
/// # Errors
/// As [`add_human`].
pub(crate) fn create_user(request: wire::CreateUserRequest) -> Result<(OrgId, NewUser), Error> {
    // What is no id is the organisation 0, which nobody has: the permission is asked for first.
    let organization = OrgId::parse(&request.organization_id).unwrap_or(OrgId::new(0));
    let new = match request.user_type {
        Some(UserType::Human(human)) => {
            let request = of_human(request.user_id, request.username, *human);
            NewUser::Human(Box::new(add_human(request)?))
        }
        Some(UserType::Machine(machine)) => NewUser::Machine(AddMachine {
            id: request.user_id,
            organization: None,
            username: request.username.unwrap_or_default(),
            name: machine.name,
            description: machine.description,
        }),
        None => return Err(Error::unimplemented("another type of user")),
    };
    Ok((organization, new))
}

/// The same person as `AddHumanUser` takes it: as in ZITADEL both are one.
fn of_human(
    user_id: Option<String>,
    username: Option<String>,
    human: wire::create_user_request::Human,
) -> wire::AddHumanUserRequest {
    let password = human.password_type.map(|password| match password {
        human::PasswordType::Password(plain) => {
            add_human_user_request::PasswordType::Password(plain)
        }
        human::PasswordType::HashedPassword(hashed) => {
            add_human_user_request::PasswordType::HashedPassword(hashed)
        }
    });
    let entry = |entry: wire::Metadata| wire::SetMetadataEntry {
        key: entry.key,
        value: entry.value,
        ..wire::SetMetadataEntry::default()
    };
    wire::AddHumanUserRequest {
        user_id,
        username,
        profile: human.profile,
        email: human.email,
        phone: human.phone,
        metadata: human.metadata.into_iter().map(entry).collect(),
        password_type: password,
        idp_links: human.idp_links,
        totp_secret: human.totp_secret,
        ..wire::AddHumanUserRequest::default()
    }
}
