//! Ports, and whatever messages are delivered to.

use std::io::{self, Read as _, Write as _};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _,
};
use std::time::Duration;

use super::{Diagnosis, Health};
use crate::config::{Config, EmailKind, SmsKind};

/// How long somebody may take to take a connection, or to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the ports can be had, or are had by the server on this data directory.
pub(super) fn ports(config: &Config, running: bool) -> Vec<Diagnosis> {
    let mut found = vec![port(
        "port",
        config.server.listen,
        running,
        config.server.tls.files().is_none(),
    )];
    if let Some(address) = config.metrics.listen {
        found.push(port("port of the metrics", address, running, false));
    }
    found
}

fn port(subject: &'static str, address: SocketAddr, running: bool, ask: bool) -> Diagnosis {
    match TcpListener::bind(address) {
        Ok(_) if running && address.port() != 0 => Diagnosis::unwise(
            subject,
            format!("`{address}` is free, although a server is using the data directory"),
        )
        .remedy("it listens elsewhere: compare its configuration with this one"),
        Ok(_) => Diagnosis::good(subject, format!("`{address}` is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let ours = running && (!ask || answers(address).unwrap_or(false));
            if ours {
                Diagnosis::good(
                    subject,
                    format!("`{address}` is used by the server on this data directory"),
                )
            } else {
                Diagnosis::bad(subject, format!("another program has `{address}`"))
                    .remedy("stop it, or choose another port with `--listen`")
            }
        }
        Err(error) => Diagnosis::bad(subject, format!("cannot listen on `{address}`: {error}")),
    }
}

/// Whether a server of this kind says that it lives.
fn answers(address: SocketAddr) -> io::Result<bool> {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(
        b"GET /debug/healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )?;
    let mut answer = Vec::new();
    stream.take(16 << 10).read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"ok"))
}

/// Where messages go, and whether somebody is there.
pub(super) fn channels(config: &Config, online: bool) -> Vec<Diagnosis> {
    let notifications = &config.notifications;
    let email = match notifications.email.kind {
        EmailKind::None => Channel::None,
        EmailKind::Folder => Channel::Folder,
        EmailKind::Smtp => {
            let smtp = &notifications.email.smtp;
            Channel::At(format!("{}:{}", smtp.host, smtp.port))
        }
        EmailKind::Webhook => Channel::of(notifications.email.endpoint.as_deref()),
    };
    let sms = match notifications.sms.kind {
        SmsKind::None => Channel::None,
        SmsKind::Folder => Channel::Folder,
        SmsKind::Webhook => Channel::of(notifications.sms.endpoint.as_deref()),
    };
    let mut found = vec![email.examine("e-mail", online), sms.examine("SMS", online)];
    for webhook in &config.events.webhook {
        found.push(Channel::of(Some(&webhook.endpoint)).examine("webhook", online));
    }
    found
}

/// What delivers.
enum Channel {
    None,
    Folder,
    /// Host and port.
    At(String),
    /// An endpoint that is no address.
    Nowhere(String),
}

impl Channel {
    fn of(endpoint: Option<&str>) -> Self {
        let endpoint = endpoint.unwrap_or_default();
        let parsed = url::Url::parse(endpoint).ok();
        let place = parsed.as_ref().and_then(|url| {
            let port = url.port_or_known_default()?;
            Some(format!("{}:{port}", url.host_str()?))
        });
        place.map_or_else(|| Self::Nowhere(endpoint.to_owned()), Self::At)
    }

    fn examine(&self, subject: &'static str, online: bool) -> Diagnosis {
        match self {
            Self::None => Diagnosis::good(subject, "nothing delivers; codes can only be returned"),
            Self::Folder => Diagnosis::unwise(
                subject,
                "goes to a folder: who can read it can use the codes",
            ),
            Self::Nowhere(endpoint) => Diagnosis::bad(subject, format!("no address: `{endpoint}`")),
            Self::At(place) if !online => Diagnosis::new(
                subject,
                Health::Unknown,
                format!("goes to `{place}`, which was not asked"),
            )
            .remedy("bartizan doctor --online"),
            Self::At(place) => match connect(place) {
                Ok(()) => Diagnosis::good(subject, format!("`{place}` takes connections")),
                Err(error) => {
                    Diagnosis::bad(subject, format!("`{place}` cannot be reached: {error}"))
                        .remedy("look at its address, at the firewall and at the service there")
                }
            },
        }
    }
}

fn connect(place: &str) -> io::Result<()> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in place.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}
