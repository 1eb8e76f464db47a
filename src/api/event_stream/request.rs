//! What a client wants to follow.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use url::form_urlencoded;

use crate::domain::error::Kind;
use crate::domain::event::{Aggregate, AggregateType, EventFilter, kind_named, types_named};
use crate::domain::ids::{Position, given_user_key};
use crate::error::Error;
use crate::ports::TailQuery;

/// What a client of server-sent events sends when it comes back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What is followed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Behind which position; nothing was said where there is none.
    pub(super) after: Option<Position>,
    /// Which events.
    pub(super) filter: TailQuery,
    /// Whether events that were archived may be missing.
    pub(super) gaps: bool,
    /// Whether the stream goes on at the end of the log.
    pub(super) follow: bool,
    /// After how many events it ends.
    pub(super) limit: Option<u64>,
}

impl Wanted {
    /// Reads a request. A client that comes back with a header wins over its own address, which it
    /// cannot change.
    ///
    /// # Errors
    /// 400 for what is unknown or no value: a filter that was mistyped must not let everything through.
    pub(super) fn read(request: &HttpRequest) -> Result<Self, Error> {
        let mut wanted = Self::of_query(request.uri().query().unwrap_or_default())?;
        if let Some(value) = request.headers().get(LAST_EVENT_ID) {
            let text = value.to_str().unwrap_or("\u{fffd}");
            // Nothing, as long as no event was seen.
            if !text.is_empty() {
                wanted.after = Some(position("Last-Event-ID", text)?);
            }
        }
        Ok(wanted)
    }

    fn of_query(query: &str) -> Result<Self, Error> {
        let mut single = Single::default();
        let mut named = EventFilter::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "aggregate_type" => {
                    for name in value.split(',') {
                        named.kinds.push(kind(name)?);
                    }
                }
                "event_type" => {
                    for name in value.split(',') {
                        named.types.extend(types(name)?);
                    }
                }
                "after" => set(&mut single.after, &name, value)?,
                "aggregate_id" => set(&mut single.aggregate_id, &name, value)?,
                "gaps" => set(&mut single.gaps, &name, value)?,
                "follow" => set(&mut single.follow, &name, value)?,
                "limit" => set(&mut single.limit, &name, value)?,
                _ => return Err(invalid(&name, "there is no such field")),
            }
        }
        let EventFilter { kinds, types } = EventFilter::new(named.kinds, named.types);
        let mut filter = TailQuery {
            kinds,
            types,
            ..TailQuery::default()
        };
        if let Some(id) = single.aggregate_id.filter(|id| !id.is_empty()) {
            let [kind] = filter.kinds.as_slice() else {
                return Err(invalid("aggregate_id", "needs one `aggregate_type`"));
            };
            // Numbers stand for themselves, other ids are those that clients gave to users.
            let key = given_user_key(&id).key();
            filter.aggregate = Some(Aggregate::from_stored(*kind, key));
        }
        Ok(Self {
            after: single
                .after
                .map(|text| position("after", &text))
                .transpose()?,
            filter,
            gaps: flag("gaps", single.gaps.as_deref(), false)?,
            follow: flag("follow", single.follow.as_deref(), true)?,
            limit: single.limit.map(|text| limit(&text)).transpose()?,
        })
    }
}

/// The fields that have one value.
#[derive(Debug, Default)]
struct Single<'q> {
    after: Option<Cow<'q, str>>,
    aggregate_id: Option<Cow<'q, str>>,
    gaps: Option<Cow<'q, str>>,
    follow: Option<Cow<'q, str>>,
    limit: Option<Cow<'q, str>>,
}

fn set<'q>(slot: &mut Option<Cow<'q, str>>, name: &str, value: Cow<'q, str>) -> Result<(), Error> {
    if slot.replace(value).is_some() {
        let text = format!("too many values for field \"{name}\"");
        return Err(Error::plain(Kind::InvalidArgument, text));
    }
    Ok(())
}

fn invalid(field: &str, why: &str) -> Error {
    let text = format!("parsing field \"{field}\": {why}");
    Error::plain(Kind::InvalidArgument, text)
}

fn position(field: &str, text: &str) -> Result<Position, Error> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number
        .map(Position::new)
        .ok_or_else(|| invalid(field, "not a position"))
}

fn limit(text: &str) -> Result<u64, Error> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| invalid("limit", "not a number above 0"))
}

fn flag(field: &str, text: Option<&str>, default: bool) -> Result<bool, Error> {
    match text {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(invalid(field, "neither `true` nor `false`")),
    }
}

fn kind(name: &str) -> Result<AggregateType, Error> {
    let none = || invalid("aggregate_type", "there is no such type of aggregate");
    kind_named(name).ok_or_else(none)
}

fn types(name: &str) -> Result<Vec<u16>, Error> {
    let found = types_named(name);
    if found.is_empty() {
        return Err(invalid("event_type", "there is no such type of event"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SessionId, UserId};

    fn read(query: &str) -> Result<Wanted, String> {
        Wanted::of_query(query).map_err(|error| error.text().into_owned())
    }

    #[test]
    fn nothing_follows_everything_from_now_on() {
        let wanted = Wanted {
            after: None,
            filter: TailQuery::default(),
            gaps: false,
            follow: true,
            limit: None,
        };
        assert_eq!(read(""), Ok(wanted));
    }

    #[test]
    fn filters_add_up() {
        let wanted =
            read("aggregate_type=user&aggregate_type=session,org&event_type=session.terminated");
        let filter = wanted.unwrap().filter;
        let kinds = [
            AggregateType::Org,
            AggregateType::User,
            AggregateType::Session,
        ];
        assert_eq!(filter.kinds, kinds);
        assert_eq!(filter.types, [407]);
    }

    #[test]
    fn types_of_events_name_their_aggregates() {
        let filter = read("event_type=session.otp.*,user.locked").unwrap().filter;
        assert_eq!(filter.kinds, [AggregateType::User, AggregateType::Session]);
        assert_eq!(filter.types, [311, 410, 411, 412, 413, 421, 422]);
    }

    #[test]
    fn one_aggregate_is_named_with_its_type() {
        let aggregate = |query| read(query).unwrap().filter.aggregate;
        assert_eq!(
            aggregate("aggregate_type=session&aggregate_id=7"),
            Some(Aggregate::Session(SessionId::new(7)))
        );
        assert_eq!(
            aggregate("event_type=user.locked&aggregate_id=7"),
            Some(Aggregate::User(UserId::new(7)))
        );
        assert_eq!(
            aggregate("aggregate_type=user&aggregate_id=my-user"),
            Some(Aggregate::User(given_user_key("my-user")))
        );
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for (query, text) in [
            (
                "aggregat_type=user",
                "parsing field \"aggregat_type\": there is no such field",
            ),
            (
                "aggregate_type=users",
                "parsing field \"aggregate_type\": there is no such type of aggregate",
            ),
            (
                "event_type=session",
                "parsing field \"event_type\": there is no such type of event",
            ),
            (
                "event_type=sess*",
                "parsing field \"event_type\": there is no such type of event",
            ),
            (
                "aggregate_id=7",
                "parsing field \"aggregate_id\": needs one `aggregate_type`",
            ),
            ("after=-1", "parsing field \"after\": not a position"),
            ("after=x", "parsing field \"after\": not a position"),
            ("after=1&after=1", "too many values for field \"after\""),
            ("limit=0", "parsing field \"limit\": not a number above 0"),
            (
                "follow=no",
                "parsing field \"follow\": neither `true` nor `false`",
            ),
        ] {
            assert_eq!(read(query), Err(text.to_owned()), "{query}");
        }
    }
}
