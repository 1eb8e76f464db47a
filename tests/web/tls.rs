//! The port with TLS: what is agreed on, what is cut off, and certificates that change.

use std::fs;
use std::future::pending;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bartizan::app::{self, Machine, Running};
use bartizan::config::Config;
use bartizan::crypto::RandomIds;
use bartizan::domain::time::Timestamp;
use bartizan::ports::{Clock, Pending};
use bartizan::web::{Limits, Pair, Tls};
use bytes::Bytes;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::helpers::{
    Client, Http2, SHORT, TestServer, answer, body, get, header, patiently, request, status,
};
use crate::log::Lines;

/// What a deadline may be missed by on a busy machine.
const SLACK: Duration = Duration::from_secs(2);

/// A whole handshake begins like this: a record that holds more than these bytes.
const HALF_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// A certificate of its own, and its key.
struct Identity {
    certificate: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["service.test".to_owned()]).unwrap();
        Self {
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
            der: made.cert.der().clone(),
        }
    }

    fn pair(&self) -> Pair {
        Pair::from_pem(self.certificate.as_bytes(), self.key.as_bytes()).unwrap()
    }

    fn server(&self, limits: Limits) -> TestServer {
        TestServer::encrypted(limits, &Arc::new(Tls::new(self.pair())))
    }

    async fn connect(&self, address: SocketAddr, alpn: &[&str]) -> Client<TlsStream<TcpStream>> {
        self.connect_by(address, alpn, &TLS13).await.unwrap()
    }

    /// A connection to whoever has this certificate.
    async fn connect_by(
        &self,
        address: SocketAddr,
        alpn: &[&str],
        version: &'static SupportedProtocolVersion,
    ) -> std::io::Result<Client<TlsStream<TcpStream>>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("service.test").unwrap();
        let connect = TlsConnector::from(Arc::new(config)).connect(name, stream);
        patiently(connect).await.map(Client)
    }

    async fn http2(&self, address: SocketAddr) -> Http2 {
        let client = self.connect(address, &["h2"]).await;
        Http2::over(client.0, &h2::client::Builder::new()).await
    }

    /// Whether others are served while a test keeps a connection busy.
    async fn is_served(&self, address: SocketAddr) {
        let mut client = self.connect(address, &["http/1.1"]).await;
        client.send(request("GET /unread")).await;
        assert_eq!(status(&client.answer().await), "200");
    }
}

#[tokio::test]
async fn the_handshake_decides_which_protocol_is_spoken() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    for version in [&TLS12, &TLS13] {
        for (offered, agreed) in [
            (["h2", "http/1.1"].as_slice(), Some("h2")),
            (&["http/1.1", "h2"], Some("h2")),
            (&["h2"], Some("h2")),
            (&["http/1.1"], Some("http/1.1")),
            (&["spdy/1", "http/1.1"], Some("http/1.1")),
            (&[], None),
        ] {
            let connected = identity.connect_by(server.address, offered, version).await;
            let mut client = connected.unwrap();
            let session = client.0.get_ref().1;
            let name = session
                .alpn_protocol()
                .map(|name| str::from_utf8(name).unwrap());
            assert_eq!(name, agreed, "{offered:?}");
            let spoken = session.protocol_version();
            assert!(
                matches!(
                    spoken,
                    Some(ProtocolVersion::TLSv1_2 | ProtocolVersion::TLSv1_3)
                ),
                "{spoken:?}"
            );
            let body = if agreed == Some("h2") {
                let builder = h2::client::Builder::new();
                let mut client = Http2::over(client.0, &builder).await;
                let answer = client.post("/echo", Bytes::from("hello")).await;
                String::from_utf8(answer.body.to_vec()).unwrap()
            } else {
                client
                    .send("POST /echo HTTP/1.1\r\nhost: service.test\r\ncontent-length: 5\r\n\r\nhello")
                    .await;
                body(&client.answer().await).to_owned()
            };
            let protocol = if agreed == Some("h2") {
                "HTTP/2.0"
            } else {
                "HTTP/1.1"
            };
            assert_eq!(
                body,
                format!("{protocol} POST /echo peer=true host=service.test cookie= body=hello")
            );
        }
    }
}

#[tokio::test]
async fn without_a_choice_the_first_bytes_decide() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let client = identity.connect(server.address, &[]).await;
    let mut client = Http2::over(client.0, &h2::client::Builder::new()).await;
    assert_eq!(client.get("/unread").await.body, "I do not care");
}

#[tokio::test]
async fn what_was_agreed_on_is_what_is_spoken() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let mut client = identity.connect(server.address, &["h2"]).await;
    client.send(request("GET /unread")).await;
    let text = client.rest().await;
    assert!(!text.contains("HTTP/1.1"), "{text}");

    let mut client = identity.connect(server.address, &["http/1.1"]).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let text = client.rest().await;
    assert_eq!(status(&text), "400", "{text}");
}

