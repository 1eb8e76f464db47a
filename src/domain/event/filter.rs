//! Which events somebody is told of, by the names of their types.

use super::{AggregateType, event_types};

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of these types of aggregates alone, in order; of all where there is none.
    pub kinds: Vec<AggregateType>,
    /// With these numbers alone, in order; with all where there is none.
    pub types: Vec<u16>,
}

impl EventFilter {
    /// Types of events name the types of their aggregates as well.
    #[must_use]
    pub fn new(mut kinds: Vec<AggregateType>, mut types: Vec<u16>) -> Self {
        types.sort_unstable();
        types.dedup();
        if kinds.is_empty() && !types.is_empty() {
            let has = |kind: &AggregateType| {
                let known = kind.event_types().iter();
                known.into_iter().any(|(code, _)| types.contains(code))
            };
            kinds = AggregateType::ALL.into_iter().filter(has).collect();
        }
        kinds.sort_unstable();
        kinds.dedup();
        Self { kinds, types }
    }

    /// Whether events of these aggregates can be among them.
    #[must_use]
    pub fn covers(&self, kind: AggregateType) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// The type of aggregates with a name.
#[must_use]
pub fn kind_named(name: &str) -> Option<AggregateType> {
    AggregateType::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
}

/// The number of a type of events, or those of all whose names begin with what stands before `.*`; none
/// for a name that nothing has.
#[must_use]
pub fn types_named(name: &str) -> Vec<u16> {
    let group = name.strip_suffix('*').filter(|group| group.ends_with('.'));
    let wanted = |known: &str| match group {
        Some(group) => known.starts_with(group),
        None => known == name,
    };
    event_types()
        .filter_map(|(code, known)| wanted(known).then_some(code))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_one_type_or_for_a_group() {
        assert_eq!(types_named("session.terminated"), [407]);
        assert_eq!(types_named("session.otp.sms.*"), [410, 411, 422]);
        for name in ["", "*", "session", "sess*", "session.x"] {
            assert_eq!(types_named(name), [0; 0], "{name}");
        }
        assert_eq!(kind_named("session"), Some(AggregateType::Session));
        assert_eq!(kind_named("sessions"), None);
    }

    #[test]
    fn types_of_events_name_their_aggregates() {
        let filter = EventFilter::new(Vec::new(), vec![407, 311, 407]);
        assert_eq!(filter.kinds, [AggregateType::User, AggregateType::Session]);
        assert_eq!(filter.types, [311, 407]);
        assert!(filter.covers(AggregateType::Session));
        assert!(!filter.covers(AggregateType::Org));
        assert!(EventFilter::default().covers(AggregateType::Org));
    }
}
