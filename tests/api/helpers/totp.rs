//! An authenticator app, as far as tests need one.

use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::server::{Human, PASSWORD, TestServer};

/// What shares a secret with the server and makes codes of it.
#[derive(Debug)]
pub(crate) struct Authenticator(Totp);

impl Authenticator {
    /// The app that was given this secret.
    #[track_caller]
    pub(crate) fn with(base32: &str) -> Self {
        let secret = Secret::try_from_base32(base32).unwrap();
        Self(Builder::new().with_secret(secret).build_noncompliant())
    }

    /// The code of this moment.
    pub(crate) fn code(&self, server: &TestServer) -> String {
        self.code_in(server, 0)
    }

    /// The code of so many steps of 30 seconds later.
    pub(crate) fn code_in(&self, server: &TestServer, steps: i64) -> String {
        let seconds = server.now().seconds() + 30 * steps;
        self.0.generate(u64::try_from(seconds).unwrap()).to_string()
    }

    /// A code that is not good at this moment.
    pub(crate) fn wrong(&self, server: &TestServer) -> String {
        let good: Vec<_> = (-1..=1).map(|steps| self.code_in(server, steps)).collect();
        let mut codes = (0..).map(|number: u32| format!("{number:06}"));
        codes.find(|code| !good.contains(code)).unwrap()
    }
}

impl TestServer {
    /// A person with [`PASSWORD`] and an app that is a factor.
    #[track_caller]
    pub(crate) fn human_with_app(&self, login_name: &str) -> (Human, Authenticator) {
        const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let more = json!({ "password": { "password": PASSWORD }, "totpSecret": SECRET });
        (
            self.human_with(login_name, &more),
            Authenticator::with(SECRET),
        )
    }
}
