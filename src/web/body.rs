//! Reading the body of a request, with an end to patience.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::in_time::in_time;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It has more bytes than allowed.
    #[error("the request body is too large")]
    TooLarge,
    /// It was not complete in time.
    #[error("the request body took too long")]
    TooSlow,
    /// There are too many others at the same time.
    #[error("too many large request bodies at the same time, try again later")]
    Crowded,
    /// The connection broke off, or the body is not what its framing says.
    #[error("the request body broke off")]
    Broken,
}

/// How many bytes of bodies may be gathered at the same time, of all workers together.
///
/// The limit of a body alone does not bound the memory: it counts once for every connection. A body
/// that comes in one piece is not gathered; the connection holds it anyway.
#[derive(Debug, Clone)]
pub struct BodyMemory(Arc<AtomicUsize>);

impl BodyMemory {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn share(&self) -> Share<'_> {
        Share {
            left: &self.0,
            taken: 0,
        }
    }
}

/// What one body has taken, until it has been read.
#[derive(Debug)]
struct Share<'a> {
    left: &'a AtomicUsize,
    taken: usize,
}

impl Share<'_> {
    fn take(&mut self, bytes: usize) -> Result<(), BodyError> {
        let less = |left: usize| left.checked_sub(bytes);
        self.left
            .fetch_update(Relaxed, Relaxed, less)
            .map_err(|_| BodyError::Crowded)?;
        self.taken += bytes;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.left.fetch_add(self.taken, Relaxed);
    }
}

/// Reads a whole body of at most `limit` bytes, within `deadline`.
///
/// The deadline is for all of it: one that began anew with each byte could be fed forever. actix has
/// none (its extractors wait as long as the client likes), so this is what handlers read bodies with.
///
/// # Errors
/// See [`BodyError`]; the rest of the body need not be read, the connection takes care of it.
pub async fn read<P>(
    payload: P,
    limit: usize,
    deadline: Duration,
    memory: &BodyMemory,
) -> Result<Bytes, BodyError>
where
    P: Stream<Item = Result<Bytes, PayloadError>>,
{
    in_time(deadline, pin!(collect(pin!(payload), limit, memory)))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

/// Hands a body on as it comes in, for whoever reads it elsewhere than where requests are served.
///
/// No more than one part is read ahead. Nothing is read any more when the result is dropped.
pub fn detach<P>(payload: P) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static
where
    P: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    drop(actix_rt::spawn(async move {
        let mut payload = pin!(payload);
        loop {
            let part = tokio::select! {
                () = sender.closed() => break,
                part = payload.next() => part,
            };
            let Some(part) = part else { break };
            let part = part.map_err(|_| io::Error::other(BodyError::Broken));
            if sender.send(part).await.is_err() {
                break;
            }
        }
    }));
    futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (part, receiver))
    })
}

async fn collect<P>(
    mut payload: Pin<&mut P>,
    limit: usize,
    memory: &BodyMemory,
) -> Result<Bytes, BodyError>
where
    P: Stream<Item = Result<Bytes, PayloadError>>,
{
    let first = part(&mut payload).await?.unwrap_or_default();
    if first.len() > limit {
        return Err(BodyError::TooLarge);
    }
    // Most bodies come in one part, which is handed on without a copy.
    let Some(second) = part(&mut payload).await? else {
        return Ok(first);
    };
    let mut share = memory.share();
    share.take(first.len())?;
    let mut whole = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(bytes) = next {
        if bytes.len() > limit - whole.len() {
            return Err(BodyError::TooLarge);
        }
        share.take(bytes.len())?;
        whole.extend_from_slice(&bytes);
        next = part(&mut payload).await?;
    }
    Ok(whole.freeze())
}

async fn part<P>(payload: &mut Pin<&mut P>) -> Result<Option<Bytes>, BodyError>
where
    P: Stream<Item = Result<Bytes, PayloadError>>,
{
    payload.next().await.transpose().or(Err(BodyError::Broken))
}
