//! What every store does, whatever it is made of.
//!
//! A backend runs the suite with `contract_suite!`, handing over an expression that makes a fresh
//! store: a value with a method `store(&self) -> &dyn Store`, which keeps it alive.

pub(crate) mod access;
pub(crate) mod idps;
pub(crate) mod log;
pub(crate) mod search_members;
pub(crate) mod search_orgs;
pub(crate) mod search_pats;
pub(crate) mod search_sessions;
pub(crate) mod search_users;
pub(crate) mod sessions;
pub(crate) mod users;
pub(crate) mod writing;

/// A test for every case of the suite, on a fresh store each.
#[macro_export]
macro_rules! contract_suite {
    ($open:expr) => {
        $crate::contract_suite! { $open =>
            writing: {
                a_refused_commit_leaves_no_trace,
                a_stale_sequence_is_a_conflict,
                an_existing_id_is_refused,
                an_unknown_aggregate_is_a_conflict,
                several_aggregates_are_written_together,
                one_aggregate_may_be_written_twice_in_a_commit,
                what_does_not_fit_together_is_refused,
                every_read_sees_what_was_acknowledged,
                of_many_writers_of_one_session_one_wins,
            },
            sessions: {
                a_session_is_read_back_as_it_was_written,
                a_change_is_read_back,
                an_ended_session_stays_readable,
                a_view_shows_the_user,
                a_view_of_a_service_user_has_no_display_name,
                sessions_of_a_user_end_together,
                ending_sessions_never_goes_back_in_time,
                all_but_one_end_if_that_one_is_as_it_was,
            },
            users: {
                a_person_is_read_back_as_it_was_written,
                a_service_user_is_read_back_as_it_was_written,
                a_user_is_found_by_login_name,
                a_login_name_belongs_to_one_user,
                another_username_frees_the_old_login_name,
                a_user_who_is_not_active_is_refused,
                a_removed_user_leaves_its_names,
                failures_of_unknown_names_are_counted,
                organizations_are_read_back,
            },
            access: {
                a_token_is_read_with_its_owner_and_roles,
                a_revoked_token_is_gone,
                tokens_are_listed_oldest_first,
                tokens_go_with_their_user,
                roles_are_replaced_and_taken,
            },
            idps: {
                an_intent_is_read_back_as_it_was_written,
                an_intent_is_used_once,
                a_user_of_a_provider_is_linked_once,
            },
            search_pats: {
                every_filter_selects,
                tokens_are_shown_without_their_proof,
                tokens_are_sorted_and_paged,
                only_tokens_of_readable_users_are_counted,
            },
            search_sessions: {
                every_filter_selects,
                sessions_without_expiration_are_later_than_every_moment,
                ended_sessions_are_not_found,
                pages_follow_each_other,
                many_ids_are_no_trouble,
            },
            search_users: {
                every_filter_selects,
                texts_are_compared_as_asked,
                letters_of_every_script_have_two_cases,
                patterns_are_letters_like_others,
                conditions_nest,
                nesting_has_an_end,
                only_readable_users_are_counted,
                users_are_sorted,
                removed_users_are_not_found,
            },
            search_orgs: {
                every_filter_selects,
                only_readable_organizations_are_counted,
                organizations_are_sorted_and_paged,
            },
            search_members: {
                every_filter_selects,
                members_are_shown_with_their_names,
                only_readable_members_are_counted,
                members_are_sorted_and_paged,
                nesting_has_an_end,
            },
            log: {
                events_are_read_in_order,
                events_of_one_aggregate_are_read_alone,
                events_are_paged,
                the_head_is_the_last_event,
            },
        }
    };
    ($open:expr => $($module:ident: { $($case:ident,)+ },)+) => {
        $( mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    let kept = $open;
                    $crate::contract::$module::$case(kept.store()).await;
                }
            )+
        } )+
    };
}
