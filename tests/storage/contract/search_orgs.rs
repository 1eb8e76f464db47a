//! Searching organisations.

use bartizan::domain::ids::OrgId;
use bartizan::ports::{OrgFilter, OrgOrder, OrgQuery, Orgs, Store, TextMatch, TextMethod};

use crate::fixture::{ORG, first_start, new_org, written};

const GAMMA: OrgId = OrgId::new(5);
const BETA: OrgId = OrgId::new(6);

/// The default organisation and two more, all of one moment.
async fn world(store: &dyn Store) {
    let mut first = first_start();
    first.appends.push(new_org(GAMMA, "gamma.example"));
    first.appends.push(new_org(BETA, "\u{df}eta.example"));
    written(store, first).await;
}

fn query(filters: Vec<OrgFilter>) -> OrgQuery {
    OrgQuery {
        readable: Orgs::All,
        filters,
        order: OrgOrder::CreationDate,
        ascending: true,
        offset: 0,
        limit: 1_000,
    }
}

async fn search(store: &dyn Store, query: OrgQuery) -> (u64, Vec<OrgId>) {
    let page = store.search_orgs(query).await.unwrap();
    (page.total, page.orgs.iter().map(|org| org.id).collect())
}

fn domain(method: TextMethod, ignore_case: bool, value: &str) -> OrgFilter {
    OrgFilter::Domain(TextMatch {
        method,
        ignore_case,
        value: value.to_owned(),
    })
}

pub(crate) async fn every_filter_selects(store: &dyn Store) {
    world(store).await;
    let first = store.org(GAMMA).await.unwrap().unwrap();
    let named = |value: &str| {
        OrgFilter::Name(TextMatch {
            method: TextMethod::Equals,
            ignore_case: false,
            value: value.to_owned(),
        })
    };
    for (filters, expected) in [
        (vec![], &[GAMMA, BETA, ORG][..]),
        (vec![OrgFilter::All], &[GAMMA, BETA, ORG]),
        (vec![OrgFilter::Never], &[]),
        (vec![OrgFilter::Id(BETA)], &[BETA]),
        (vec![OrgFilter::Id(OrgId::new(99))], &[]),
        (vec![named(&first.name), OrgFilter::Id(GAMMA)], &[GAMMA]),
        (
            vec![domain(TextMethod::StartsWith, true, "GAMMA")],
            &[GAMMA],
        ),
        (vec![domain(TextMethod::StartsWith, false, "GAMMA")], &[]),
        (vec![domain(TextMethod::Contains, false, "%")], &[]),
        (
            vec![
                domain(TextMethod::EndsWith, false, ".example"),
                OrgFilter::Id(GAMMA),
            ],
            &[GAMMA],
        ),
    ] {
        let shown = format!("{filters:?}");
        let (total, found) = search(store, query(filters)).await;
        assert_eq!(
            (total, &found[..]),
            (expected.len() as u64, expected),
            "{shown}"
        );
    }
}

pub(crate) async fn only_readable_organizations_are_counted(store: &dyn Store) {
    world(store).await;
    for (readable, expected) in [
        (vec![], &[][..]),
        (vec![BETA], &[BETA]),
        (vec![BETA, ORG, BETA], &[BETA, ORG]),
    ] {
        let query = OrgQuery {
            readable: Orgs::Some(readable),
            ..query(vec![])
        };
        let (total, found) = search(store, query).await;
        assert_eq!((total, &found[..]), (expected.len() as u64, expected));
    }
}

pub(crate) async fn organizations_are_sorted_and_paged(store: &dyn Store) {
    world(store).await;
    for (order, ascending, offset, limit, expected) in [
        (OrgOrder::CreationDate, false, 0, 9, &[ORG, BETA, GAMMA][..]),
        (OrgOrder::CreationDate, true, 1, 1, &[BETA]),
        (OrgOrder::CreationDate, true, u64::MAX, 9, &[]),
        (OrgOrder::CreationDate, true, 0, 0, &[]),
    ] {
        let query = OrgQuery {
            order,
            ascending,
            offset,
            limit,
            ..query(vec![])
        };
        assert_eq!(search(store, query).await, (3, expected.to_vec()));
    }
    let mut named = query(vec![OrgFilter::All]);
    named.order = OrgOrder::Name;
    let (_, upwards) = search(store, named.clone()).await;
    named.ascending = false;
    let (_, mut downwards) = search(store, named).await;
    downwards.reverse();
    assert_eq!(upwards, downwards);
}
