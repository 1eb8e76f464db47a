//! `[server]`: the listening port and what one client may cost.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TlsConfig;
use super::units::{size, span};
use crate::domain::client::{ForwardedHeader, Proxies, read_network};

/// How the port is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// IP address and port of all protocols; default `127.0.0.1:8080`, port 0 takes a free one.
    ///
    /// Loopback, because there is no TLS unless it is set up here or in front of the port.
    pub listen: SocketAddr,
    /// The address of this server as browsers know it: identity providers send them back to it;
    /// default the scheme, `first_instance.external_domain` and the port of `listen`.
    pub external_url: String,
    /// Networks of proxies whose word on the addresses of their clients counts; default none.
    pub trusted_proxies: Vec<String>,
    /// The header in which they say it; default `x-forwarded-for`.
    pub forwarded_header: ForwardedHeaderConfig,
    /// Threads that serve requests; default 0, which is one per core.
    pub workers: usize,
    /// Bytes of a request body at most; default `1MiB`.
    ///
    /// The largest sensible request, a session with all its metadata, has a few KiB.
    #[serde(with = "size")]
    pub body_limit: usize,
    /// Bytes of request bodies that are gathered at the same time; default `64MiB`.
    ///
    /// A body that comes in one piece is not gathered. More are refused at once.
    #[serde(with = "size")]
    pub body_memory: usize,
    /// Connections that are open at the same time, of all workers together; default 8192.
    ///
    /// Each needs a file descriptor and some 10 KiB.
    pub max_connections: usize,
    /// Connections of one address at the same time; default 4096, 0 sets no limit. Trusted proxies
    /// have none.
    pub connections_per_address: usize,
    /// How long the head of a request may take, from the start of the connection or from its first
    /// byte; default `5s`, against clients that send slowly. The handshake of TLS counts to the first.
    #[serde(with = "span")]
    pub header_timeout: Duration,
    /// How long the body of a request may take; default `10s`.
    #[serde(with = "span")]
    pub body_timeout: Duration,
    /// How long a client may leave an answer unread without taking any of it; default `20s`.
    #[serde(with = "span")]
    pub stall_timeout: Duration,
    /// How long a connection without requests stays open; default `75s`.
    ///
    /// Longer than the 60s of common proxies, so that they are the ones to close it.
    #[serde(with = "span")]
    pub idle_timeout: Duration,
    /// How long running requests may take after SIGTERM; default `15s`.
    ///
    /// Longer than the longest tarpit, shorter than the 30s after which orchestrators kill.
    #[serde(with = "span")]
    pub drain_timeout: Duration,
    /// What the port is encrypted with.
    pub tls: TlsConfig,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            external_url: String::new(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeaderConfig::default(),
            workers: 0,
            body_limit: 1 << 20,
            body_memory: 64 << 20,
            max_connections: 8_192,
            connections_per_address: 4_096,
            stall_timeout: Duration::from_secs(20),
            header_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain_timeout: Duration::from_secs(15),
            tls: TlsConfig::default(),
        }
    }
}

/// The header that trusted proxies set, and all of them the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeaderConfig {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ServerConfig {
    /// The proxies as the domain has them; every text was tested when it was loaded.
    pub(super) fn proxies(&self) -> Proxies {
        let networks = self.trusted_proxies.iter();
        let header = match self.forwarded_header {
            ForwardedHeaderConfig::XForwardedFor => ForwardedHeader::XForwardedFor,
            ForwardedHeaderConfig::Forwarded => ForwardedHeader::Forwarded,
        };
        Proxies::new(
            networks.filter_map(|text| read_network(text)).collect(),
            header,
        )
    }
}
