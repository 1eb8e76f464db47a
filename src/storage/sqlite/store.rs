//! The port, call by call.

use std::future::ready;

use tokio::sync::oneshot;

use super::error::Unanswered;
use super::sweep::Sweep;
use super::writer::{Answer, Remove, Request, Settle, Unknown};
use super::{
    SqliteStore, cursors, idp_links, intents, log, members, orgs, outbox, pats, search_members,
    search_orgs, search_pats, search_sessions, search_users, sessions, tail, unknown, users, views,
};
use crate::domain::event::{Aggregate, RecordedEvent};
use crate::domain::ids::{IntentId, OrgId, PatId, SessionId, UserId};
use crate::domain::intent::Intent;
use crate::domain::org::{Instance, Member, Org};
use crate::domain::session::{Session, SessionState};
use crate::domain::time::Timestamp;
use crate::domain::user::{Failures, IdpLink, Pat, User};
use crate::ports::{
    CodeDigest, Commit, Committed, Cursor, Deliveries, DueMessage, EventQuery, Feed, Head, InLine,
    MemberPage, MemberQuery, OrgPage, OrgQuery, PatBearer, PatPage, PatQuery, Pending, SessionPage,
    SessionQuery, SessionView, Settlement, Store, StoreError, Stretch, TailQuery, Upkeep, UserPage,
    UserQuery, UserView, spanned,
};

impl SqliteStore {
    /// Hands a request to the writer. It is written even if nobody waits for the answer.
    pub(super) fn write<'s, T: Send + 's>(
        &'s self,
        request: Request,
        answer: Answer<T>,
    ) -> Pending<'s, Result<T, StoreError>> {
        let submitted = self.writer.submit(request);
        Box::pin(async move {
            submitted?;
            answer.await.map_err(|_| Unanswered)?
        })
    }
}

impl Store for SqliteStore {
    fn hold(&self) -> bool {
        self.readers.hold()
    }

    fn let_go(&self) {
        self.readers.let_go();
    }

