//! One request and one answer over each transport, byte for byte.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::helpers::{http as http1, wait};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What came back, over either version of HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        find(&self.trailers, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(field, _)| field == name);
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "twice: {name}");
    value
}

pub(crate) type Headers = Vec<(String, String)>;

pub(crate) fn headers(fields: &[(&str, &str)]) -> Headers {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    fields.iter().map(owned).collect()
}

/// A POST over HTTP/1.1, on a connection of its own.
#[track_caller]
pub(crate) fn post(address: SocketAddr, path: &str, headers: &Headers, body: &[u8]) -> Reply {
    send(address, "POST", path, headers, Some(body))
}

/// Any request over HTTP/1.1.
#[track_caller]
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> Reply {
    let bytes = http1::request(method, path, headers, body);
    let response = http1::exchange(address, &bytes).unwrap_or_else(|error| panic!("{error}"));
    Reply {
        status: response.status,
        headers: response.headers,
        body: response.body,
        trailers: Vec::new(),
    }
}

/// A POST over HTTP/2, its body in the given parts.
#[track_caller]
pub(crate) fn post2(address: SocketAddr, path: &str, headers: &Headers, parts: &[&[u8]]) -> Reply {
    wait(async {
        let mut connection = Http2::connect(address).await;
        connection.post(path, headers, parts).await.unwrap()
    })
}

/// A POST of which nothing comes but the head; the answer to that.
#[track_caller]
pub(crate) fn begin(address: SocketAddr, path: &str, headers: &Headers, http2: bool) -> Reply {
    if http2 {
        return wait(async {
            let mut connection = Http2::connect(address).await;
            let (response, _stream) = connection.open(path, headers).await;
            timeout(PATIENCE, read(response)).await.unwrap().unwrap()
        });
    }
    let mut fields = headers.clone();
    fields.push(("content-length".to_owned(), "100".to_owned()));
    send(address, "POST", path, &fields, None)
}

/// A connection of HTTP/2.
pub(crate) struct Http2(h2::client::SendRequest<Bytes>);

impl Http2 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        drop(tokio::spawn(connection));
        Self(sender)
    }

    /// Sends a head; the body and the answer are the caller's.
    pub(crate) async fn open(
        &mut self,
        path: &str,
        headers: &Headers,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let mut request = http::Request::post(format!("http://service.test{path}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        poll_fn(|cx| self.0.poll_ready(cx)).await.unwrap();
        self.0
            .send_request(request.body(()).unwrap(), false)
            .unwrap()
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &Headers,
        parts: &[&[u8]],
    ) -> Result<Reply, h2::Error> {
        let (response, mut stream) = self.open(path, headers).await;
        for part in parts {
            // A server that has refused need not take the rest.
            if stream
                .send_data(Bytes::copy_from_slice(part), false)
                .is_err()
            {
                break;
            }
        }
        stream.send_data(Bytes::new(), true).ok();
        timeout(PATIENCE, read(response)).await.unwrap()
    }
}

/// The whole answer.
pub(crate) async fn read(response: h2::client::ResponseFuture) -> Result<Reply, h2::Error> {
    let (head, mut stream) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = match data {
            Ok(data) => data,
            // After a whole answer the server may cut off the rest of a request.
            Err(error) if error.reason() == Some(h2::Reason::NO_ERROR) => break,
            Err(error) => return Err(error),
        };
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.ok().flatten();
    Ok(Reply {
        status: head.status.as_u16(),
        headers: fields(&head.headers),
        body,
        trailers: fields(&trailers.unwrap_or_default()),
    })
}

fn fields(map: &HeaderMap) -> Headers {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

/// A message in the frame of gRPC.
pub(crate) fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    let mut bytes = vec![flags];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(message);
    bytes
}

/// The frames in a body, which must be nothing else.
#[track_caller]
pub(crate) fn frames(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while !body.is_empty() {
        let (head, rest) = body.split_at(5);
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let (message, rest) = rest.split_at(length);
        frames.push((head[0], message.to_vec()));
        body = rest;
    }
    frames
}
