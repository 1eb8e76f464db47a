//! `[storage]`: connections, queue and caches of the database.

use serde::{Deserialize, Serialize};

use super::units::size;

/// How the database is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// Connections for point reads; default 0, which is one per worker.
    ///
    /// A worker reads inline (3 us), so more than one per worker lie idle.
    pub read_connections: usize,
    /// Threads, each with a connection, for lists and maintenance; default 2.
    ///
    /// They keep long queries off the workers.
    pub search_threads: usize,
    /// Commits that may wait for the writer; default 4096, more are refused at once.
    pub write_queue: usize,
    /// Commits that share one transaction at most; default 512.
    ///
    /// Below 256 the cost of syncing shows again.
    pub batch: usize,
    /// Page cache of the writing connection in bytes; default `8MiB`.
    #[serde(with = "size")]
    pub writer_cache: usize,
    /// Page cache of each reading connection in bytes; default `2MiB`.
    ///
    /// The operating system caches the file too, so more buys little.
    #[serde(with = "size")]
    pub reader_cache: usize,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            read_connections: 0,
            search_threads: 2,
            write_queue: 4_096,
            batch: 512,
            writer_cache: 8 << 20,
            reader_cache: 2 << 20,
        }
    }
}
