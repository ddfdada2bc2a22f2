//! The same doors for everybody else: people of another project, those who play a part on a private ticket, those who watch
//! components from inside, somebody whose account is disabled, and programs with tokens of each scope.
//!
//! Nothing is declared for each of them and each door: every one is like one of the declared viewers, but for the few
//! addresses that say otherwise here; a token is like its account, or is refused. Whoever may not see all that a house hides gets the very same bytes from one that hides no more
//! than they may see.

use super::house::{Guard, Hides, House};
use super::rules::{Door, Rule};
use super::{VIEWERS, compare, complain_of_difference, leaves_traces, rules};
use crate::support::answer::Answer;

struct Other {
    name: &'static str,
    /// Whom they are like.
    like: &'static str,
    /// A house with nothing that they may not see; none for who sees everything.
    sees: Option<Hides>,
    /// Addresses at which they are answered otherwise.
    but: &'static [(&'static str, u16)],
}

/// Those who take part in the private ticket are like the insider there, but for its notes.
const TAKE_PART: &[(&str, u16)] =
    &[("/demo/ticket/3?action=note-history&note=1", 404), ("/demo/ticket/3/note/1", 404), ("/demo/search?q=%233", 303)];

/// Whose account is disabled; their browser still shows the session.
const LEAVER: &str = "leaver";

const OTHERS: [Other; 6] = [
    // Whose only project is another one.
    Other { name: "elsewhere", like: "stranger", sees: Some(Hides::Nothing), but: &[("/", 303)] },
    Other { name: LEAVER, like: "anonymous", sees: Some(Hides::Nothing), but: &[] },
    Other { name: "reporter", like: "member", sees: Some(Hides::Private), but: TAKE_PART },
    Other { name: "owner", like: "member", sees: Some(Hides::Private), but: TAKE_PART },
    Other { name: "cc", like: "member", sees: Some(Hides::Private), but: TAKE_PART },
    Other { name: "admincc", like: "member", sees: Some(Hides::Nothing), but: &[] },
];

impl Other {
    /// What they are answered at a door, from what is declared for whom they are like.
    fn declared(&self, door: &Door) -> u16 {
        if let Some((_, answer)) = self.but.iter().find(|(address, _)| *address == door.address) {
            return *answer;
        }
        let takes_part = self.sees == Some(Hides::Private) && is_of_private(door.address);
        column(door, if takes_part { "insider" } else { self.like })
    }
}

/// A token, and the account that it is of, or somebody who is like that.
struct Token {
    name: &'static str,
    like: &'static str,
    sees: Option<Hides>,
    writes: bool,
    /// At least so many doors of each part are open to it, to reading and to writing: a token that opens none proves nothing.
    opens: [usize; 2],
}

const TOKENS: [Token; 5] = [
    Token { name: "reading token", like: "member", sees: Some(Hides::Nothing), writes: false, opens: [40, 0] },
    Token { name: "writing token", like: "member", sees: Some(Hides::Nothing), writes: true, opens: [40, 5] },
    Token { name: "insider's token", like: "insider", sees: None, writes: false, opens: [40, 0] },
    Token { name: "admin's token", like: "admin", sees: None, writes: true, opens: [60, 10] },
    Token {
        name: "admin's token for another project",
        like: "stranger",
        sees: Some(Hides::Nothing),
        writes: true,
        opens: [1, 0],
    },
];

impl Token {
    /// Complains of an answer that opens what is shut to its account. What the account may, a token may, or it is refused.
    fn compare(&self, complaints: &mut Vec<String>, rule: &Rule, door: &Door, answer: &Answer) {
        let to_sign_in = answer.status == 303 && answer.location().starts_with("/-/login");
        let only_project = answer.status == 303 && door.address == "/";
        // Whoever is not signed in is shown the way to do so.
        let signs_in = door.address.starts_with("/-/login");
        // The token of a feed is looked at after that of a program.
        let by_feed_token = door.address.contains("token=");
        if answer.status < 400 && !to_sign_in && !only_project && !signs_in && !by_feed_token {
            compare(complaints, rule, answer, column(door, self.like));
        }
    }
}

fn column(door: &Door, viewer: &str) -> u16 {
    door.answers[VIEWERS.iter().position(|known| *known == viewer).unwrap()]
}

/// Hooks have a secret of their own in the header of tokens, and no form.
fn is_of_hooks(address: &str) -> bool {
    address.ends_with("/sync")
}

fn is_of_private(address: &str) -> bool {
    ["/ticket/3", "/ticket/3/", "ticket:3"].iter().any(|part| address.contains(part))
}

