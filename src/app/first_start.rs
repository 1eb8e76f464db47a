//! What the first start makes of the configuration.

use std::path::PathBuf;

use crate::command::{Bootstrap, FirstHuman, FirstMachine, FirstTokens, bootstrap};
use crate::config::{Config, HumanConfig, MachineConfig};
use crate::core::Core;
use crate::error::Error;

use super::{AppError, data_dir};

/// Sets up an empty store and writes the token files.
///
/// # Errors
/// [`AppError::Bootstrap`], [`AppError::TokenFile`].
pub(super) async fn first_start(config: &Config, core: &mut Core) -> Result<(), AppError> {
    let files = token_files(config);
    let mut unwritable = None;
    let keep = |made: &FirstTokens| {
        for (path, token) in files.iter().zip(&made.tokens) {
            if let Some(token) = token {
                data_dir::write_token(path, token).map_err(|error| {
                    let failed = Error::internal(error.to_string());
                    unwritable = Some(error);
                    failed
                })?;
            }
        }
        Ok(())
    };
    match bootstrap(core, setup(config), keep).await {
        Ok(made) => {
            core.instance = made.instance;
            core.set_up_at = made.at;
            core.default_org = made.org;
            Ok(())
        }
        Err(error) => Err(unwritable.unwrap_or(AppError::Bootstrap(error))),
    }
}

/// Where the tokens of the first machine users are.
pub(super) fn token_files(config: &Config) -> [PathBuf; 2] {
    [config.admin_pat_path(), config.login_client_pat_path()]
}

fn setup(config: &Config) -> Bootstrap {
    let first = &config.first_instance;
    let org_domain = first.org_domain();
    Bootstrap {
        instance_name: first.instance_name.clone(),
        org_name: first.org_name.clone(),
        machines: vec![
            machine(&first.machine, "IAM_OWNER"),
            machine(&first.login_client, "IAM_LOGIN_CLIENT"),
        ],
        human: first
            .human
            .as_ref()
            .map(|config| human(config, &org_domain)),
        org_domain,
    }
}

fn machine(config: &MachineConfig, role: &str) -> FirstMachine {
    FirstMachine {
        username: config.username.clone(),
        name: config.name.clone(),
        role: role.to_owned(),
        with_pat: true,
        pat_expires_at: config.pat_expiration,
    }
}

fn human(config: &HumanConfig, org_domain: &str) -> FirstHuman {
    FirstHuman {
        username: config.full_username(org_domain),
        given_name: config.first_name.clone(),
        family_name: config.last_name.clone(),
        email: config.email_address(org_domain),
        email_verified: config.email_verified,
        password: config.password.clone(),
        change_required: config.password_change_required,
        preferred_language: Some(config.preferred_language.clone()),
    }
}
