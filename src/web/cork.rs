//! Answers that a worker writes together.
//!
//! A write to a socket wakes whoever reads from it, often on the same cores: a proxy beside us is woken,
//! takes one answer and sleeps until the next one. So what a worker has to say is kept until it has
//! served everything that is ready, and the answers of that turn of its loop go out one after the
//! other. Whoever is woken by the first finds the others.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::turn::at_end_of_turn;

/// Bytes of one connection that are kept; more is written at once.
const KEPT: usize = 16 * 1024;

/// Buffers that a worker keeps for further answers.
const SPARE: usize = 64;

/// A socket whose bytes are written at the end of the turn.
///
/// It counts as flushed when its bytes are kept: nobody has to wait for the end of the turn. What goes
/// wrong there is told by the next call.
#[derive(Debug)]
pub(super) struct Corked {
    socket: Rc<Socket>,
}

#[derive(Debug)]
struct Socket {
    stream: RefCell<TcpStream>,
    kept: RefCell<Vec<u8>>,
    /// Whether the end of the turn is going to write what is kept.
    due: Cell<bool>,
    /// What went wrong when it did.
    failed: RefCell<Option<io::Error>>,
    /// Who is told that the peer takes nothing.
    task: RefCell<Option<Waker>>,
}

/// What a worker has to write at the end of the turn.
#[derive(Default)]
struct Turn {
    sockets: Vec<Rc<Socket>>,
    spare: Vec<Vec<u8>>,
}

thread_local! {
    static TURN: RefCell<Turn> = RefCell::default();
}

/// Writes what this worker's connections have kept.
fn write_all() {
    let sockets = TURN.with_borrow_mut(|turn| std::mem::take(&mut turn.sockets));
    for socket in &sockets {
        socket.end_of_turn();
    }
    TURN.with_borrow_mut(|turn| {
        if turn.sockets.is_empty() {
            turn.sockets = sockets;
            turn.sockets.clear();
        }
    });
}

impl Socket {
    /// Whether so many bytes can be kept: not where some wait for the peer already.
    fn has_room(&self, length: usize) -> bool {
        let kept = self.kept.borrow().len();
        (kept == 0 || self.due.get()) && length <= KEPT.saturating_sub(kept)
    }