    fn commit(&self, commit: Commit) -> Pending<'_, Result<Committed, StoreError>> {
        let (sender, answer) = oneshot::channel();
        spanned(
            "commit",
            self.write(Request::Commit(Box::new(commit), sender), answer),
        )
    }

    fn line(&self, aggregate: Aggregate) -> Pending<'_, InLine> {
        self.lines.wait(aggregate)
    }

    fn count_unknown(
        &self,
        name: CodeDigest,
        at: Timestamp,
        forget_before: Timestamp,
    ) -> Pending<'_, Result<Failures, StoreError>> {
        let (sender, answer) = oneshot::channel();
        let unknown = Unknown {
            name,
            at,
            forget_before,
        };
        self.write(Request::Count(unknown, sender), answer)
    }

    fn unknown_failures(&self, name: CodeDigest) -> Pending<'_, Result<Failures, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| unknown::failures(connection, &name)),
        ))
    }

    fn session(&self, id: SessionId) -> Pending<'_, Result<Option<Session>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| sessions::load(connection, id)),
        ))
    }

    fn session_state(
        &self,
        id: SessionId,
    ) -> Pending<'_, Result<Option<SessionState>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| sessions::state(connection, id)),
        ))
    }

    fn session_view(&self, id: SessionId) -> Pending<'_, Result<Option<SessionView>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| views::session(connection, id)),
        ))
    }

    fn search_sessions(&self, query: SessionQuery) -> Pending<'_, Result<SessionPage, StoreError>> {
        self.searchers
            .run(move |connection| search_sessions::page(connection, &query))
    }

    fn user(&self, id: UserId) -> Pending<'_, Result<Option<User>, StoreError>> {
        Box::pin(ready(
            self.readers.read(|connection| users::load(connection, id)),
        ))
    }

    fn user_by_login_name(&self, name: &str) -> Pending<'_, Result<Option<User>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| users::load_by_login_name(connection, name)),
        ))
    }

    fn user_view(&self, id: UserId) -> Pending<'_, Result<Option<UserView>, StoreError>> {
        Box::pin(ready(
            self.readers.read(|connection| views::user(connection, id)),
        ))
    }

    fn search_users(&self, query: UserQuery) -> Pending<'_, Result<UserPage, StoreError>> {
        self.searchers
            .run(move |connection| search_users::page(connection, &query))
    }

    fn pat_bearer(&self, id: PatId) -> Pending<'_, Result<Option<PatBearer>, StoreError>> {
        Box::pin(ready(self.readers.pat_bearer(id)))
    }

    fn pats(&self, user: UserId) -> Pending<'_, Result<Vec<Pat>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| pats::of_user(connection, user)),
        ))
    }

    fn search_pats(&self, query: PatQuery) -> Pending<'_, Result<PatPage, StoreError>> {
        self.searchers
            .run(move |connection| search_pats::page(connection, &query))
    }

    fn intent(&self, id: IntentId) -> Pending<'_, Result<Option<Intent>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| intents::load(connection, id)),
        ))
    }

    fn idp_links(&self, user: UserId) -> Pending<'_, Result<Vec<IdpLink>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| idp_links::of_user(connection, user)),
        ))
    }

    fn idp_link_owner(
        &self,
        idp_id: &str,
        external_id: &str,
    ) -> Pending<'_, Result<Option<UserId>, StoreError>> {
        Box::pin(ready(self.readers.read(|connection| {
            idp_links::owner(connection, idp_id, external_id)
        })))
    }

    fn members(&self, user: Option<UserId>) -> Pending<'_, Result<Vec<Member>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| members::load(connection, user)),
        ))
    }

    fn search_members(&self, query: MemberQuery) -> Pending<'_, Result<MemberPage, StoreError>> {
        self.searchers
            .run(move |connection| search_members::page(connection, &query))
    }

    fn instance(&self) -> Pending<'_, Result<Option<Instance>, StoreError>> {
        Box::pin(ready(self.readers.read(orgs::load_instance)))
    }

    fn org(&self, id: OrgId) -> Pending<'_, Result<Option<Org>, StoreError>> {
        Box::pin(ready(
            self.readers.read(|connection| orgs::load(connection, id)),
        ))
    }

    fn org_by_domain(&self, domain: &str) -> Pending<'_, Result<Option<Org>, StoreError>> {
        Box::pin(ready(
            self.readers
                .read(|connection| orgs::load_by_domain(connection, domain)),
        ))
    }

    fn search_orgs(&self, query: OrgQuery) -> Pending<'_, Result<OrgPage, StoreError>> {
        self.searchers
            .run(move |connection| search_orgs::page(connection, &query))
    }

    fn events(&self, query: EventQuery) -> Pending<'_, Result<Vec<RecordedEvent>, StoreError>> {
        self.searchers
            .run(move |connection| log::page(connection, &query))
    }

    fn tail(&self, query: TailQuery) -> Pending<'_, Result<Stretch, StoreError>> {
        self.searchers
            .run(move |connection| tail::stretch(connection, &query))
    }

    fn committed(&self) -> Pending<'static, ()> {
        self.bell.rung()
    }

    fn head(&self) -> Pending<'_, Result<Head, StoreError>> {
        Box::pin(ready(self.readers.read(log::head)))
    }
}

impl Deliveries for SqliteStore {
    fn due_messages(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Pending<'_, Result<Vec<DueMessage>, StoreError>> {
        self.searchers
            .run(move |connection| outbox::due(connection, now, most))
    }

    fn next_due(&self, now: Timestamp) -> Pending<'_, Result<Option<Timestamp>, StoreError>> {
        self.searchers
            .run(move |connection| outbox::next_due(connection, now))
    }

    fn settle(&self, id: i64, settlement: Settlement) -> Pending<'_, Result<(), StoreError>> {
        let (sender, answer) = oneshot::channel();
        let settle = Settle::Message { id, settlement };
        self.write(Request::Settle(settle, sender), answer)
    }
}

impl Feed for SqliteStore {
    fn stretch(&self, query: TailQuery) -> Pending<'_, Result<Stretch, StoreError>> {
        self.tail(query)
    }

    fn changed(&self) -> Pending<'static, ()> {
        self.committed()
    }

    fn end(&self) -> Pending<'_, Result<Head, StoreError>> {
        self.head()
    }

    fn cursors(&self) -> Pending<'_, Result<Vec<Cursor>, StoreError>> {
        self.searchers.run(cursors::all)
    }

    fn move_cursor(&self, cursor: Cursor) -> Pending<'_, Result<(), StoreError>> {
        let (sender, answer) = oneshot::channel();
        self.write(Request::Settle(Settle::Cursor(cursor), sender), answer)
    }
}

impl Upkeep for SqliteStore {
    fn sweep(&self, ended_before: Timestamp, most: u32) -> Pending<'_, Result<u64, StoreError>> {
        let (sender, answer) = oneshot::channel();
        let sweep = Sweep { ended_before, most };
        self.write(Request::Remove(Remove::Sessions(sweep), sender), answer)
    }
}
