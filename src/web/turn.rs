//! When a worker has nothing else to do.

/// Runs something on this thread once everything that is ready to run has run: at the end of this
/// turn of the worker's loop, or of the next one under load.
///
/// # Panics
/// Outside a worker.
pub fn at_end_of_turn(then: impl FnOnce() + 'static) {
    actix_rt::spawn(async {
        // Comes back after the loop has looked for what has happened outside.
        tokio::task::yield_now().await;
        then();
    });
}
