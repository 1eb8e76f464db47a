//! A service that is told of events, and answers as a test wants it to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// The key that is shared with it.
pub(crate) const KEY: &str = "shared";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request that was made.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    /// Names in small letters.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many came before it.
    pub(crate) number: usize,
}

impl Hook {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }

    /// The event.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn position(&self) -> i64 {
        self.event()["position"].as_i64().unwrap()
    }

    /// Whether it was signed with the key, as receivers of ZITADEL's targets find out.
    pub(crate) fn is_signed(&self) -> bool {
        let header = self.header("zitadel-signature").unwrap();
        let (seconds, signature) = header
            .strip_prefix("t=")
            .and_then(|rest| rest.split_once(",v1="))
            .unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
        mac.update(seconds.as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let expected = mac.finalize().into_bytes();
        let expected = expected.iter().map(|byte| format!("{byte:02x}"));
        expected.collect::<String>() == signature
    }
}

/// What decides how the requests are answered, counted from 0.
type Answers = Arc<Mutex<dyn FnMut(usize) -> u16 + Send>>;

/// A service on a free port of this machine.
#[derive(Debug)]
pub(crate) struct Hooks {
    pub(crate) port: u16,
    received: Receiver<Hook>,
}

impl Hooks {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        Self::answering(|_| 200)
    }

    /// One that answers with these statuses. An answer may take its time.
    pub(crate) fn answering(answers: impl FnMut(usize) -> u16 + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, received) = channel();
        let answers: Answers = Arc::new(Mutex::new(answers));
        let count = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, count, sender) =
                    (Arc::clone(&answers), Arc::clone(&count), sender.clone());
                std::thread::spawn(move || serve(&stream, &answers, &count, &sender));
            }
        });
        Self { port, received }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/events", self.port)
    }

    /// The next request.
    #[track_caller]
    pub(crate) fn next(&self) -> Hook {
        self.received.recv_timeout(PATIENCE).unwrap()
    }

    /// The next requests.
    #[track_caller]
    pub(crate) fn take(&self, count: usize) -> Vec<Hook> {
        (0..count).map(|_| self.next()).collect()
    }

    /// Requests up to one with an event that is looked for.
    #[track_caller]
    pub(crate) fn until(&self, mut found: impl FnMut(&Hook) -> bool) -> Vec<Hook> {
        let mut hooks = Vec::new();
        while !hooks.last().is_some_and(&mut found) {
            hooks.push(self.next());
        }
        hooks
    }

    /// Requests that nobody has looked at.
    pub(crate) fn rest(&self) -> Vec<Hook> {
        self.received.try_iter().collect()
    }
}

/// Serves a connection until the other side closes it.
fn serve(
    stream: &TcpStream,
    answers: &Answers,
    count: &AtomicUsize,
    sender: &Sender<Hook>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut headers = Vec::new();
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let length = headers.iter().find(|(name, _)| name == "content-length")?;
        let mut body = vec![0; length.1.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        let number = count.fetch_add(1, Relaxed);
        let hook = Hook {
            headers,
            body,
            number,
        };
        sender.send(hook).ok()?;
        let status = (answers.lock().unwrap())(number);
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        (&mut &*stream).write_all(answer.as_bytes()).ok()?;
    }
}
