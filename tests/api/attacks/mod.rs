//! What attackers try, row by row of `docs/security.md`, where no operation's own tests say it.

mod hashing;
mod paths;
mod places;
mod raw;
mod tokens;
