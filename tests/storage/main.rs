//! The store: the contract suite on every backend, and what is particular to SQLite.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod sqlite;