    /// Keeps bytes until the end of the turn.
    fn keep(self: &Rc<Self>, cx: &Context<'_>, slices: &[IoSlice<'_>]) {
        if !self.due.replace(true) {
            self.await_end_of_turn(cx);
        }
        let mut kept = self.kept.borrow_mut();
        for slice in slices {
            kept.extend_from_slice(slice);
        }
    }

    fn await_end_of_turn(self: &Rc<Self>, cx: &Context<'_>) {
        let first = TURN.with_borrow_mut(|turn| {
            if let Some(spare) = turn.spare.pop() {
                self.kept.replace(spare);
            }
            turn.sockets.push(Rc::clone(self));
            turn.sockets.len() == 1
        });
        let mut task = self.task.borrow_mut();
        match &*task {
            Some(known) if known.will_wake(cx.waker()) => {}
            _ => *task = Some(cx.waker().clone()),
        }
        if first {
            at_end_of_turn(write_all);
        }
    }

    fn end_of_turn(&self) {
        self.due.set(false);
        let stream = self.stream.borrow();
        let mut kept = self.kept.borrow_mut();
        let mut written = 0;
        let failed = loop {
            let Some(rest) = kept.get(written..).filter(|rest| !rest.is_empty()) else {
                break None;
            };
            match stream.try_write(rest) {
                Ok(0) => break Some(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break None,
                Err(error) => break Some(error),
            }
        };
        kept.drain(..written);
        let done = kept.is_empty();
        if done {
            release(&mut kept);
        }
        let unwell = failed.is_some() || !done;
        self.failed.replace(failed);
        if unwell && let Some(task) = self.task.borrow().as_ref() {
            task.wake_by_ref();
        }
    }

    /// Writes all that is kept now, or as soon as the peer takes it.
    fn poll_written(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        let mut kept = self.kept.borrow_mut();
        while !kept.is_empty() {
            let mut stream = self.stream.borrow_mut();
            match ready!(Pin::new(&mut *stream).poll_write(cx, &kept))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(kept.drain(..written)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Gives an empty buffer to whoever needs one next, so that idle connections have none.
fn release(kept: &mut Vec<u8>) {
    let buffer = std::mem::take(kept);
    TURN.with_borrow_mut(|turn| {
        if turn.spare.len() < SPARE && buffer.capacity() <= KEPT {
            turn.spare.push(buffer);
        }
    });
}

impl Corked {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            socket: Rc::new(Socket {
                stream: RefCell::new(stream),
                kept: RefCell::default(),
                due: Cell::new(false),
                failed: RefCell::default(),
                task: RefCell::default(),
            }),
        }
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = self.socket.stream.borrow_mut();
        Pin::new(&mut *stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Corked {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = &self.socket;
        let length = slices.iter().map(|slice| slice.len()).sum();
        if socket.has_room(length) {
            if let Some(error) = socket.failed.take() {
                return Poll::Ready(Err(error));
            }
            socket.keep(cx, slices);
            return Poll::Ready(Ok(length));
        }
        ready!(socket.poll_written(cx))?;
        let mut stream = socket.stream.borrow_mut();
        Pin::new(&mut *stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.socket.due.get() {
            return Poll::Ready(Ok(()));
        }
        self.socket.poll_written(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.socket.poll_written(cx))?;
        let mut stream = self.socket.stream.borrow_mut();
        Pin::new(&mut *stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::{LocalSet, yield_now};

    use super::super::io::Watched;
    use super::super::limits::Limits;
    use super::super::stop::Stop;
    use super::super::watch::Watch;
    use super::super::woken::Count;
    use super::*;

    async fn pair() -> (Corked, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, peer) = tokio::join!(listener.accept(), peer);
        (Corked::new(accepted.unwrap().0), peer.unwrap())
    }

    async fn end_of_turn() {
        for _ in 0..3 {
            yield_now().await;
        }
    }

    /// Writes a piece per turn until the peer takes no more, and says how many bytes that were.
    async fn fill<S: AsyncWrite + Unpin>(stream: &mut S, cx: &mut Context<'_>) -> usize {
        let mut written = 0;
        loop {
            match Pin::new(&mut *stream).poll_write(cx, &[7; 4096]) {
                Poll::Ready(bytes) => written += bytes.unwrap(),
                Poll::Pending => panic!("the end of a turn was not told of"),
            }
            end_of_turn().await;
            if Pin::new(&mut *stream).poll_flush(cx).is_pending() {
                return written;
            }
        }
    }

    #[tokio::test]
    async fn bytes_go_out_at_the_end_of_the_turn() {
        let turn = async {
            let (mut corked, mut peer) = pair().await;
            corked.write_all(b"one ").await.unwrap();
            corked.write_all(b"two").await.unwrap();
            corked.flush().await.unwrap();
            assert!(peer.try_read(&mut [0; 8]).is_err());
            let mut bytes = [0; 7];
            peer.read_exact(&mut bytes).await.unwrap();
            assert_eq!(&bytes, b"one two");
        };
        LocalSet::new().run_until(turn).await;
    }

    #[tokio::test]
    async fn what_was_kept_goes_out_before_the_end() {
        let turn = async {
            let (mut corked, mut peer) = pair().await;
            corked.write_all(b"last words").await.unwrap();
            corked.shutdown().await.unwrap();
            let mut text = String::new();
            peer.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "last words");
            // Without a leave as well.
            let (mut corked, mut peer) = pair().await;
            corked.write_all(b"last words").await.unwrap();
            drop(corked);
            text.clear();
            peer.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "last words");
        };
        LocalSet::new().run_until(turn).await;
    }

    #[tokio::test]
    async fn what_the_peer_does_not_take_waits_for_it() {
        let turn = async {
            let (mut corked, mut peer) = pair().await;
            let (count, waker) = Count::new();
            let written = fill(&mut corked, &mut Context::from_waker(&waker)).await;
            assert_ne!(count.woken(), 0);
            let reading = async {
                let mut bytes = vec![0; written];
                peer.read_exact(&mut bytes).await.unwrap();
            };
            tokio::join!(reading, async { corked.flush().await.unwrap() });
            assert!(corked.socket.kept.borrow().is_empty());
        };
        LocalSet::new().run_until(turn).await;
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_overdue() {
        let turn = async {
            let (corked, _peer) = pair().await;
            let limits = Limits {
                stall: Duration::from_millis(50),
                ..Limits::default()
            };
            let stop = Stop::new(limits.drain);
            let watch = Watch::new(&Rc::new(limits), &stop);
            let mut watched = Watched::new(corked, Rc::clone(&watch));
            fill(&mut watched, &mut Context::from_waker(Waker::noop())).await;
            watch.overdue().await;
        };
        let turn = async { LocalSet::new().run_until(turn).await };
        // The deadline of the head comes later.
        let limit = Duration::from_secs(4);
        tokio::time::timeout(limit, turn).await.unwrap();
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_by_the_next_call() {
        let turn = async {
            let (mut corked, peer) = pair().await;
            drop(peer);
            let failed = async {
                loop {
                    let written = poll_fn(|cx| Pin::new(&mut corked).poll_write(cx, b"x")).await;
                    match written {
                        Ok(_) => end_of_turn().await,
                        Err(error) => break error.kind(),
                    }
                }
            };
            let kind = failed.await;
            let gone = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
            assert!(gone.contains(&kind), "{kind}");
        };
        LocalSet::new().run_until(turn).await;
    }
}
