//! What clients ask of a server while it fails, and what they were told.

use std::net::SocketAddr;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::http::Response;
use crate::place::{Process, call, json_of, text};

/// What a client knows of a session it has made.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) token: String,
    /// A token that was replaced by another.
    pub(crate) replaced: Option<String>,
    pub(crate) sequence: String,
    /// It was told that the session is deleted.
    pub(crate) deleted: bool,
    /// It has asked for something and was told nothing.
    pub(crate) asked: Option<&'static str>,
}

impl Known {
    /// What the answer to its creation says.
    pub(crate) fn of(made: &Response) -> Self {
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        let made = json_of(made);
        Self {
            id: text(&made, "/sessionId"),
            token: text(&made, "/sessionToken"),
            replaced: None,
            sequence: text(&made, "/details/sequence"),
            deleted: false,
            asked: None,
        }
    }

    pub(crate) fn target(&self) -> String {
        format!("/v2/sessions/{}", self.id)
    }

    /// Takes what the answer to the change that it has asked for says.
    pub(crate) fn answered(&mut self, response: &Response) {
        let said = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 200, "{said}");
        let answer = json_of(response);
        self.sequence = text(&answer, "/details/sequence");
        if self.asked.take() == Some("PATCH") {
            let token = text(&answer, "/sessionToken");
            self.replaced = Some(std::mem::replace(&mut self.token, token));
        } else {
            self.deleted = true;
        }
    }

    /// Asserts that the server knows what this client was told.
    #[track_caller]
    pub(crate) fn is_known_to(&self, server: &Process, token: &str) {
        let read = |session_token: &str| {
            let target = format!("{}?sessionToken={session_token}", self.target());
            server.call("GET", &target, token, &Value::Null).unwrap()
        };
        let found = read(&self.token);
        match (self.deleted, self.asked) {
            (true, _) => assert_eq!(found.status, 404, "a deleted one is back: {self:?}"),
            (false, None) => {
                assert_eq!(found.status, 200, "an acknowledged one is lost: {self:?}");
                let found = json_of(&found);
                assert_eq!(text(&found, "/session/sequence"), self.sequence);
            }
            // It may have been written or not; but not half of it.
            (false, Some("PATCH")) => assert!([200, 403].contains(&found.status), "{self:?}"),
            (false, Some(_)) => assert!([200, 404].contains(&found.status), "{self:?}"),
        }
        if let Some(replaced) = &self.replaced {
            let status = read(replaced).status;
            assert!([403, 404].contains(&status), "an old token works: {self:?}");
        }
        // A token that was never issued: the same with another secret.
        let mut forged: Vec<char> = self.token.chars().collect();
        forged[20] = if forged[20] == 'A' { 'B' } else { 'A' };
        let status = read(&forged.iter().collect::<String>()).status;
        assert!([403, 404].contains(&status), "a forged token works");
    }
}

/// Makes sessions, changes some, deletes some: so many, or until the server is gone. `told` hears of
/// each acknowledgement.
pub(crate) fn write(
    address: SocketAddr,
    token: &str,
    most: usize,
    told: &mut dyn FnMut(&Known),
) -> Vec<Known> {
    let mut known = Vec::new();
    for round in 0..most {
        let body = json!({ "metadata": { "round": "YQ==" } });
        let Some(made) = call(address, "POST", "/v2/sessions", token, &body) else {
            return known;
        };
        // An error is an answer too: nothing is known of a session then.
        if made.status == 503 {
            continue;
        }
        let mut session = Known::of(&made);
        told(&session);
        session.asked = match round % 3 {
            0 => None,
            1 => Some("PATCH"),
            _ => Some("DELETE"),
        };
        if let Some(method) = session.asked {
            let body = if method == "PATCH" { body } else { json!({}) };
            match call(address, method, &session.target(), token, &body) {
                Some(response) if response.status == 503 => {}
                Some(response) => {
                    session.answered(&response);
                    told(&session);
                }
                None => {
                    known.push(session);
                    return known;
                }
            }
        }
        known.push(session);
    }
    known
}

/// Opens a database beside the program, to look at it.
#[expect(
    clippy::disallowed_methods,
    reason = "the one who looks comes without the program's pragmas"
)]
pub(crate) fn look_at(data_dir: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(data_dir.join("bartizan.db"), flags).unwrap()
}

/// Aggregates whose sequences do not run from 1 without a gap.
pub(crate) fn gaps(connection: &Connection) -> i64 {
    let gaps = "SELECT count(*) FROM (
            SELECT 1 FROM events
            GROUP BY aggregate_type, aggregate_id
            HAVING min(sequence) <> 1 OR max(sequence) <> count(*)
        )";
    connection.query_row(gaps, [], |row| row.get(0)).unwrap()
}

/// A number that a test takes from its surroundings, for the long runs.
pub(crate) fn asked_for(variable: &str, otherwise: usize) -> usize {
    std::env::var_os(variable).map_or(otherwise, |text| text.to_str().unwrap().parse().unwrap())
}
