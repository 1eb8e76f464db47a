//! What the hasher must and must not do.
//!
//! The imported hashes were made with other implementations: argon2-cffi, bcrypt and passlib of Python
//! and its hashlib. The others are known examples of passlib, `crypt_blowfish`, jBCrypt and
//! `RustCrypto`.

use std::time::{Duration, Instant};

use super::*;

const PASSWORD: &str = "correct horse battery staple";

const CHEAP: PasswordHashing = PasswordHashing {
    memory_kib: 64,
    iterations: 2,
    parallelism: 1,
    threads: Some(1),
    queue: 16,
};

/// Hashes of [`PASSWORD`].
const IMPORTED: [&str; 20] = [
    "$argon2i$v=19$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNsdA$typcJFjAquc475/6/pBZ8Rx/3uXaUgorQ+H0sYrA19M",
    "$argon2d$v=19$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNsdA$Ms2nynrfagagfVW9nTMp4jrjyI8gaMm8bVLj1exKsy0",
    "$argon2id$v=19$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNsdA$VlQw+yMwI9SBEyV2x5o2H0l7JaHPIKC9w9bIZjiNX4o",
    "$argon2id$v=19$m=128,t=2,p=4$c2l4dGVlbiBieXRlIHNsdA$yxofrE3jx6+jjf+kVXWIHUO+ipF1oi/K",
    "$argon2i$v=16$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNsdA$nhK/CY47ar6cADptwmLTnwDPL4mzMS1LpTbE9NXb8NI",
    "$argon2i$m=64,t=3,p=1$c2l4dGVlbiBieXRlIHNsdA$nhK/CY47ar6cADptwmLTnwDPL4mzMS1LpTbE9NXb8NI",
    "$2a$04$kDwY6SQqsi5ohEH9P8uvNumehfyOkfq5nEkkcj6/xAHPdVOxIEt.6",
    "$2b$04$Em.UjJ1CQUdfKutrMaoh.uFvmVuYyKaSTUFPOuwM6KtiIyDosryMm",
    "$2y$04$MZG6tqnaauRabqpHVMEJzuAbIiniv5vI.X1VFuPDxyRgNx3FORCT.",
    "$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$WyZ4GtIa4iTzvNLBU4FFjgy2vonMP25AbZpJr0knpqw",
    "$scrypt$ln=5,r=4,p=2$c2l4dGVlbiBieXRlIHNsdA$LfCoHolC2NGcLRBXAGDgNNbkoaRg+7UvfipZAOKiKvY",
    "$7$ln=4,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$WyZ4GtIa4iTzvNLBU4FFjgy2vonMP25AbZpJr0knpqw",
    "$pbkdf2$1000$c2l4dGVlbiBieXRlIHNsdA$FMzdi193zlT50xfDm2YNyRZVEJU",
    "$pbkdf2-sha224$1000$c2l4dGVlbiBieXRlIHNsdA$MDaYmHriRtktcWX0Tj42KsUSIHHP.u3ky1v0Xg",
    "$pbkdf2-sha256$1000$c2l4dGVlbiBieXRlIHNsdA$BaruwSbpHYJRQRMzlz9t09usJ2bfLKNK.A6dm04mJuk",
    "$pbkdf2-sha384$1000$c2l4dGVlbiBieXRlIHNsdA$Fr/59WMnP.XHrN.GWh/43M8HgvbeW6RNCcpIFBmL1tQjsdMUmuo1qkvbpqOwH6hQ",
    "$pbkdf2-sha512$1000$c2l4dGVlbiBieXRlIHNsdA$3QMwrxLg4/X2UcnWiHG3oGtaw1Sr4coKsAAOWMiR/640yePfdIno4J23vNuKz9ZkADlvSFRe8oUd.qOpwSH1Ww",
    "$pbkdf2-sha256$i=1000,l=40$c2l4dGVlbiBieXRlIHNsdA$BaruwSbpHYJRQRMzlz9t09usJ2bfLKNK+A6dm04mJumQvGgVjsHkTA",
    "$pbkdf2-sha256$i=1000$c2l4dGVlbiBieXRlIHNsdA$BaruwSbpHYJRQRMzlz9t09usJ2bfLKNK+A6dm04mJumQvGgVjsHkTA",
    "$pbkdf2-sha256$1003$c2l4dGVlbiBieXRlIHNsdA==$dOAp4wSKQOtqvW47O/qCYiRUHnjlT+Mjr14atrpmhH4=",
];

