//! Points in time and spans of it.

use bartizan_proto::buffa::MessageField;
use bartizan_proto::buffa_types::google::protobuf::{Duration, Timestamp};
use bartizan_proto::zitadel::session::v2::{Session, SetSessionRequest};

use crate::{read, refused, write};

fn at(seconds: i64, nanos: i32) -> Timestamp {
    Timestamp {
        seconds,
        nanos,
        ..Timestamp::default()
    }
}

#[test]
fn timestamps_are_written_in_utc_with_groups_of_three_digits() {
    for (nanos, text) in [
        (0, "1970-01-01T00:00:01Z"),
        (120_000_000, "1970-01-01T00:00:01.120Z"),
        (123_400_000, "1970-01-01T00:00:01.123400Z"),
        (1, "1970-01-01T00:00:01.000000001Z"),
    ] {
        let session = Session {
            creation_date: MessageField::some(at(1, nanos)),
            ..Session::default()
        };
        let json = format!(r#"{{"creationDate":"{text}"}}"#);
        assert_eq!(write(&session), json);
        assert_eq!(read::<Session>(&json), session);
    }
    let year_one = Session {
        creation_date: MessageField::some(at(-62_135_596_800, 0)),
        ..Session::default()
    };
    assert_eq!(
        write(&year_one),
        r#"{"creationDate":"0001-01-01T00:00:00Z"}"#
    );
}

#[test]
fn timestamps_are_read_with_any_offset() {
    for text in [
        "2026-07-10T05:32:39.007096Z",
        "2026-07-10T05:32:39.007096+00:00",
        "2026-07-10T07:32:39.007096+02:00",
        "2026-07-09T23:02:39.007096000-06:30",
    ] {
        let session: Session = read(&format!(r#"{{"creationDate":"{text}"}}"#));
        assert_eq!(
            *session.creation_date,
            at(1_783_661_559, 7_096_000),
            "{text}"
        );
    }
    for wrong in [
        "2026-07-10T05:32:39",
        "2026-07-10",
        "2026-07-10 05:32:39Z",
        "2026-07-10t05:32:39z",
        "2026-02-30T00:00:00Z",
        "2026-07-10T24:00:00Z",
        "2026-07-10T05:32:60Z",
        "+026-07-10T05:32:39Z",
        "2026-07-10T+5:32:39Z",
        "2026-07-10T05:32:39.Z",
        "2026-07-10T05:32:39.0123456789Z",
        "2026-07-10T05:32:39+2:00",
        "2026-07-10T05:32:39+0200",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "",
        "Z",
        "now",
    ] {
        refused::<Session>(&format!(r#"{{"creationDate":"{wrong}"}}"#));
    }
    refused::<Session>(r#"{"creationDate":1783661559}"#);
}

#[test]
fn durations_are_decimal_seconds() {
    for (seconds, nanos, text) in [
        (18_000, 0, "18000s"),
        (1, 500_000_000, "1.500s"),
        (0, 1_000, "0.000001s"),
        (-1, -1, "-1.000000001s"),
        (0, -500_000_000, "-0.500s"),
        (315_576_000_000, 0, "315576000000s"),
    ] {
        let lifetime = Duration {
            seconds,
            nanos,
            ..Duration::default()
        };
        let request = SetSessionRequest {
            lifetime: MessageField::some(lifetime),
            ..Default::default()
        };
        let json = format!(r#"{{"lifetime":"{text}"}}"#);
        assert_eq!(write(&request), json);
        assert_eq!(read::<SetSessionRequest>(&json), request);
    }
    for (text, seconds, nanos) in [
        ("+5s", 5, 0),
        (".5s", 0, 500_000_000),
        ("5.s", 5, 0),
        ("0.25s", 0, 250_000_000),
    ] {
        let request: SetSessionRequest = read(&format!(r#"{{"lifetime":"{text}"}}"#));
        assert_eq!(
            (request.lifetime.seconds, request.lifetime.nanos),
            (seconds, nanos),
            "{text}"
        );
    }
    for wrong in [
        "5",
        "s",
        "",
        "-s",
        "5 s",
        "05s",
        "--5s",
        "+-5s",
        "5m",
        "1.0123456789s",
        "1e3s",
        "5.5.5s",
        "315576000001s",
        "-315576000001s",
        "99999999999999999999s",
    ] {
        refused::<SetSessionRequest>(&format!(r#"{{"lifetime":"{wrong}"}}"#));
    }
    refused::<SetSessionRequest>(r#"{"lifetime":5}"#);
    refused::<SetSessionRequest>(r#"{"lifetime":{"seconds":5}}"#);
}