#[tokio::test]
async fn nothing_is_agreed_on_that_is_not_spoken() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let refused = identity
        .connect_by(server.address, &["spdy/1"], &TLS13)
        .await;
    let text = refused.err().unwrap().to_string();
    assert!(text.contains("NoApplicationProtocol"), "{text}");
    identity.is_served(server.address).await;
}

#[tokio::test]
async fn trailers_and_large_answers_come_through() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let mut client = identity.http2(server.address).await;
    let answer = client.get("/trailers").await;
    assert_eq!(answer.body, "answer");
    assert_eq!(answer.trailers.unwrap()["grpc-status"], "0");
    assert_eq!(client.get("/big").await.body.len(), 32 << 20);

    let mut client = identity.connect(server.address, &[]).await;
    client.send(request("GET /trailers")).await;
    let text = client.answer().await;
    assert_eq!(
        (body(&text), header(&text, "grpc-status")),
        ("answer", None)
    );
    client
        .send("GET /big HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(body(&client.rest().await).len(), 32 << 20);
    let mut long = identity.connect(server.address, &[]).await;
    let text = vec![b'x'; crate::app::BODY_LIMIT];
    long.send(format!(
        "POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        text.len()
    ))
    .await;
    long.send(&text).await;
    assert_eq!(body(&long.answer().await), text.len().to_string());
}

fn short_heads() -> Limits {
    Limits {
        head: SHORT,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_off() {
    let identity = Identity::new();
    let server = identity.server(short_heads());
    for beginning in [b"".as_slice(), b"\x16", HALF_HELLO] {
        let begun = Instant::now();
        let mut client = server.connect().await;
        client.send(beginning).await;
        assert_eq!(client.rest().await, "");
        let took = begun.elapsed();
        assert!(
            took >= SHORT && took < SHORT + SLACK,
            "{beginning:?} {took:?}"
        );
    }
}

#[tokio::test]
async fn handshakes_that_take_their_time_hold_up_nobody() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let begun = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut client = server.connect().await;
        client.send(HALF_HELLO).await;
        slow.push(client);
    }
    identity.is_served(server.address).await;
    assert!(
        begun.elapsed() < Limits::default().head,
        "served after the others were cut off"
    );
}

