//! The accept layer: one port, HTTP/1.1 and HTTP/2, one App behind both.
//!
//! actix-http cannot send the trailers that gRPC ends its answers with. So a connection that begins with
//! the HTTP/2 preface goes to hyper, in the same worker, which calls the same App service; every other
//! one goes to actix-http. With TLS it is the name that the handshake agreed on (ALPN) that decides,
//! and the first bytes only where there is none. Nothing here knows what the App serves.
//!
//! | who | what |
//! |---|---|
//! | [`serve`] | the listener, the workers, the stop |
//! | `connection`, `stream` | one connection: which protocol, and who speaks it |
//! | [`Tls`], [`Pair`] | what connections are encrypted with |
//! | `watch`, `io` | its deadlines |
//! | `intake`, `h1_body` | how much of it is read, and when |
//! | `crowd` | how many one address has |
//! | `answer`, `h2_request`, `h2_answer` | one request through the App |
//! | [`Seen`], [`Ended`] | what is known of a request |
//! | [`edge()`] | around the App: request ids, security headers, access log, contained panics |
//! | `trace` | the span of a request, with the feature `otel` |
//! | [`body`], [`cors()`] | for handlers and the App |

mod access_log;
mod answer;
pub mod body;
mod connection;
mod contain;
mod cork;
mod cors;
mod crowd;
mod edge;
mod h1_body;
mod h2_answer;
mod h2_request;
mod in_time;
mod intake;
mod io;
mod limits;
mod request_id;
mod security_headers;
mod seen;
mod server;
mod signal;
mod stop;
mod stream;
mod tls;
mod trace;
mod turn;
mod watch;
#[cfg(test)]
mod woken;

pub use answer::Trailers;
pub use contain::Failure;
pub use cors::cors;
pub use edge::edge;
pub use limits::{Http2, Limits};
pub use request_id::RequestId;
pub use seen::{Ended, Seen};
pub use server::{Server, ServerHandle, serve};
pub use signal::shutdown_signal;
pub use tls::{Pair, PairError, Tls};
pub use turn::at_end_of_turn;
