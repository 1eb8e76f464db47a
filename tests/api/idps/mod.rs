//! Identity providers: logins at them, links to their users, and sessions that they vouch for.

mod fake;
mod faults;
mod links;
mod login;
mod providers;
mod sessions;
