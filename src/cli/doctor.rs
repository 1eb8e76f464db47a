//! `doctor` and `rotate-key`.

use std::io;

use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::record::Row;
use crate::app::{self, Diagnosis, Health};
use crate::config::Config;

/// A line of `doctor`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    subject: &'static str,
    /// `ok`, `warning`, `error` or `unknown`.
    health: &'static str,
    what: String,
    remedy: Option<String>,
}

impl From<Diagnosis> for Record {
    fn from(diagnosis: Diagnosis) -> Self {
        Self {
            subject: diagnosis.subject,
            health: match diagnosis.health {
                Health::Good => "ok",
                Health::Unwise => "warning",
                Health::Bad => "error",
                Health::Unknown => "unknown",
            },
            what: diagnosis.what,
            remedy: diagnosis.remedy,
        }
    }
}

impl Row for Record {
    const COLUMNS: &'static [&'static str] = &["WHAT", "HEALTH", "FOUND", "REMEDY"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.subject.to_owned(),
            self.health.to_owned(),
            self.what.clone(),
            self.remedy.clone().unwrap_or_default(),
        ]
    }
}

/// Prints what was found.
pub(super) fn tell(found: Vec<Diagnosis>, output: &mut Output<'_>) -> io::Result<Exit> {
    let count = |health: Health| found.iter().filter(|one| one.health == health).count();
    let (bad, unwise) = (count(Health::Bad), count(Health::Unwise));
    let records: Vec<Record> = found.into_iter().map(Record::from).collect();
    output.wrapped_list(&records, "")?;
    let warnings = match unwise {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    };
    match bad {
        0 => {
            output.message(&format!("nothing is wrong{warnings}"))?;
            Ok(Exit::Done)
        }
        count => {
            let errors = if count == 1 { "error" } else { "errors" };
            output.message(&format!("{count} {errors}{warnings}"))?;
            Ok(Exit::Findings)
        }
    }
}

/// What the key file holds now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotated {
    key_id: String,
    keys: usize,
    tokens_ended: bool,
}

/// Adds a key.
pub(super) fn rotate_key(
    config: &Config,
    end_tokens: bool,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let keys = app::rotate_key(config, end_tokens)?;
    let rotated = Rotated {
        key_id: keys.id().to_string(),
        keys: keys.count(),
        tokens_ended: end_tokens,
    };
    output.changed(
        &rotated,
        &format!(
            "new key: `{}`, of {} in the file",
            rotated.key_id, rotated.keys
        ),
    )?;
    let file = config.key_path();
    let next = if end_tokens {
        "then start the server and make new tokens with `bartizan pat create`: the old ones are not accepted any more"
    } else {
        "then start the server; tokens that were made before stay good"
    };
    output.hint(&format!("make a new copy of `{}`, {next}", file.display()))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::written;

    fn found(health: Health, remedy: Option<&str>) -> Diagnosis {
        Diagnosis {
            subject: "port",
            health,
            what: "is what it is".to_owned(),
            remedy: remedy.map(str::to_owned),
        }
    }

    /// What is printed and what comes of it.
    fn told(format: Format, diagnoses: Vec<Diagnosis>) -> (String, String, Exit) {
        let mut exit = Exit::Failed;
        let (data, messages) = written(format, |output| {
            exit = tell(diagnoses, output).unwrap();
        });
        (data, messages, exit)
    }

    #[test]
    fn what_is_good_and_what_is_unwise_is_no_failure() {
        let diagnoses = vec![
            found(Health::Good, None),
            found(Health::Unwise, Some("chmod 700 data")),
            found(Health::Unknown, None),
        ];
        let (data, messages, exit) = told(Format::Table, diagnoses);
        assert_eq!(
            (messages.as_str(), exit),
            ("nothing is wrong, 1 warning\n", Exit::Done)
        );
        for word in ["ok", "warning", "unknown", "chmod 700 data"] {
            assert!(data.contains(word), "{word}: {data}");
        }
    }

    #[test]
    fn what_is_bad_has_the_code_of_findings() {
        let diagnoses = vec![
            found(Health::Bad, Some("stop it")),
            found(Health::Good, None),
        ];
        let (data, messages, exit) = told(Format::Json, diagnoses);
        assert_eq!((messages.as_str(), exit), ("1 error\n", Exit::Findings));
        let data: serde_json::Value = serde_json::from_str(&data).unwrap();
        let line = |health: &str, remedy: Option<&str>| {
            serde_json::json!({
                "subject": "port", "health": health, "what": "is what it is", "remedy": remedy,
            })
        };
        assert_eq!(
            data,
            serde_json::json!([line("error", Some("stop it")), line("ok", None)])
        );
    }
}
