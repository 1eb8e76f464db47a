//! A stream that tells the connection's [`Watch`] what happens on it, and that can give back the bytes
//! by which the protocol was told.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::watch::Watch;

/// What a client of HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A protocol that a connection can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// A stream under watch; `S` is TCP now and may be TLS over it.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    watch: Rc<Watch>,
    /// Read already, and not handed on yet.
    unread: Bytes,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, watch: Rc<Watch>) -> Self {
        Self {
            stream,
            watch,
            unread: Bytes::new(),
        }
    }

    pub(super) fn watch(&self) -> &Rc<Watch> {
        &self.watch
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// Tells the protocol by the first bytes, or nothing if there are none.
    ///
    /// The bytes are read and given back later: peeking at a socket that holds a part of the preface
    /// would find the same bytes again at once, and so spin.
    pub(super) async fn recognise(&mut self) -> io::Result<Option<Protocol>> {
        let mut space = [0; 512];
        let mut seen = ReadBuf::new(&mut space);
        let protocol = loop {
            let before = seen.filled().len();
            poll_fn(|cx| Pin::new(&mut self.stream).poll_read(cx, &mut seen)).await?;
            let filled = seen.filled();
            if filled.len() == before {
                return Ok(None);
            }
            if filled.starts_with(PREFACE) {
                break Protocol::Http2;
            }
            if !PREFACE.starts_with(filled) {
                break Protocol::Http1;
            }
        };
        self.unread = Bytes::copy_from_slice(seen.filled());
        Ok(Some(protocol))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.unread.is_empty() {
            let length = this.unread.len().min(buffer.remaining());
            buffer.put_slice(&this.unread.split_to(length));
            if !this.unread.has_remaining() {
                this.unread = Bytes::new();
            }
            this.watch.heard();
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.watch.heard();
        } else if polled.is_ready() && buffer.remaining() > 0 {
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
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