fn everybody_else_reads_what_they_may(part: usize) {
    let (full, private, bare) =
        (House::with_code(Hides::Everything), House::with_code(Hides::Private), House::with_code(Hides::Nothing));
    let events = full.test.event_count();
    let mut complaints = Vec::new();
    for_each_door(part, true, |rule, door| {
        for other in &OTHERS {
            let answer = full.person(other.name).get(door.address);
            compare(&mut complaints, rule, &answer, other.declared(door));
            let same = match other.sees {
                Some(Hides::Private) => &private,
                Some(_) => &bare,
                None => continue,
            };
            complain_of_difference(&mut complaints, &full, &answer, same, &same.person(other.name).get(door.address));
        }
    });
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    assert_eq!(full.test.event_count(), events, "a GET has changed something");
}

fn everybody_else_changes_what_they_may(part: usize) {
    let [mut full, mut private, mut bare] = [Hides::Everything, Hides::Private, Hides::Nothing].map(House::new);
    let mut complaints = Vec::new();
    for_each_door(part, false, |rule, door| {
        for other in &OTHERS {
            let answer = full.post(other.name, door.address, door.send, Guard::Own);
            // What is typed there names the private ticket or the one in the closed component: to be compared by its bytes.
            let is_related = other.sees == Some(Hides::Private) && door.address.starts_with("/demo/ticket/4");
            if other.name == LEAVER && !is_of_hooks(door.address) {
                // Whatever it was: it is carried to where they would sign in.
                compare(&mut complaints, rule, &answer, 401);
            } else if !is_related {
                compare(&mut complaints, rule, &answer, other.declared(door));
            }
            if let Some(sees) = other.sees {
                let same = if sees == Hides::Private { &mut private } else { &mut bare };
                let there = same.post(other.name, door.address, door.send, Guard::Own);
                complain_of_difference(&mut complaints, &full, &answer, same, &there);
                if leaves_traces(door.address, &there) {
                    *same = House::new(sees);
                }
            }
            if leaves_traces(door.address, &answer) {
                full = House::new(Hides::Everything);
            }
        }
    });
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn tokens_read_no_more_than_their_accounts(part: usize) {
    let (full, bare) = (House::with_code(Hides::Everything), House::with_code(Hides::Nothing));
    let events = full.test.event_count();
    let mut complaints = Vec::new();
    let mut opened = [0; TOKENS.len()];
    for_each_door(part, true, |rule, door| {
        for (token, opened) in TOKENS.iter().zip(&mut opened) {
            let answer = full.person(token.name).get(door.address);
            *opened += usize::from(answer.status == 200);
            token.compare(&mut complaints, rule, door, &answer);
            if token.sees.is_some() {
                let there = bare.person(token.name).get(door.address);
                complain_of_difference(&mut complaints, &full, &answer, &bare, &there);
            }
        }
    });
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    for (token, opened) in TOKENS.iter().zip(opened) {
        assert!(opened >= token.opens[0], "{} reads {opened} pages only", token.name);
    }
    assert_eq!(full.test.event_count(), events, "a GET has changed something");
}

fn tokens_change_no_more_than_their_accounts(part: usize) {
    let [mut full, mut bare] = [Hides::Everything, Hides::Nothing].map(House::new);
    let mut complaints = Vec::new();
    let mut opened = [0; TOKENS.len()];
    for_each_door(part, false, |rule, door| {
        if is_of_hooks(door.address) {
            return;
        }
        for (token, opened) in TOKENS.iter().zip(&mut opened) {
            let events = full.test.event_count();
            let answer = full.post(token.name, door.address, door.send, Guard::Own);
            token.compare(&mut complaints, rule, door, &answer);
            let changed = full.test.event_count() != events;
            *opened += usize::from(changed);
            if changed && !token.writes {
                complaints.push(format!("{} has changed something", answer.asked));
            }
            if token.sees.is_some() {
                let there = bare.post(token.name, door.address, door.send, Guard::Own);
                complain_of_difference(&mut complaints, &full, &answer, &bare, &there);
                if leaves_traces(door.address, &there) {
                    bare = House::new(Hides::Nothing);
                }
            }
            if leaves_traces(door.address, &answer) {
                full = House::new(Hides::Everything);
            }
        }
    });
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    for (token, opened) in TOKENS.iter().zip(opened) {
        assert!(opened >= token.opens[1], "{} changes something by {opened} doors only", token.name);
    }
}

fn for_each_door(part: usize, gets: bool, mut ask: impl FnMut(&'static Rule, &'static Door)) {
    for rule in rules(part, gets) {
        for door in rule.doors {
            ask(rule, door);
        }
    }
}

super::in_parts! {
    everybody_else_reads_what_they_may: reads_1 = 0, reads_2 = 1, reads_3 = 2, reads_4 = 3;
    everybody_else_changes_what_they_may: changes_1 = 0, changes_2 = 1, changes_3 = 2, changes_4 = 3;
    tokens_read_no_more_than_their_accounts: token_reads_1 = 0, token_reads_2 = 1, token_reads_3 = 2, token_reads_4 = 3;
    tokens_change_no_more_than_their_accounts:
        token_changes_1 = 0, token_changes_2 = 1, token_changes_3 = 2, token_changes_4 = 3;
}
