//! How events make the instance and an organisation.

use super::{Instance, Org};
use crate::domain::event::{Event, InstanceEvent, OrgEvent, RecordedEvent};
use crate::domain::ids::{InstanceId, OrgId, Sequence};
use crate::domain::time::Timestamp;

/// The instance that a first event makes; `None` if it is no first event.
pub fn first_instance(id: InstanceId, at: Timestamp, event: &InstanceEvent) -> Option<Instance> {
    let InstanceEvent::Added(added) = event else {
        return None;
    };
    Some(Instance {
        id,
        sequence: Sequence::new(1),
        created_at: at,
        changed_at: at,
        name: added.name.clone(),
        default_org: None,
    })
}

/// The instance after one more event.
pub fn evolve_instance(mut instance: Instance, at: Timestamp, event: &InstanceEvent) -> Instance {
    instance.sequence = instance.sequence.next();
    instance.changed_at = at;
    if let InstanceEvent::DefaultOrgSet(set) = event {
        instance.default_org = Some(set.org_id);
    }
    instance
}

/// The organisation that a first event makes; `None` if it is no first event.
pub fn first_org(id: OrgId, at: Timestamp, event: &OrgEvent) -> Option<Org> {
    let OrgEvent::Added(added) = event else {
        return None;
    };
    Some(Org {
        id,
        sequence: Sequence::new(1),
        created_at: at,
        changed_at: at,
        name: added.name.clone(),
        primary_domain: String::new(),
    })
}

/// The organisation after one more event.
pub fn evolve_org(mut org: Org, at: Timestamp, event: &OrgEvent) -> Org {
    org.sequence = org.sequence.next();
    org.changed_at = at;
    if let OrgEvent::PrimaryDomainSet(set) = event {
        org.primary_domain.clone_from(&set.domain);
    }
    org
}

/// The instance that a history makes; `None` where it does not begin with `instance.added`.
pub fn fold_instance(history: &[RecordedEvent]) -> Option<Instance> {
    let mut instance = None;
    for recorded in history {
        let Event::Instance(event) = &recorded.event else {
            return None;
        };
        instance = match instance {
            None => {
                let id = InstanceId::new(recorded.aggregate.key());
                Some(first_instance(id, recorded.created_at, event)?)
            }
            Some(instance) => Some(evolve_instance(instance, recorded.created_at, event)),
        };
    }
    instance
}

/// The organisation that a history makes; `None` where it does not begin with `org.added`.
pub fn fold_org(history: &[RecordedEvent]) -> Option<Org> {
    let mut org = None;
    for recorded in history {
        let Event::Org(event) = &recorded.event else {
            return None;
        };
        org = match org {
            None => {
                let id = OrgId::new(recorded.aggregate.key());
                Some(first_org(id, recorded.created_at, event)?)
            }
            Some(org) => Some(evolve_org(org, recorded.created_at, event)),
        };
    }
    org
}
