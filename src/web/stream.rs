//! A connection's stream after its beginning: with or without TLS, and with the protocol known.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::cork::Corked;
use super::io::Watched;
use super::tls::{self, Tls};
use super::watch::Watch;

/// What a client of HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A protocol that a connection can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// The stream of one connection. The watch is below TLS: it sees what the network does, and bytes
/// that TLS keeps for a peer that does not read are not mistaken for sent ones.
#[derive(Debug)]
pub(super) struct Stream {
    io: Io,
    watch: Rc<Watch>,
    /// Read already, and not handed on yet.
    unread: Bytes,
}

#[derive(Debug)]
enum Io {
    Clear(Watched<Corked>),
    Tls(Box<TlsStream<Watched<Corked>>>),
}

impl Stream {
    /// Begins a connection: the handshake where there is TLS, then the protocol. Nothing if the client
    /// left before it said which.
    ///
    /// # Errors
    /// What ended the handshake or the connection.
    pub(super) async fn open(
        stream: Watched<Corked>,
        tls: Option<&Tls>,
    ) -> io::Result<Option<(Self, Protocol)>> {
        let watch = Rc::clone(stream.watch());
        let (io, agreed) = match tls {
            None => (Io::Clear(stream), None),
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                let agreed = tls::agreed(&stream);
                (Io::Tls(stream), agreed)
            }
        };
        let mut stream = Self {
            io,
            watch,
            unread: Bytes::new(),
        };
        if agreed == Some(Protocol::Http1) {
            return Ok(Some((stream, Protocol::Http1)));
        }
        // Also where HTTP/2 was agreed on: its preface is what the deadline of a head waits for.
        let recognised = stream.recognise().await?;
        Ok(recognised.map(|recognised| (stream, agreed.unwrap_or(recognised))))
    }

    pub(super) fn watch(&self) -> &Rc<Watch> {
        &self.watch
    }

    /// Tells the protocol by the first bytes, or nothing if there are none.
    ///
    /// The bytes are read and given back later: peeking at a socket that holds a part of the preface
    /// would find the same bytes again at once, and so spin.
    async fn recognise(&mut self) -> io::Result<Option<Protocol>> {
        let mut space = [0; 512];
        let mut seen = ReadBuf::new(&mut space);
        let protocol = loop {
            let before = seen.filled().len();
            poll_fn(|cx| self.io.poll_read(cx, &mut seen)).await?;
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

impl Io {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Clear(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.unread.is_empty() {
            return this.io.poll_read(cx, buffer);
        }
        let length = this.unread.len().min(buffer.remaining());
        buffer.put_slice(&this.unread.split_to(length));
        if !this.unread.has_remaining() {
            this.unread = Bytes::new();
        }
        this.watch.heard();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Clear(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Io::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Clear(stream) => stream.is_write_vectored(),
            Io::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
