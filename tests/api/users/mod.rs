//! `zitadel.user.v2.UserService`, as far as it is offered over REST (adjacent.md sections 6 to 8).

mod add;
mod codes;
mod email;
mod get;
mod hashes;
mod invite;
mod list;
mod password;
mod phone;
mod reset;
mod state;
mod totp;
mod update;
