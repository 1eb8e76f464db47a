//! A real identity provider beside the server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::install;

/// The address of the server as the provider knows it: that of a proxy, which the browser of the test
/// stands in for, as neither of the two has its port before the other one.
pub(crate) const EXTERNAL: &str = "http://id.localhost:8080";
/// What provider and server share.
pub(crate) const SECRET: &str = "s3cret:of/the client";
/// The id of the provider.
pub(crate) const ID: &str = "270000000000000001";

/// A provider that ends with the test.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    child: Child,
    issuer: String,
    /// What it says is not read any further, but must have somewhere to go.
    _output: ChildStdout,
}

impl IdentityProvider {
    /// Starts it and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let home = install::node();
        let mut child = Command::new("node")
            .arg(home.join("identity-provider.mjs"))
            .current_dir(&home)
            .env("CLIENT_SECRET", SECRET)
            .env("CALLBACK", format!("{EXTERNAL}/idps/callback"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut issuer = String::new();
        while !issuer.starts_with("http://") {
            issuer.clear();
            assert_ne!(output.read_line(&mut issuer).unwrap(), 0, "it has ended");
        }
        Self {
            child,
            issuer: issuer.trim().to_owned(),
            _output: output.into_inner(),
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How a server is configured that knows it.
    pub(crate) fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("BARTIZAN_SERVER__EXTERNAL_URL", EXTERNAL.to_owned()),
            ("BARTIZAN_IDP__0__ID", ID.to_owned()),
            ("BARTIZAN_IDP__0__NAME", "Example".to_owned()),
            ("BARTIZAN_IDP__0__ISSUER", self.issuer.clone()),
            ("BARTIZAN_IDP__0__CLIENT_ID", "bartizan".to_owned()),
            ("BARTIZAN_IDP__0__CLIENT_SECRET", SECRET.to_owned()),
        ]
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
