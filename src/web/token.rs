//! Form tokens: signed, timed, bound to the session or to nobody, so that anonymous readers need no cookie (DESIGN 5).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::base::site::hex;
use crate::base::time::Instant;

/// A form may stay open for so long.
const LIFETIME_SECONDS: i64 = 2 * 86_400;

/// A token for forms of this session (empty: of nobody).
pub fn issue(secret: &[u8; 32], session: &str) -> String {
    let time = Instant::now().seconds();
    let mark = if session.is_empty() { "" } else { OF_A_SESSION };
    format!("{mark}{time:x}.{}", signature(secret, session, time))
}

/// Begins tokens that were given to somebody signed in. It proves nothing: it only tells whom to ask to sign in again.
const OF_A_SESSION: &str = "s";

/// Whether the token looks like one for somebody who was signed in.
pub fn was_of_a_session(token: &str) -> bool {
    token.starts_with(OF_A_SESSION)
}

pub fn is_valid(secret: &[u8; 32], session: &str, token: &str) -> bool {
    let Some((time_text, given)) = token.trim_start_matches(OF_A_SESSION).split_once('.') else {
        return false;
    };
    let Ok(time) = i64::from_str_radix(time_text, 16) else {
        return false;
    };
    let age = Instant::now().seconds().saturating_sub(time);
    let expected = signature(secret, session, time);
    same(&expected, given) && (0..=LIFETIME_SECONDS).contains(&age)
}

fn signature(secret: &[u8; 32], session: &str, time: i64) -> String {
    sign(secret, &["form", session, &time.to_string()])
}

/// Signs parts of which the first says what for.
pub fn sign(secret: &[u8; 32], parts: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    // Each part is told apart by its length: no two inputs are alike (trackers.md e2, class 34).
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    hex(&mac.finalize().into_bytes()[..16])
}

/// Whether two signatures are the same; how much of them is takes no longer to find out (trackers.md e2, class 21).
pub fn same(expected: &str, given: &str) -> bool {
    !expected.is_empty()
        && expected.len() == given.len()
        && expected.bytes().zip(given.bytes()).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_its_session_only() {
        let secret = [7; 32];
        let token = issue(&secret, "abc");
        assert!(is_valid(&secret, "abc", &token));
        assert!(!is_valid(&secret, "abd", &token));
        assert!(!is_valid(&[8; 32], "abc", &token));
        for forged in ["", ".", "0.", "zz.00", &token.replace('.', "0.")] {
            assert!(!is_valid(&secret, "abc", forged), "{forged}");
        }
    }

    #[test]
    fn an_old_token_has_run_out() {
        let secret = [7; 32];
        let old = Instant::now().seconds() - LIFETIME_SECONDS - 5;
        let token = format!("{old:x}.{}", signature(&secret, "", old));
        assert!(!is_valid(&secret, "", &token));
    }
}
