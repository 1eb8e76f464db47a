//! How long and how much a client may keep a connection busy.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::client::Proxies;

/// Limits of the accept layer; every deadline that passes ends the connection it is about.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From accepting a connection, or from the first byte of its next request, to the end of the
    /// request head; a handshake of TLS must fit in before the first one. 10 s: a head is one packet;
    /// whoever needs longer holds a place on purpose.
    pub head: Duration,
    /// From the end of the head to the beginning of the answer. 60 s: the last resort behind the
    /// deadlines of handlers and bodies, which answer properly; this one only hangs up.
    pub answer: Duration,
    /// How long a client may leave a waiting answer unread without taking any of it. 20 s: a slow
    /// link still takes something every few seconds.
    pub stall: Duration,
    /// How long a connection may stay open without a request. 75 s: longer than the 60 s after which
    /// the usual proxies and client pools give up theirs, so that they are the ones to close first.
    pub idle: Duration,
    /// How long unread request bytes are taken and thrown away after an early answer. 1 s: enough for
    /// the client to see the answer instead of a reset.
    pub linger: Duration,
    /// What a graceful stop gives to requests in flight. 5 s: service managers kill after 10 to 90 s.
    pub drain: Duration,
    /// Connections per worker; above it they wait in the kernel's queue. 1,000: about 20 KiB each, and
    /// they must fit under the limit of file descriptors, which often is 1,024.
    pub connections: usize,
    /// Connections of one address, of all workers together; above it they are closed at once. 0, which
    /// is no limit: who serves a reverse proxy or a login page has few addresses as clients.
    pub per_address: usize,
    /// The proxies to which that does not apply.
    pub proxies: Arc<Proxies>,
    /// What is particular to HTTP/2.
    pub http2: Http2,
}

/// Limits of a connection that speaks HTTP/2.
#[derive(Debug, Clone)]
pub struct Http2 {
    /// Requests at the same time on one connection. 128: RFC 9113 advises at least 100.
    pub streams: u32,
    /// Bytes of a request head after decompression. 16 KiB: what clients expect of a server.
    pub header_list: u32,
    /// Bytes of a request body that may be under way before the handler has read any. 64 KiB: most
    /// bodies fit without a round trip.
    pub stream_window: u32,
    /// The same over all streams of a connection. 256 KiB: the most that one connection can make us
    /// hold unread.
    pub connection_window: u32,
    /// Bytes of a frame. 16 KiB: the least that the protocol allows; more only delays other streams.
    pub frame: u32,
    /// Bytes of an answer that may be queued per stream. 64 KiB: as much as the usual client window.
    pub send_buffer: usize,
    /// Silence after which we ping. 20 s: finds dead peers, and those that stop in the middle of a frame.
    pub ping: Duration,
    /// How long the peer may take to answer a ping. 10 s, as for a head.
    pub pong: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            answer: Duration::from_mins(1),
            stall: Duration::from_secs(20),
            idle: Duration::from_secs(75),
            linger: Duration::from_secs(1),
            drain: Duration::from_secs(5),
            connections: 1_000,
            per_address: 0,
            proxies: Arc::default(),
            http2: Http2::default(),
        }
    }
}

impl Default for Http2 {
    fn default() -> Self {
        Self {
            streams: 128,
            header_list: 16 << 10,
            stream_window: 64 << 10,
            connection_window: 256 << 10,
            frame: 16 << 10,
            send_buffer: 64 << 10,
            ping: Duration::from_secs(20),
            pong: Duration::from_secs(10),
        }
    }
}
