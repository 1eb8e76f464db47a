//! `zitadel.session.v2.SessionService`, one file for each operation.

mod create;
mod delete;
mod get;
mod list;
mod logout;
mod otp;
mod recovery;
mod set;
mod sweep;
mod totp;
mod webauthn;
