//! `config …`: testing and showing the configuration.

use std::io;

use serde::Serialize;

use super::args::ConfigCommand;
use super::output::Output;
use crate::config::Config;

/// Does what the words say with a configuration that was loaded, which is the test.
pub(super) fn run(
    command: ConfigCommand,
    config: &Config,
    output: &mut Output<'_>,
) -> io::Result<()> {
    match command {
        ConfigCommand::Check => {
            warn(config, output);
            let sentence = match config.warnings.len() {
                0 => "the configuration can be used".to_owned(),
                1 => "the configuration can be used, with 1 warning".to_owned(),
                count => format!("the configuration can be used, with {count} warnings"),
            };
            output.changed(
                &Checked {
                    warnings: &config.warnings,
                },
                &sentence,
            )
        }
        ConfigCommand::Show if output.is_for_people() => output.text(&config.to_toml_redacted()),
        ConfigCommand::Show => output.json(config),
    }
}

/// What is allowed and has no effect, or is unwise.
fn warn(config: &Config, output: &mut Output<'_>) {
    for warning in &config.warnings {
        output.message(&format!("warning: {warning}"));
    }
}

/// A configuration that can be used.
#[derive(Serialize)]
struct Checked<'a> {
    warnings: &'a [String],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::{both, written};

    #[test]
    fn warnings_are_told_and_counted() {
        let mut config = Config::default();
        let check =
            |config: &Config| both(|output| run(ConfigCommand::Check, config, output).unwrap());
        let without = check(&config);
        config.warnings = vec!["`server.workers` has no effect".to_owned()];
        insta::assert_snapshot!([without, check(&config)].concat());
    }

    #[test]
    fn the_configuration_is_toml_for_people_and_json_for_programs() {
        let config = Config::default();
        let show = |format| {
            written(format, |output| {
                run(ConfigCommand::Show, &config, output).unwrap();
            })
            .0
        };
        assert_eq!(show(Format::Table), config.to_toml_redacted());
        let json: serde_json::Value = serde_json::from_str(&show(Format::Json)).unwrap();
        assert_eq!(json["server"]["listen"], "127.0.0.1:8080");
    }
}
