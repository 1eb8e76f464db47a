//! `zitadel.user.v2.UserService` (adjacent.md sections 6 to 8), over REST or, where it has no route, over
//! Connect.

mod add;
mod codes;
mod connect;
mod create_user;
mod email;
mod get;
mod hashes;
mod invite;
mod list;
mod otp;
mod password;
mod pats;
mod phone;
mod recovery;
mod reset;
mod state;
mod totp;
mod update;
mod update_user;
mod webauthn;
