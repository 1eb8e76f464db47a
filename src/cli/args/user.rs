//! `user …`.

use clap::{Args, Subcommand, ValueEnum};

use super::{PasswordArgs, parse};
use crate::domain::ids::OrgId;
use crate::domain::user::UserState;

/// Users.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Add a user
    #[command(subcommand)]
    Add(UserAdd),
    /// List users, newest first
    List(UserList),
    /// Show a user
    Show(Named),
    /// Lock a user: its sessions end and it cannot log in
    Lock(Named),
    /// Unlock a user and forget its failed checks
    Unlock(Named),
    /// Switch a user off: its sessions end and its tokens are refused
    Deactivate(Named),
    /// Switch a user on again
    Reactivate(Named),
    /// Remove a user for good, with its sessions, roles and tokens
    Remove {
        #[command(flatten)]
        user: Named,
        /// Really remove it
        #[arg(long)]
        yes: bool,
    },
    /// Set a person's password
    SetPassword {
        #[command(flatten)]
        user: Named,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Which user.
#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// Id or login name
    #[arg(value_name = "USER")]
    pub(in crate::cli) user: String,
}

/// `user add …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserAdd {
    /// Add a person
    Human(Box<NewHuman>),
    /// Add a service user
    Machine(NewMachine),
}

/// `user add human`.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewHuman {
    /// Unique name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) given_name: String,
    /// Family name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) family_name: String,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) email: String,
    /// The address needs no proof
    #[arg(long)]
    pub(in crate::cli) email_verified: bool,
    #[command(flatten)]
    pub(in crate::cli) place: Place,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
}

/// `user add machine`.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewMachine {
    /// Unique name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: String,
    /// The name to show [default: the username]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) place: Place,
}

/// Where a new user belongs.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Place {
    /// The id that it gets [default: a fresh one]
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) id: Option<String>,
    /// Organisation that it belongs to [default: the first one]
    #[arg(long, value_name = "ID", value_parser = parse::org_id)]
    pub(in crate::cli) org: Option<OrgId>,
}

/// `user list`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct UserList {
    /// In this state
    #[arg(long, value_enum)]
    pub(in crate::cli) state: Option<StateArg>,
    /// Of this kind
    #[arg(long = "type", value_enum)]
    pub(in crate::cli) kind: Option<TypeArg>,
    /// With this text in username, login name, display name or e-mail address, in any case
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) search: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    pub(in crate::cli) limit: u32,
    /// All of them
    #[arg(long)]
    pub(in crate::cli) all: bool,
}

/// A state that a user can be found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StateArg {
    /// Can do everything.
    Active,
    /// Switched off.
    Inactive,
    /// Locked.
    Locked,
}

impl StateArg {
    /// The domain's word for it.
    pub(in crate::cli) const fn state(self) -> UserState {
        match self {
            Self::Active => UserState::Active,
            Self::Inactive => UserState::Inactive,
            Self::Locked => UserState::Locked,
        }
    }
}

/// A kind of user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TypeArg {
    /// A person.
    Human,
    /// A service user.
    Machine,
}

impl TypeArg {
    /// Its number in the API.
    pub(in crate::cli) const fn code(self) -> i32 {
        match self {
            Self::Human => 1,
            Self::Machine => 2,
        }
    }
}