fn pool() -> PasswordPool {
    PasswordPool::new(CHEAP).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

async fn check(pool: &PasswordPool, password: &str, hash: &str) -> PasswordCheck {
    pool.check(secret(password), HashText::new(hash))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_hashed_is_checked_and_stays() {
    let pool = pool();
    let hash = pool.hash(secret(PASSWORD)).await.unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    assert!(pool.accepts(hash.as_str()));
    assert_eq!(
        check(&pool, PASSWORD, hash.as_str()).await,
        PasswordCheck::Right
    );
    for wrong in [
        "",
        "correct horse battery stapl",
        "Correct horse battery staple",
        "correct horse battery staple ",
    ] {
        assert_eq!(
            check(&pool, wrong, hash.as_str()).await,
            PasswordCheck::Wrong,
            "{wrong:?}"
        );
    }
    let again = pool.hash(secret(PASSWORD)).await.unwrap();
    assert!(hash != again, "a salt of its own");
}

#[tokio::test]
async fn passwords_count_with_every_byte_whatever_they_are() {
    let pool = pool();
    let long = "x".repeat(200);
    for password in [
        String::new(),
        "pässwörd-ß".to_owned(),
        "a\0b".to_owned(),
        long,
    ] {
        let hash = pool.hash(secret(&password)).await.unwrap();
        assert_eq!(
            check(&pool, &password, hash.as_str()).await,
            PasswordCheck::Right
        );
        let longer = password.clone() + "y";
        assert_eq!(
            check(&pool, &longer, hash.as_str()).await,
            PasswordCheck::Wrong
        );
    }
}

#[tokio::test]
async fn imported_hashes_of_every_kind_are_checked_and_replaced() {
    let pool = pool();
    for imported in IMPORTED {
        assert!(pool.accepts(imported), "{imported}");
        assert_eq!(
            check(&pool, "wrong", imported).await,
            PasswordCheck::Wrong,
            "{imported}"
        );
        let PasswordCheck::RightButStale(fresh) = check(&pool, PASSWORD, imported).await else {
            panic!("not replaced: {imported}");
        };
        assert!(fresh.as_str().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
        assert_eq!(
            check(&pool, PASSWORD, fresh.as_str()).await,
            PasswordCheck::Right
        );
    }
}

#[tokio::test]
async fn examples_of_other_programs_are_checked() {
    let pool = pool();
    for (password, hash) in [
        (
            "password",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ),
        (
            "passwordPASSWORDpassword",
            "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q",
        ),
        (
            "U*U",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ),
        (
            "",
            "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
        ),
        (
            "pässwörd-ß",
            "$2b$04$MZG6tqnaauRabqpHVMEJzuAG9BHtJ8p3/FOOZPs5sPI0bYfZK5mO2",
        ),
    ] {
        assert!(
            matches!(
                check(&pool, password, hash).await,
                PasswordCheck::RightButStale(_)
            ),
            "{hash}"
        );
    }
}

#[tokio::test]
async fn chance_bits_behind_a_bcrypt_salt_do_no_harm() {
    // The same hash as in the list, with the last character of the salt changed in what is unused.
    let dirty = "$2b$04$Em.UjJ1CQUdfKutrMaoh.vFvmVuYyKaSTUFPOuwM6KtiIyDosryMm";
    let pool = pool();
    assert!(matches!(
        check(&pool, PASSWORD, dirty).await,
        PasswordCheck::RightButStale(_)
    ));
    assert_eq!(check(&pool, "wrong", dirty).await, PasswordCheck::Wrong);
}

#[tokio::test]
async fn what_bcrypt_did_not_see_does_not_become_the_password() {
    let hash = "$2b$04$MZG6tqnaauRabqpHVMEJzumIf.S7w0vWNayd6AHxw8T4FyoiVApOK";
    let (whole, longer) = ("x".repeat(72), "x".repeat(72) + "typing error");
    let pool = pool();
    assert!(matches!(
        check(&pool, &whole, hash).await,
        PasswordCheck::RightButStale(_)
    ));
    assert_eq!(check(&pool, &longer, hash).await, PasswordCheck::Right);
    assert_eq!(
        check(&pool, &"x".repeat(71), hash).await,
        PasswordCheck::Wrong
    );
}

#[tokio::test]
async fn a_hash_with_other_parameters_than_the_configured_is_replaced() {
    let old = PasswordHashing {
        memory_kib: 32,
        ..CHEAP
    };
    let hash = PasswordPool::new(old)
        .unwrap()
        .hash(secret(PASSWORD))
        .await
        .unwrap();
    for (memory_kib, iterations, parallelism) in [(32, 1, 1), (64, 2, 1), (32, 2, 2)] {
        let new = PasswordHashing {
            memory_kib,
            iterations,
            parallelism,
            ..CHEAP
        };
        let pool = PasswordPool::new(new).unwrap();
        assert!(
            matches!(
                check(&pool, PASSWORD, hash.as_str()).await,
                PasswordCheck::RightButStale(_)
            ),
            "{new:?}"
        );
    }
    let pool = PasswordPool::new(old).unwrap();
    assert_eq!(
        check(&pool, PASSWORD, hash.as_str()).await,
        PasswordCheck::Right
    );
}

#[tokio::test]
async fn malformed_and_monstrous_hashes_are_refused_before_any_work() {
    let pool = pool();
    let begin = Instant::now();
    for (place, from, to) in [
        (2, "m=64", "m=1048577"),
        (2, "m=64", "m=4294967295"),
        (2, "m=64,t=3", "m=1048576,t=5"),
        (2, "t=3", "t=33"),
        (2, "m=64,t=3,p=1", "m=1024,t=3,p=17"),
        (2, "p=1", "p=9"),
        (2, "v=19", "v=18"),
        (2, "c2l4dGVlbiBieXRlIHNsdA", "c2l4dGVlbg"),
        (2, "X4o", "X4p"),
        (7, "$04$", "$03$"),
        (7, "$04$", "$17$"),
        (7, "$04$", "$31$"),
        (7, "$04$", "$99$"),
        (7, "$04$", "$+4$"),
        (7, "$04$", "$4$"),
        (7, "$2b$", "$2x$"),
        (7, "$2b$", "$2$"),
        (7, "$2b$", "$2c$"),
        (7, "ryMm", "ryM"),
        (7, "ryMm", "ryMmm"),
        (7, "Em", "é"),
        (7, "Em", "E!"),
        (9, "ln=4", "ln=0"),
        (9, "ln=4", "ln=19"),
        (9, "ln=4", "ln=63"),
        (9, "ln=4", "ln=64"),
        (9, "r=8", "r=0"),
        (9, "r=8", "r=33"),
        (9, "p=1", "p=0"),
        (9, "p=1", "p=17"),
        (9, "ln=4,r=8,p=1", "ln=18,r=8,p=3"),
        (9, "ln=4,r=8,p=1", "ln=18,r=17,p=1"),
        (9, "ln=4,r=8,p=1", "ln=4,r=8"),
        (9, "pqw", "pq"),
        (14, "$1000$", "$0$"),
        (14, "$1000$", "$10000001$"),
        (14, "$1000$", "$-1$"),
        (14, "$1000$", "$4294967296$"),
        (14, "$1000$", "$$"),
        (14, "sha256", "md5"),
        (14, "sha256", "sha3"),
        (17, "i=1000", "i=5000001"),
        (17, "l=40", "l=32"),
        (17, "i=1000,l=40", "i=1000,l=40,x=1"),
    ] {
        let Some(good) = IMPORTED.get(place) else {
            panic!("no such hash: {place}");
        };
        assert!(good.contains(from), "{good} {from}");
        let bad = good.replace(from, to);
        assert!(!pool.accepts(&bad), "{bad}");
        let answer = pool
            .check(secret(PASSWORD), HashText::new(bad.as_str()))
            .await;
        assert_eq!(answer, Err(HashingError::Failed), "{bad}");
    }
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn what_is_no_hash_or_not_quite_one_is_refused() {
    let pool = pool();
    for good in IMPORTED {
        for bad in [
            format!("{good}$"),
            format!(" {good}"),
            format!("{good} "),
            format!("{good}\n"),
            format!("${good}"),
            good.replacen('$', "", 1),
            good.to_ascii_uppercase(),
            good.rsplit_once('$').unwrap().0.to_owned(),
            good.repeat(10),
        ] {
            assert!(!pool.accepts(&bad), "{bad}");
        }
    }
    for bad in [
        "",
        "$",
        "$$$$",
        "password",
        "$1$salt$hash",
        "{SSHA}x",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ] {
        assert!(!pool.accepts(bad), "{bad}");
    }
}

#[tokio::test]
async fn the_dearest_hashes_that_are_accepted_are_what_the_limits_say() {
    let pool = pool();
    for (place, from, to) in [
        (2, "m=64,t=3,p=1", "m=1048576,t=4,p=16"),
        (2, "m=64,t=3,p=1", "m=131072,t=32,p=1"),
        (7, "$04$", "$16$"),
        (9, "ln=4,r=8,p=1", "ln=18,r=8,p=2"),
        (14, "$1000$", "$10000000$"),
        (17, "i=1000", "i=5000000"),
    ] {
        let dear = IMPORTED.get(place).unwrap().replace(from, to);
        assert!(pool.accepts(&dear), "{dear}");
    }
}

#[tokio::test]
async fn nobody_costs_what_somebody_costs_and_is_never_let_in() {
    let hashing = PasswordHashing {
        memory_kib: 4096,
        iterations: 3,
        ..CHEAP
    };
    let pool = PasswordPool::new(hashing).unwrap();
    assert!(
        pool.recipe
            .nobody
            .as_str()
            .starts_with("$argon2id$v=19$m=4096,t=3,p=1$")
    );
    let hash = pool.hash(secret(PASSWORD)).await.unwrap();
    // The shortest of several, since the machine may have other things to do.
    let mut times = [Duration::MAX; 2];
    for _ in 0..7 {
        let begin = Instant::now();
        assert_eq!(
            check(&pool, "wrong", hash.as_str()).await,
            PasswordCheck::Wrong
        );
        times[0] = times[0].min(begin.elapsed());
        let begin = Instant::now();
        assert_eq!(pool.check_nobody(secret("wrong")).await, Ok(()));
        times[1] = times[1].min(begin.elapsed());
    }
    let ratio = times[1].as_secs_f64() / times[0].as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "{times:?}");
    for password in ["", PASSWORD, "\0"] {
        let nobody = pool.recipe.nobody.as_str().to_owned();
        assert_eq!(check(&pool, password, &nobody).await, PasswordCheck::Wrong);
    }
}

#[tokio::test]
async fn a_full_pool_answers_busy_and_recovers() {
    let hashing = PasswordHashing {
        memory_kib: 16_384,
        iterations: 8,
        threads: Some(1),
        queue: 2,
        ..CHEAP
    };
    let pool = PasswordPool::new(hashing).unwrap();
    assert_eq!(pool.threads(), 1);
    let begin = Instant::now();
    let answers: Vec<_> = (0..10).map(|_| pool.check_nobody(secret("x"))).collect();
    assert!(
        begin.elapsed() < Duration::from_millis(500),
        "queueing does not wait"
    );
    let mut outcomes = Vec::new();
    for answer in answers {
        outcomes.push(answer.await);
    }
    let busy = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(HashingError::Busy))
        .count();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(busy + done, 10);
    assert!(done >= 3, "one at work and two in the queue: {done}");
    assert!(busy >= 1, "and no more: {done}");
    assert_eq!(pool.check_nobody(secret("x")).await, Ok(()));
}

#[test]
fn unsound_parameters_are_refused() {
    for hashing in [
        PasswordHashing {
            memory_kib: 4,
            ..CHEAP
        },
        PasswordHashing {
            iterations: 0,
            ..CHEAP
        },
        PasswordHashing {
            parallelism: 0,
            ..CHEAP
        },
        PasswordHashing {
            threads: Some(0),
            ..CHEAP
        },
    ] {
        assert!(matches!(
            PasswordPool::new(hashing),
            Err(PoolError::Parameter(_))
        ));
    }
}

#[test]
fn debug_output_shows_parameters_and_no_hash() {
    let shown = format!("{:?}", pool());
    assert!(shown.contains("memory_kib: 64"), "{shown}");
    assert!(!shown.contains("argon2"), "{shown}");
}
