//! Connect, gRPC-Web and gRPC: one handler for every path `/<package>.<Service>/<Method>`.
//!
//! The wire is the business of the library: frames, compression, codes, trailers. Here stands what
//! ZITADEL does around it, in the order in which REST does it: is there such a procedure, who is
//! asking, then the body, then the operation. A procedure is a line in `procedures`.
//!
//! | who | what |
//! |---|---|
//! | [`handle`] | the steps of one request |
//! | `form` | protocol and content types |
//! | `worker` | what is at a path |
//! | `procedures`, `call` | from a payload to an operation and back |
//! | `services`, `streams` | health, reflection, and the stop |
//! | `body`, `answer`, `text` | bodies between the server's types and the library's |
//! | `error` | the picture of an error |

mod answer;
mod body;
mod call;
mod error;
mod form;
mod handler;
mod procedures;
mod refusal;
mod services;
mod streams;
mod text;
mod worker;

pub use answer::Trailers;
pub use body::Parts;
pub use handler::handle;
pub(super) use handler::is_procedure;
pub(super) use refusal::answer_to;
pub use services::Services;
pub use worker::Rpc;
