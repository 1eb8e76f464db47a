//! `zitadel.user.v2.UserService`, as far as it is offered over REST (adjacent.md sections 6 to 8).

mod add;
mod get;
mod hashes;
mod list;
mod otp;
mod password;
mod recovery;
mod state;
mod totp;
mod update;
