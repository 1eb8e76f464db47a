//! A client of server-sent events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes; a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) id: Option<i64>,
    pub(crate) event: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) comment: Option<String>,
    pub(crate) retry: Option<u32>,
}

/// A stream that is open.
#[derive(Debug)]
pub(crate) struct EventStream {
    pub(crate) headers: Vec<String>,
    reader: BufReader<TcpStream>,
    text: String,
}

impl EventStream {
    /// Opens a stream that is granted and reads its greeting.
    #[track_caller]
    pub(crate) fn open(address: SocketAddr, token: &str, target: &str, more: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            headers.push(line.trim().to_lowercase());
        }
        if headers[0] != "http/1.1 200 ok" {
            let length = headers
                .iter()
                .find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            panic!("{headers:?}: {}", String::from_utf8_lossy(&body));
        }
        let mut opened = Self {
            headers,
            reader,
            text: String::new(),
        };
        let greeting = opened.next();
        assert_eq!(greeting.and_then(|frame| frame.retry), Some(2000));
        opened
    }

    /// What comes next; nothing at the end of the answer.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let frame = parse(frame);
                self.text = rest.to_owned();
                return Some(frame);
            }
            let mut length = String::new();
            self.reader.read_line(&mut length).unwrap();
            let length = usize::from_str_radix(length.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            self.reader.read_exact(&mut chunk).unwrap();
            if length == 0 {
                assert_eq!(self.text, "", "the stream ended within an event");
                return None;
            }
            self.text += str::from_utf8(&chunk[..length]).unwrap();
        }
    }

    /// The next event that is no heartbeat, as its position and its data.
    #[track_caller]
    pub(crate) fn event(&mut self) -> (i64, Value) {
        loop {
            let frame = self.next().unwrap();
            if frame.comment.is_none() {
                assert_eq!(frame.event, None, "{frame:?}");
                return (frame.id.unwrap(), frame.data.unwrap());
            }
        }
    }

    /// The types of so many events.
    #[track_caller]
    pub(crate) fn types(&mut self, count: usize) -> Vec<String> {
        let events = (0..count).map(|_| self.event().1);
        events
            .map(|data| data["event_type"].as_str().unwrap().to_owned())
            .collect()
    }

    /// How it ends, with nothing behind it.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Value {
        let begun = Instant::now();
        loop {
            let frame = self.next().unwrap();
            if frame.comment.is_some() {
                assert!(begun.elapsed() < PATIENCE, "it does not end");
                continue;
            }
            assert_eq!(frame.event.as_deref(), Some("end"), "{frame:?}");
            assert_eq!(self.next(), None);
            return frame.data.unwrap();
        }
    }
}

#[track_caller]
fn parse(text: &str) -> Frame {
    let mut frame = Frame::default();
    for line in text.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        match name {
            "id" => frame.id = Some(value.parse().unwrap()),
            "event" => frame.event = Some(value.to_owned()),
            "data" => frame.data = Some(value.parse().unwrap()),
            "retry" => frame.retry = Some(value.parse().unwrap()),
            "" => frame.comment = Some(value.to_owned()),
            _ => panic!("{line}"),
        }
    }
    frame
}
