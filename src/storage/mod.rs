//! Where everything is kept: backends behind the port [`Store`](crate::ports::Store).
//!
//! A backend names the ports and the domain, nothing else of ours, and no type of its driver leaves it.
//! Every backend passes the contract suite in `tests/storage`.

pub mod sqlite;
