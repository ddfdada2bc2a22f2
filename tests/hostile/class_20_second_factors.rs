//! Class 20, second factors: each code is good once, for one account and one moment, however it is sent.

use crate::accounts::{person, sign_in};
use crate::second_factor::{code, hidden, second_step, set_up};
use crate::support::TestSite;

#[test]
fn a_code_is_good_once_and_for_one_account() {
    let test = TestSite::new();
    let (secret, codes, _) = set_up(&person(&test, "kim"));
    let (_, others, _) = set_up(&person(&test, "lee"));
    let now = code(&secret, 1);
    let first = sign_in(&test, "kim").expect(200);
    second_step(&test, &first, &others[0]).expect(422);
    second_step(&test, &first, &now).expect(303);
    // The same code again, with the same proof or with another one.
    second_step(&test, &first, &now).expect(422);
    second_step(&test, &sign_in(&test, "kim"), &now).expect(422);
    // A proof belongs to its account, and to the password of its moment.
    let proof = hidden(&first, "proof");
    let lee = test.site.read(|db| trackway::auth::accounts::load(db, "lee")).unwrap().id;
    let forged = proof.replacen(|digit: char| digit.is_ascii_digit(), &lee.to_string(), 1);
    let send = |proof: &str, code: &str| {
        test.anonymous().post_signed("/-/login/second", &[("proof", proof), ("next", "/"), ("code", code)])
    };
    send(&forged, &others[0]).expect(422);
    send("", &codes[0]).expect(422);
    send("1.2.3.4", &codes[0]).expect(422);
    test.command_with_input(&["user", "password", "kim"], "another secret of words").expect(0);
    send(&proof, &codes[0]).expect(422);
    // Guessing is slowed down.
    let first = sign_in(&test, "lee").expect(200);
    let mut slowed = false;
    for _ in 0..12 {
        slowed |= second_step(&test, &first, "123456").status == 429;
    }
    assert!(slowed);
}
