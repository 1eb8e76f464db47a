//! A clock that jumps (design section 7): the program reads the time of day that the library gives it.

use serde_json::{Value, json};

use crate::place::{Place, json_of, text};
use crate::shim::Faults;
use crate::traffic::{Known, gaps, look_at};

const DAY: i64 = 24 * 60 * 60;

/// Events of an aggregate that were written after one of a later time.
const BACKWARDS: &str = "
    SELECT count(*) FROM events AS earlier
    JOIN events AS later
        ON later.aggregate_type = earlier.aggregate_type
        AND later.aggregate_id = earlier.aggregate_id
        AND later.sequence = earlier.sequence + 1
    WHERE later.created_at < earlier.created_at";

#[test]
fn jumps_of_the_clock_break_no_order() {
    jumps(false);
}

/// What the process itself remembers of the time ends with it.
#[test]
fn jumps_of_the_clock_between_two_servers_break_no_order() {
    jumps(true);
}

fn jumps(restarts: bool) {
    let (place, faults) = Faults::new(Place::new());
    let mut server = place.serve();
    let token = place.token("login-client.pat");
    let change = json!({ "metadata": { "a": "YQ==" } });
    let mut sessions: Vec<Known> = Vec::new();
    let mut dates = Vec::new();
    for offset in [0, -DAY, DAY, -30, 3 * DAY, -400 * DAY, 0] {
        faults.shift_clock(offset);
        if restarts {
            server.stop();
            server = place.serve();
        }
        for (session, date) in sessions.iter_mut().zip(&mut dates) {
            session.asked = Some("PATCH");
            let answer = server
                .call("PATCH", &session.target(), &token, &change)
                .unwrap();
            let before: u32 = session.sequence.parse().unwrap();
            session.answered(&answer);
            assert!(session.sequence.parse::<u32>().unwrap() > before);
            let changed = text(&json_of(&answer), "/details/changeDate");
            // Texts of one form: they compare as the moments do.
            assert!(changed >= *date, "{changed} after {date}");
            *date = changed;
        }
        let made = server
            .call("POST", "/v2/sessions", &token, &json!({}))
            .unwrap();
        dates.push(text(&json_of(&made), "/details/changeDate"));
        sessions.push(Known::of(&made));
        for session in &sessions {
            session.is_known_to(&server, &token);
        }
    }
    for session in &mut sessions {
        session.asked = Some("DELETE");
        let answer = server
            .call("DELETE", &session.target(), &token, &json!({}))
            .unwrap();
        session.answered(&answer);
    }
    server.stop();
    place.verified();
    let log = look_at(&place.data_dir());
    let backwards: i64 = log.query_row(BACKWARDS, [], |row| row.get(0)).unwrap();
    assert_eq!((backwards, gaps(&log)), (0, 0));
}

#[test]
fn an_expiry_that_was_seen_stays_passed_and_one_that_was_not_comes_with_the_time() {
    const PASSWORD: &str = "Secret123!";
    let (place, faults) = Faults::new(Place::new());
    let server = place.serve();
    let (admin, token) = (place.token("admin.pat"), place.token("login-client.pat"));
    let organisation = json_of(
        &server
            .call("POST", "/v2/organizations/_search", &admin, &json!({}))
            .unwrap(),
    );
    let human = json!({
        "organization": { "orgId": text(&organisation, "/result/0/id") },
        "username": "mini",
        "profile": { "givenName": "Mini", "familyName": "Mouse" },
        "email": { "email": "mini@example.com", "isVerified": true },
        "password": { "password": PASSWORD },
    });
    let added = server
        .call("POST", "/v2/users/human", &admin, &human)
        .unwrap();
    assert_eq!(
        added.status,
        200,
        "{}",
        String::from_utf8_lossy(&added.body)
    );
    let user = text(&json_of(&added), "/userId");
    let logged_in = |lifetime: &str| {
        let checks = json!({
            "checks": {
                "user": { "userId": user },
                "password": { "password": PASSWORD },
            },
            "lifetime": lifetime,
        });
        Known::of(
            &server
                .call("POST", "/v2/sessions", &token, &checks)
                .unwrap(),
        )
    };
    // As a bearer: its user may read itself, until it has expired.
    let target = format!("/v2/users/{user}");
    let accepted = |session: &Known| {
        let answer = server.call("GET", &target, &session.token, &Value::Null);
        let answer = answer.unwrap();
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            answer.status == 200 || said.contains("session expired"),
            "{said}"
        );
        answer.status == 200
    };
    let (short, long) = (logged_in("60s"), logged_in("7200s"));
    assert!(accepted(&short) && accepted(&long));
    faults.shift_clock(3_600);
    assert!(!accepted(&short));
    assert!(accepted(&long));
    // Back: what was seen as passed stays so, for who was asked about and for who was not.
    let unseen = logged_in("60s");
    faults.shift_clock(0);
    assert!(!accepted(&short), "an expiry was taken back");
    assert!(accepted(&long) && accepted(&unseen));
    faults.shift_clock(-DAY);
    assert!(!accepted(&short), "an expiry was taken back");
    assert!(accepted(&long));
    faults.shift_clock(10_800);
    assert!(!accepted(&short) && !accepted(&long) && !accepted(&unseen));
    server.stop();
    place.verified();
}
