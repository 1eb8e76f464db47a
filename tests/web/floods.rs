//! Many who come at once, and what is left for the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::error::PayloadError;
use bartizan::domain::client::{ForwardedHeader, Proxies, read_network};
use bartizan::web::Limits;
use bartizan::web::body::{self, BodyError, BodyMemory};
use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, stream};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::helpers::{Client, TestServer, patiently, request, status};

/// An address of the loopback network, of which a test has many.
fn local(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, number).into()
}

async fn connect_from(address: IpAddr, server: SocketAddr) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    Client(patiently(socket.connect(server)).await.unwrap())
}

async fn is_served(client: &mut Client<TcpStream>) -> bool {
    client.send(request("GET /unread")).await;
    status(&client.answer().await) == "200"
}

#[tokio::test]
async fn one_address_does_not_take_all_connections() {
    let server = TestServer::start(Limits {
        per_address: 3,
        ..Limits::default()
    });
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut client = connect_from(local(2), server.address).await;
        assert!(is_served(&mut client).await);
        open.push(client);
    }
    let mut refused = connect_from(local(2), server.address).await;
    assert_eq!(refused.rest().await, "");
    let mut other = connect_from(local(3), server.address).await;
    assert!(is_served(&mut other).await);

    // Whoever leaves makes room.
    drop(open);
    while server.handle.connections() > 1 {
        tokio::task::yield_now().await;
    }
    let mut again = connect_from(local(2), server.address).await;
    assert!(is_served(&mut again).await);
}

#[tokio::test]
async fn a_trusted_proxy_has_as_many_connections_as_it_needs() {
    let trusted = vec![read_network("127.0.0.2").unwrap()];
    let server = TestServer::start(Limits {
        per_address: 1,
        proxies: Arc::new(Proxies::new(trusted, ForwardedHeader::default())),
        ..Limits::default()
    });
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut client = connect_from(local(2), server.address).await;
        assert!(is_served(&mut client).await);
        open.push(client);
    }
    drop(open);
}

/// A body of which the test sends a part when it wants to.
fn slow_body() -> (
    UnboundedSender<Result<Bytes, PayloadError>>,
    impl Stream<Item = Result<Bytes, PayloadError>>,
) {
    let (sender, receiver) = unbounded_channel();
    let parts = stream::unfold(receiver, |mut receiver| async {
        let part = receiver.recv().await?;
        Some((part, receiver))
    });
    (sender, parts)
}

#[tokio::test]
async fn a_flood_of_large_bodies_has_bounded_memory() {
    const KIB: usize = 1 << 10;
    let memory = BodyMemory::new(10 * KIB);
    let part = || Ok(Bytes::from(vec![b'x'; 2 * KIB]));
    let read = |body| body::read(body, 8 * KIB, Duration::from_mins(1), &memory);
    let (first, body) = slow_body();
    let (second, other) = slow_body();
    first.send(part()).unwrap();
    second.send(part()).unwrap();
    let mut first_read = std::pin::pin!(read(body));
    let mut second_read = std::pin::pin!(read(other));
    // Eight of the first are gathered and two of the second: that is all there is room for.
    for _ in 0..3 {
        first.send(part()).unwrap();
    }
    assert!(first_read.as_mut().now_or_never().is_none());
    assert!(second_read.as_mut().now_or_never().is_none());
    second.send(part()).unwrap();
    assert_eq!(patiently(second_read).await, Err(BodyError::Crowded));
    // A body that comes in one piece needs none of it.
    let (third, body) = slow_body();
    third.send(part()).unwrap();
    drop(third);
    assert_eq!(patiently(read(body)).await.unwrap().len(), 2 * KIB);
    // What was refused or read has given its room back.
    drop(first);
    assert_eq!(patiently(first_read).await.unwrap().len(), 8 * KIB);
    let (fourth, body) = slow_body();
    for _ in 0..4 {
        fourth.send(part()).unwrap();
    }
    drop(fourth);
    assert_eq!(patiently(read(body)).await.unwrap().len(), 8 * KIB);
}
