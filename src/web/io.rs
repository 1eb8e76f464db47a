//! A stream that tells the connection's [`Watch`] what happens on it.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::intake::SHARE;
use super::watch::Watch;

thread_local! {
    /// Where a worker reads what is less than a buffer may take.
    static SPACE: RefCell<[u8; SHARE]> = const { RefCell::new([0; SHARE]) };
}

/// A stream under watch.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    watch: Rc<Watch>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, watch: Rc<Watch>) -> Self {
        Self { stream, watch }
    }

    pub(super) fn watch(&self) -> &Rc<Watch> {
        &self.watch
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(allowed) = this.watch.may_read(cx) else {
            return Poll::Pending;
        };
        let stream = Pin::new(&mut this.stream);
        let (polled, read) = if buffer.remaining() <= allowed {
            let before = buffer.filled().len();
            (stream.poll_read(cx, buffer), buffer.filled().len() - before)
        } else {
            // Cheaper than to clear so much of the buffer: what has come is short.
            SPACE.with_borrow_mut(|space| {
                let allowed = allowed.min(space.len());
                let (space, _) = space.split_at_mut(allowed);
                let mut part = ReadBuf::new(space);
                let polled = stream.poll_read(cx, &mut part);
                buffer.put_slice(part.filled());
                (polled, part.filled().len())
            })
        };
        this.watch.read(read);
        if read == 0 && polled.is_ready() && buffer.remaining() > 0 {
            this.watch.left();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn wrote(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if polled.is_pending() {
            self.watch.blocked();
        } else {
            self.watch.unblocked();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        if polled.is_pending() {
            self.watch.blocked();
        } else {
            self.watch.flushed();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
