//! What attackers try, row by row of `docs/security.md`, where no operation's own tests say it.

mod places;
