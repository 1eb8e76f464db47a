//! HTTP/1.1 as bytes: what a test writes is what goes over the wire.
//!
//! No client library stands between a test and the server, because libraries clean paths up, merge
//! headers and refuse to send what a hostile client sends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than anything here takes; a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// The status.
    pub(crate) status: u16,
    /// Names in small letters, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, without its transfer coding.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The value of a header that comes at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }
}

/// The bytes of a request; its connection is closed behind it.
pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> Vec<u8> {
    let mut bytes =
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
            .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if let Some(body) = body {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

/// Sends bytes on a connection of its own and reads one answer.
///
/// Both at the same time: a server may answer before it has read everything.
pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> io::Result<Response> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    if bytes.len() <= 64 * 1024 {
        (&stream).write_all(bytes)?;
        return read(&stream, bytes.starts_with(b"HEAD "));
    }
    std::thread::scope(|scope| {
        // It may well fail: a server need not read what it has refused.
        let writer = scope.spawn(|| (&stream).write_all(bytes));
        let response = read(&stream, false);
        let closed = stream.shutdown(Shutdown::Both);
        let written = writer.join();
        drop((closed, written));
        response
    })
}

/// Reads one answer; to HEAD it has no body, whatever its length says.
fn read(mut stream: &TcpStream, head: bool) -> io::Result<Response> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        if let Some(response) = parse(&bytes, head, false)? {
            return Ok(response);
        }
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !bytes.is_empty() => {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    parse(&bytes, head, true)?.ok_or_else(|| broken("the connection ended within the answer"))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// The answer in these bytes, if it is whole; `ended` says that no more will come.
fn parse(bytes: &[u8], head: bool, ended: bool) -> io::Result<Option<Response>> {
    let Some(head_length) = position(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let (lines, rest) = bytes.split_at(head_length);
    let mut rest = rest.get(4..).unwrap_or_default();
    let lines = str::from_utf8(lines).map_err(|_| broken("the head is not UTF-8"))?;
    let mut lines = lines.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|line| line.get(..3))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| broken("no status line"))?;
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| broken("a header without a colon"))?;
            Ok((name.to_lowercase(), value.trim().to_owned()))
        })
        .collect::<io::Result<_>>()?;
    let mut response = Response {
        status,
        headers,
        body: Vec::new(),
    };
    if (100..200).contains(&status) {
        return parse(rest, head, ended);
    }
    // Nobody here waits for the end of a stream: one that was not expected is told by its head.
    if head || response.header("content-type") == Some("text/event-stream") {
        return Ok(Some(response));
    }
    if response.header("transfer-encoding") == Some("chunked") {
        loop {
            let Some(end) = position(rest, b"\r\n") else {
                return Ok(None);
            };
            let size = str::from_utf8(rest.get(..end).unwrap_or_default())
                .ok()
                .and_then(|digits| usize::from_str_radix(digits, 16).ok())
                .ok_or_else(|| broken("a chunk without a size"))?;
            let Some(chunk) = rest.get(end + 2..end + 2 + size) else {
                return Ok(None);
            };
            response.body.extend_from_slice(chunk);
            if size == 0 {
                return Ok(Some(response));
            }
            rest = rest.get(end + 4 + size..).unwrap_or_default();
        }
    }
    let length = response
        .header("content-length")
        .map(|value| value.parse::<usize>().map_err(|_| broken("a bad length")))
        .transpose()?;
    match (length, status) {
        (Some(length), _) => Ok(rest.get(..length).map(|body| Response {
            body: body.to_vec(),
            ..response
        })),
        (None, 204 | 304) => Ok(Some(response)),
        (None, _) => Ok(ended.then(|| Response {
            body: rest.to_vec(),
            ..response
        })),
    }
}

fn position(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}