#[tokio::test]
async fn a_handshake_that_drips_is_not_given_more_time() {
    let identity = Identity::new();
    let server = identity.server(short_heads());
    let client = server.connect().await;
    let begun = Instant::now();
    client.0.try_write(b"\x16\x03\x01\x02\x00").unwrap();
    let dripping = async {
        loop {
            client.0.writable().await.unwrap();
            if client.0.try_write(b"\x01").is_err() {
                break;
            }
            sleep(SHORT / 10).await;
        }
    };
    patiently(dripping).await;
    assert!(begun.elapsed() < SHORT + SLACK, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_handshake_and_the_first_head_share_a_deadline() {
    // A handshake must fit into it.
    const LONGER: Duration = Duration::from_secs(1);
    let identity = Identity::new();
    let server = identity.server(Limits {
        head: LONGER,
        ..Limits::default()
    });
    for (alpn, beginning) in [
        (["http/1.1"].as_slice(), ""),
        (&["http/1.1"], "GET / HTTP/1.1\r\n"),
        (&["h2"], ""),
        (&["h2"], "PRI * HTTP/2.0\r\n"),
        (&[], ""),
    ] {
        let begun = Instant::now();
        let mut client = identity.connect(server.address, alpn).await;
        client.send(beginning).await;
        assert_eq!(client.rest().await, "");
        let took = begun.elapsed();
        assert!(took >= LONGER && took < LONGER + SLACK, "{alpn:?} {took:?}");
    }
}

#[tokio::test]
async fn idle_connections_and_unread_answers_are_cut_off() {
    let identity = Identity::new();
    let server = identity.server(Limits {
        idle: SHORT,
        stall: SHORT,
        ..Limits::default()
    });
    let begun = Instant::now();
    let mut idle = identity.connect(server.address, &[]).await;
    idle.send(request("GET /unread")).await;
    idle.answer().await;
    assert_eq!(idle.rest().await, "");
    assert!(begun.elapsed() < SHORT + SLACK, "{:?}", begun.elapsed());

    let mut unread = identity.connect(server.address, &[]).await;
    unread.send(request("GET /big")).await;
    server.gate.entered().await;
    identity.is_served(server.address).await;
    server.gate.left().await;
    assert!(unread.rest().await.len() < 32 << 20);
}

#[tokio::test]
async fn cleartext_is_not_answered_and_told_to_the_log() {
    let lines = Lines::kept();
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    for beginning in [
        request("GET /unread"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
    ] {
        let begun = Instant::now();
        let mut client = server.connect().await;
        client.send(beginning).await;
        let text = client.rest().await;
        // At most an alert of TLS, of seven bytes.
        assert!(text.len() < 16 && !text.contains("HTTP"), "{text:?}");
        assert!(begun.elapsed() < SLACK, "{:?}", begun.elapsed());
    }
    identity.is_served(server.address).await;
    let told = lines.with("connection closed: cleartext on a port of TLS");
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn a_stop_waits_for_requests_and_not_for_handshakes() {
    let identity = Identity::new();
    let server = identity.server(Limits::default());
    let mut half = server.connect().await;
    half.send(HALF_HELLO).await;
    let mut idle = identity.connect(server.address, &[]).await;
    idle.send(request("GET /unread")).await;
    idle.answer().await;
    let mut client = identity.http2(server.address).await;
    let (response, _) = client.open(get("/gate"), true).await;
    server.gate.entered().await;

    let handle = server.handle.clone();
    let stopped = tokio::spawn(async move { handle.stop(true).await });
    assert_eq!(half.rest().await, "");
    assert_eq!(idle.rest().await, "");
    server.gate.open(1);
    assert_eq!(answer(response).await.unwrap().body, "through");
    patiently(stopped).await.unwrap();
    patiently(server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn another_pair_is_for_new_connections_and_the_open_ones_go_on() {
    let (first, second) = (Identity::new(), Identity::new());
    let tls = Arc::new(Tls::new(first.pair()));
    let server = TestServer::encrypted(Limits::default(), &tls);
    let mut old = first.connect(server.address, &[]).await;
    let mut multiplexed = first.http2(server.address).await;
    let (response, _) = multiplexed.open(get("/gate"), true).await;
    server.gate.entered().await;

    tls.replace(second.pair());
    second.is_served(server.address).await;
    let refused = first.connect_by(server.address, &[], &TLS13).await;
    assert!(refused.is_err(), "the first pair is still in use");
    old.send(request("GET /unread")).await;
    assert_eq!(status(&old.answer().await), "200");
    server.gate.open(1);
    assert_eq!(answer(response).await.unwrap().body, "through");
    assert_eq!(multiplexed.get("/unread").await.head.status, 200);
}

/// A clock whose sleepers wake when a test says so.
#[derive(Debug)]
struct Sleeper {
    asleep: Arc<Semaphore>,
    awake: Arc<Semaphore>,
}

impl Sleeper {
    fn new() -> Self {
        Self {
            asleep: Arc::new(Semaphore::new(0)),
            awake: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until the files were looked at and the next look is a minute away.
    async fn looked(&self) {
        patiently(self.asleep.acquire()).await.unwrap().forget();
    }

    /// Lets a minute pass.
    async fn minute(&self) {
        self.awake.add_permits(1);
        self.looked().await;
    }
}

impl Clock for Sleeper {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_795_428_000_123_456)
    }

    fn sleep(&self, span: Duration) -> Pending<'static, ()> {
        if span != Duration::from_mins(1) {
            return Box::pin(pending());
        }
        self.asleep.add_permits(1);
        let awake = Arc::clone(&self.awake);
        Box::pin(async move { awake.acquire().await.unwrap().forget() })
    }
}

/// The whole service on files that a test can change.
struct Service {
    directory: TempDir,
    clock: Arc<Sleeper>,
    running: Option<Running>,
}

impl Service {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(Sleeper::new()),
            running: None,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, certificate: &str, key: &str) {
        fs::write(self.path("tls.crt"), certificate).unwrap();
        fs::write(self.path("tls.key"), key).unwrap();
        fs::set_permissions(self.path("tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self) -> Config {
        let mut config = Config {
            data_dir: self.path("data"),
            ..Config::default()
        };
        config.server.listen = ([127, 0, 0, 1], 0).into();
        config.server.workers = 1;
        config.passwords.threads = 1;
        config.server.tls.certificate = Some(self.path("tls.crt"));
        config.server.tls.key = Some(self.path("tls.key"));
        config
    }

    /// What the start came to, without the name of the directory.
    async fn start(&mut self) -> Result<SocketAddr, String> {
        let config = self.config();
        let machine = Machine {
            clock: Arc::<Sleeper>::clone(&self.clock),
            ids: Arc::new(RandomIds::new(0).unwrap()),
        };
        let started = tokio::task::spawn_blocking(move || app::start(&config, machine));
        let running = started.await.unwrap().map_err(|error| {
            let mut words = vec![error.to_string()];
            let mut cause = std::error::Error::source(&error);
            while let Some(source) = cause {
                words.push(source.to_string());
                cause = source.source();
            }
            let here = format!("{}/", self.directory.path().display());
            words.join(": ").replace(&here, "")
        })?;
        let address = running.address();
        self.running = Some(running);
        Ok(address)
    }

    async fn stop(mut self) {
        let running = self.running.take().unwrap();
        let stopped = tokio::task::spawn_blocking(move || running.stop());
        patiently(stopped).await.unwrap().unwrap();
    }
}

/// An answer of the service over HTTP/1.1, on this connection.
async fn health(client: &mut Client<TlsStream<TcpStream>>) {
    client.send(request("GET /v2/sessions/1")).await;
    assert_eq!(status(&client.answer().await), "401");
}

#[tokio::test]
async fn changed_files_are_found_within_a_minute() {
    let (first, second) = (Identity::new(), Identity::new());
    let mut service = Service::new();
    service.write(&first.certificate, &first.key);
    let address = service.start().await.unwrap();
    service.clock.looked().await;
    let mut old = first.connect(address, &[]).await;
    health(&mut old).await;

    service.write(&second.certificate, &second.key);
    health(&mut first.connect(address, &[]).await).await;
    service.clock.minute().await;
    health(&mut second.connect(address, &[]).await).await;
    assert!(first.connect_by(address, &[], &TLS13).await.is_err());
    health(&mut old).await;
    drop(old);
    service.stop().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_the_pair_before_them_in_use() {
    let lines = Lines::kept();
    let (first, second) = (Identity::new(), Identity::new());
    let mut service = Service::new();
    service.write(&first.certificate, &first.key);
    let address = service.start().await.unwrap();
    service.clock.looked().await;
    let here = format!("{}/", service.directory.path().display());
    let told = || {
        let found = lines.with(&here).into_iter();
        let found = found.filter(|line| line.target == "bartizan::app::certificates");
        found
            .map(|line| line.text.replace(&here, ""))
            .collect::<Vec<_>>()
    };

    // As one file is replaced before the other.
    service.write(&second.certificate, &first.key);
    service.clock.minute().await;
    let mismatch = "the certificate in use stays: cannot use the file of `server.tls.key`: \
                    `tls.key`: it is not the key of the first certificate";
    assert_eq!(told(), [mismatch]);
    health(&mut first.connect(address, &[]).await).await;
    // Told once, not every minute.
    service.clock.minute().await;
    assert_eq!(told().len(), 1);

    fs::write(service.path("tls.crt"), "half a f").unwrap();
    service.clock.minute().await;
    fs::remove_file(service.path("tls.key")).unwrap();
    service.clock.minute().await;
    assert_eq!(
        told()[1..],
        [
            "the certificate in use stays: cannot use the file of `server.tls.certificate`: \
             `tls.crt`: it does not hold a chain of certificates in PEM",
            "the certificate in use stays: cannot read the file of `server.tls.key`: `tls.key`: \
             No such file or directory (os error 2)",
        ]
    );
    health(&mut first.connect(address, &[]).await).await;

    service.write(&second.certificate, &second.key);
    fs::set_permissions(service.path("tls.key"), fs::Permissions::from_mode(0o644)).unwrap();
    service.clock.minute().await;
    health(&mut second.connect(address, &[]).await).await;
    assert_eq!(
        told()[3..],
        [
            "new connections get the certificate in `tls.crt`",
            "others can use the key of the certificate: `tls.key` has mode 0644",
        ]
    );
    for identity in [&first, &second] {
        let secret = identity.key.lines().nth(1).unwrap();
        assert_eq!(lines.with(secret), []);
    }
    service.stop().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_stop_the_start_and_leave_no_trace() {
    let (first, second) = (Identity::new(), Identity::new());
    let mut service = Service::new();
    assert_eq!(
        service.start().await.unwrap_err(),
        "cannot read the file of `server.tls.certificate`: `tls.crt`: \
         No such file or directory (os error 2)"
    );
    for (certificate, key, expected) in [
        (
            &first.certificate,
            &second.key,
            "cannot use the file of `server.tls.key`: `tls.key`: \
             it is not the key of the first certificate",
        ),
        (
            &first.key,
            &first.key,
            "cannot use the file of `server.tls.certificate`: `tls.crt`: \
             it does not hold a chain of certificates in PEM",
        ),
        (
            &first.certificate,
            &first.certificate,
            "cannot use the file of `server.tls.key`: `tls.key`: it does not hold a private key \
             in PEM, RSA, ECDSA or Ed25519, without a passphrase",
        ),
    ] {
        service.write(certificate, key);
        assert_eq!(service.start().await.unwrap_err(), expected);
    }
    assert!(!service.path("data").exists());
}
