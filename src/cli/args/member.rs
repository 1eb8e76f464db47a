//! `member …`.

use clap::{Args, Subcommand};

use super::parse;
use crate::domain::ids::OrgId;
use crate::domain::permission::Resource;

/// Roles of users.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MemberCommand {
    /// Give a user roles; they replace those it has there
    Set(MemberSet),
    /// List who has which roles
    List {
        /// Of this user alone: id or login name
        #[arg(value_name = "USER")]
        user: Option<String>,
    },
    /// Take a user's roles away
    Remove {
        /// Id or login name
        #[arg(value_name = "USER")]
        user: String,
        #[command(flatten)]
        on: MemberOn,
    },
    /// List the roles and what they permit
    Roles,
}

/// `member set`.
#[derive(Debug, Args)]
pub(in crate::cli) struct MemberSet {
    /// Id or login name
    #[arg(value_name = "USER")]
    pub(in crate::cli) user: String,
    /// Roles, see `bartizan member roles`
    #[arg(long = "role", value_name = "ROLE", required = true, num_args = 1.., value_delimiter = ',')]
    pub(in crate::cli) roles: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) on: MemberOn,
}

/// On what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(in crate::cli) struct MemberOn {
    /// On this organisation alone [default: on the whole instance]
    #[arg(long, value_name = "ID", value_parser = parse::org_id)]
    pub(in crate::cli) org: Option<OrgId>,
}

impl MemberOn {
    /// The domain's word for it.
    pub(in crate::cli) fn resource(self) -> Resource {
        self.org.map_or(Resource::Instance, Resource::Org)
    }
}
