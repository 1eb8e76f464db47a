//! Requests in the name of somebody.

use std::net::SocketAddr;

use serde_json::Value;

use super::answer::Answer;
use super::http;

/// A client that sends the same headers with each request.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    /// One that says nothing of itself.
    pub(crate) const fn anonymous(address: SocketAddr) -> Self {
        Self {
            address,
            headers: Vec::new(),
        }
    }

    /// One that presents a bearer token.
    pub(crate) fn bearer(address: SocketAddr, token: &str) -> Self {
        Self::anonymous(address).with("Authorization", &format!("Bearer {token}"))
    }

    /// The same with one more header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, None)
    }

    #[track_caller]
    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.send("POST", target, Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub(crate) fn put(&self, target: &str, body: &Value) -> Answer {
        self.send("PUT", target, Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub(crate) fn patch(&self, target: &str, body: &Value) -> Answer {
        self.send("PATCH", target, Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub(crate) fn delete(&self, target: &str) -> Answer {
        self.send("DELETE", target, None)
    }

    #[track_caller]
    pub(crate) fn delete_with(&self, target: &str, body: &Value) -> Answer {
        self.send("DELETE", target, Some(body.to_string().as_bytes()))
    }

    /// A request as it is, with whatever bytes.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, target: &str, body: Option<&[u8]>) -> Answer {
        let bytes = http::request(method, target, &self.headers, body);
        let shown = format!(
            "{method} {target} {}",
            String::from_utf8_lossy(body.unwrap_or_default())
                .chars()
                .take(300)
                .collect::<String>()
        );
        match http::exchange(self.address, &bytes) {
            Ok(response) => Answer::new(shown, response),
            Err(error) => panic!("{shown}: {error}"),
        }
    }
}
