//! In which protocol and form a request speaks, told by its head alone.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use connectrpc::{CodecFormat, Protocol};

/// What `Accept-Post` tells a client whose content type is none of ours.
pub(super) const ACCEPT_POST: &str = "application/json, application/proto, \
     application/grpc, application/grpc+proto, application/grpc+json, \
     application/grpc-web, application/grpc-web+proto, application/grpc-web+json, \
     application/grpc-web-text, application/grpc-web-text+proto";

/// The same for procedures that stream, where Connect frames its messages.
pub(super) const ACCEPT_POST_STREAM: &str = "application/connect+json, application/connect+proto, \
     application/grpc, application/grpc+proto, application/grpc+json, \
     application/grpc-web, application/grpc-web+proto, application/grpc-web+json, \
     application/grpc-web-text, application/grpc-web-text+proto";

/// The protocol of a request and the form of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) protocol: Protocol,
    /// Whether the body is gRPC-Web in base64.
    pub(super) text: bool,
    /// The content type that the runtime is told: without parameters, and binary where it is text.
    pub(super) content_type: &'static str,
    /// Whether the body is made of Connect's frames.
    connect_frames: bool,
}

impl Form {
    /// The form that the content type names, if it is one of ours.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::named(headers.get(CONTENT_TYPE))
    }

    /// As [`of`](Self::of).
    pub(super) fn named(content_type: Option<&HeaderValue>) -> Option<Self> {
        let text = content_type?.to_str().ok()?;
        let found = Protocol::detect_from_content_type(text)?;
        let connect = found.protocol == Protocol::Connect;
        Some(Self {
            protocol: found.protocol,
            text: found.is_text_mode,
            content_type: content_type_of(found.protocol, found.codec_format, found.is_streaming),
            connect_frames: connect && found.is_streaming,
        })
    }

    /// Whether a procedure can be called in this form: only Connect tells streams and single messages
    /// apart by the content type.
    pub(super) fn fits(self, streams: bool) -> bool {
        self.protocol != Protocol::Connect || self.connect_frames == streams
    }

    /// Bytes that the frame of a single message adds to it.
    pub(super) fn frame(self) -> usize {
        if self.protocol == Protocol::Connect {
            0
        } else {
            connectrpc::envelope::HEADER_SIZE
        }
    }
}

fn content_type_of(protocol: Protocol, codec: CodecFormat, frames: bool) -> &'static str {
    protocol.response_content_type(codec, frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content_type: &str) -> Option<Form> {
        Form::named(Some(&HeaderValue::from_str(content_type).unwrap()))
    }

    #[test]
    fn content_types_name_protocols() {
        for (content_type, protocol, told, text) in [
            (
                "application/json",
                Protocol::Connect,
                "application/json",
                false,
            ),
            (
                "application/json; charset=utf-8",
                Protocol::Connect,
                "application/json",
                false,
            ),
            (
                "application/proto",
                Protocol::Connect,
                "application/proto",
                false,
            ),
            (
                "application/grpc",
                Protocol::Grpc,
                "application/grpc+proto",
                false,
            ),
            (
                "application/grpc-web+proto",
                Protocol::GrpcWeb,
                "application/grpc-web+proto",
                false,
            ),
            (
                "application/grpc-web-text",
                Protocol::GrpcWeb,
                "application/grpc-web+proto",
                true,
            ),
        ] {
            let found = form(content_type).unwrap();
            assert_eq!(
                (found.protocol, found.content_type, found.text),
                (protocol, told, text),
                "{content_type}"
            );
        }
        for none in [
            "",
            "text/plain",
            "application/grpc+thrift",
            "application/x-json",
        ] {
            assert_eq!(form(none), None, "{none}");
        }
    }

    #[test]
    fn what_accept_post_names_is_accepted() {
        for (list, streams) in [(ACCEPT_POST, false), (ACCEPT_POST_STREAM, true)] {
            for content_type in list.split(", ") {
                let found = form(content_type.trim()).unwrap();
                assert!(found.fits(streams), "{content_type}");
            }
        }
        assert!(!form("application/connect+json").unwrap().fits(false));
        assert!(!form("application/json").unwrap().fits(true));
    }
}
