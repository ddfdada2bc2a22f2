//! Every clause of the grammar, with what it lets in and what it keeps out.

use trackway::code::commit_refs::{Context, near_misses, read};

/// What is asked for, in one line: `close 1 2; refer 3; mention 4; time 1=150; foreign x#5 refer`. Empty if nothing.
fn asked(message: &str) -> String {
    asked_in(message, &Context { project: Some("demo"), site_prefixes: &["https://site.example/track".to_owned()] })
}

fn asked_in(message: &str, context: &Context<'_>) -> String {
    use trackway::code::commit_refs::Verb::{Close, Mention, Refer, Reopen};
    let reading = read(message, context);
    let mut parts = Vec::new();
    for verb in [Close, Reopen, Refer, Mention] {
        let tickets: Vec<String> = reading.asked(verb).map(|ticket| ticket.to_string()).collect();
        if !tickets.is_empty() {
            parts.push(format!("{} {}", verb.name(), tickets.join(" ")));
        }
    }
    for (ticket, asked) in reading.tickets.iter().filter(|(_, asked)| asked.minutes > 0) {
        parts.push(format!("time {ticket}={}", asked.minutes));
    }
    for ((project, ticket), verb) in &reading.foreign {
        parts.push(format!("foreign {project}#{ticket} {}", verb.name()));
    }
    parts.join("; ")
}

#[track_caller]
fn all(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(message, expected)| asked(message) != *expected)
        .map(|(message, expected)| format!("{message:?}: `{expected}` expected, `{}` found", asked(message)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_verb_asks_for_what_it_says_in_any_case() {
    let verbs = [
        (
            "close",
            "close closes closed closing fix fixes fixed fixing resolve resolves resolved resolving implement \
                   implements implemented implementing",
        ),
        ("reopen", "reopen reopens reopened reopening"),
        ("refer", "ref refs reference references referenced re see addresses"),
    ];
    for (verb, words) in verbs {
        for word in words.split(' ') {
            for word in [word.to_owned(), word.to_uppercase(), word[..1].to_uppercase() + &word[1..]] {
                assert_eq!(asked(&format!("{word} #7")), format!("{verb} 7"), "{word}");
                assert_eq!(asked(&format!("It {word}: #7.")), format!("{verb} 7"), "{word}");
                assert_eq!(asked(&format!("un{word} #7")), "mention 7", "un{word}");
                assert_eq!(asked(&format!("{word}_x #7")), "mention 7", "{word}_x");
                assert_eq!(asked(&format!("{word}y #7")), "mention 7", "{word}y");
            }
        }
    }
    for words in ["part of", "Relates to", "RELATED TO", "part\nof", "related  to"] {
        assert_eq!(asked(&format!("{words} #7")), "refer 7", "{words}");
    }
}

#[test]
fn a_verb_is_a_whole_word() {
    all(&[
        ("bugfixes #1", "mention 1"),
        ("prefix #1", "mention 1"),
        ("suffixed #1", "mention 1"),
        ("addressed #1", "mention 1"),
        ("apart of #1", "mention 1"),
        ("part office #1", "mention 1"),
        ("éfix #1", "mention 1"),
        ("fix_ #1", "mention 1"),
        ("we're #1", "mention 1"),
        ("reissue #1", "mention 1"),
        ("hot-fix #1", "close 1"),
        ("(fix #1)", "close 1"),
        ("*fix* #1", "mention 1"),
        ("don't fix #1", "close 1"),
    ]);
}

#[test]
fn a_gap_has_one_line_break_one_sign_and_one_noun_at_most() {
    all(&[
        ("fixes #1", "close 1"),
        ("fixes   \t#1", "close 1"),
        ("fixes\n#1", "close 1"),
        ("fixes\r\n#1", "close 1"),
        ("fixes \n #1", "close 1"),
        ("fixes\0#1", "close 1"),
        ("fixes\0\n#1", "mention 1"),
        ("fixes\n\n#1", "mention 1"),
        ("fixes\n \t\n#1", "mention 1"),
        ("fixes\r\n\r\n#1", "mention 1"),
        ("fixes:\n\n#1", "mention 1"),
        ("fixes\n:\n#1", "mention 1"),
        ("fixes: #1", "close 1"),
        ("fixes :#1", "close 1"),
        ("fixes:\n#1", "close 1"),
        ("fixes - #1", "close 1"),
        ("fixes-#1", "close 1"),
        ("fixes (#1)", "close 1"),
        ("fixes [#1]", "close 1"),
        ("fixes \"#1\"", "close 1"),
        ("fixes '#1'", "close 1"),
        ("fixes#1", "close 1"),
        ("fixes: (#1)", "mention 1"),
        ("fixes:: #1", "mention 1"),
        ("fixes -- #1", "mention 1"),
        ("fixes, #1", "mention 1"),
        ("fixes = #1", "mention 1"),
        ("fixes. #1", "mention 1"),
        ("fixes the #1", "mention 1"),
        ("fixes ticket #1", "close 1"),
        ("fixes: ticket #1", "close 1"),
        ("fixes ticket: #1", "close 1"),
        ("fixes issues #1", "close 1"),
        ("fixes bugs #1, #2", "close 1 2"),
        ("fixes bug\n#1", "close 1"),
        ("fixes bug#1", "close 1"),
        ("fixes\nbug\n#1", "mention 1"),
        ("fixes bug\n\n#1", "mention 1"),
        ("fixes bug demo#1", "close 1"),
        ("fixes bug https://site.example/track/demo/ticket/1", "close 1"),
        ("fixes the bug #1", "mention 1"),
        ("fixes bug report #1", "mention 1"),
        ("fixbug1", "close 1"),
        ("closesticket #1", "close 1"),
        ("see\u{200b} #1", "refer 1"),
    ]);
}

#[test]
fn references_have_four_forms() {
    all(&[
        ("#1", "mention 1"),
        ("ticket 1", "mention 1"),
        ("Ticket:1", "mention 1"),
        ("ticket: 1", "mention 1"),
        ("ISSUE1", "mention 1"),
        ("bug #1", "mention 1"),
        ("bugs 1", "mention 1"),
        ("demo#1", "mention 1"),
        ("Demo#1", "mention 1"),
        ("https://site.example/track/demo/ticket/1", "mention 1"),
        ("fixes ticket 1", "close 1"),
        ("fixes bug:1", "close 1"),
        ("fixes issue1", "close 1"),
        ("fixes demo#1", "close 1"),
        ("fixes <https://site.example/track/demo/ticket/1>", "close 1"),
        ("fixes ticket\n1", ""),
        ("fixes ticket-1", ""),
        ("fixes ticket_1", ""),
        ("debug 1", ""),
        ("ticketing 1", ""),
        ("fixes 1", ""),
        ("fixes gh-1", ""),
        ("fixes !1", ""),
    ]);
}

#[test]
fn a_number_has_no_leading_zero_an_end_and_a_limit() {
    all(&[
        ("fixes #2147483647", "close 2147483647"),
        ("fixes #2147483648", ""),
        ("fixes #99999999999999999999999", ""),
        ("fixes #0", ""),
        ("fixes #012", ""),
        ("fixes #12a", ""),
        ("fixes #12é", ""),
        ("fixes #12\u{ff13}", ""),
        ("fixes #\u{ff11}", ""),
        ("fixes #\u{661}", ""),
        ("fixes #-1", ""),
        ("fixes # 1", ""),
        ("fixes #", ""),
        ("fixes #12.", "close 12"),
        ("fixes #12: more", "close 12"),
        ("fixes #12-x", "close 12"),
        ("fixes ticket 012", ""),
        ("ticket 12th", ""),
    ]);
}

#[test]
fn what_only_looks_like_a_reference_is_none() {
    all(&[
        ("&#12;", ""),
        ("##12", ""),
        ("fixes ##12", ""),
        ("a=#12", ""),
        ("owner/repo#12", ""),
        ("fixes owner/repo#12", ""),
        ("path/#12", ""),
        ("foo#12bar", ""),
        ("foo_bar#12", ""),
        ("user@host#12", ""),
        ("https://elsewhere.example/page#12", ""),
        ("fixes https://elsewhere.example/demo/ticket/12", ""),
        ("https://elsewhere.example/fix #1", "mention 1"),
        ("svn://elsewhere.example/x,ticket:12", ""),
        ("#fff", ""),
    ]);
}

#[test]
fn other_projects_are_named_with_what_is_asked() {
    all(&[
        ("fixes other#5", "foreign other#5 close"),
        ("see other#5, #6 and Other-Side#7", "refer 6; foreign other#5 refer; foreign other-side#7 refer"),
        ("as in other#5", "foreign other#5 mention"),
        ("see other#5, closes other#5", "foreign other#5 close"),
        ("closes other#5, reopens other#5", "foreign other#5 refer"),
        ("fixes https://site.example/track/other/ticket/5", "foreign other#5 close"),
        ("other#0", ""),
        ("other#5x", ""),
    ]);
    assert_eq!(asked_in("closes demo#5", &Context::default()), "foreign demo#5 close");
    let context = Context { project: Some("re-write"), ..Context::default() };
    assert_eq!(asked_in("like re-write#5, fixes Re-Write#6", &context), "close 6; mention 5");
    let long = "x".repeat(40);
    assert_eq!(asked(&format!("{long}#5")), "");
}

#[test]
fn addresses_of_this_site_are_references() {
    all(&[
        ("fixes http://site.example/track/demo/ticket/1", "close 1"),
        ("fixes HTTPS://Site.Example/track/demo/ticket/1", "close 1"),
        ("fixes https://site.example/track/ticket/1", "close 1"),
        ("fixes https://site.example/track/demo/ticket/1#comment:3", "close 1"),
        ("fixes https://site.example/track/demo/ticket/1?version=2#x, #2.", "close 1 2"),
        ("fixes https://site.example/track/demo/ticket/1.", "close 1"),
        ("fixes https://site.example/track/demo/ticket/1/", "close 1"),
        ("fixes (https://site.example/track/demo/ticket/1#comment:3), #2", "close 1; mention 2"),
        ("fixes <https://site.example/track/demo/ticket/1>, <https://site.example/track/demo/ticket/2>", "close 1 2"),
        ("fixes https://site.example/track/demo/ticket/1a", ""),
        ("fixes https://site.example/track/demo/ticket/01", ""),
        ("fixes https://site.example/track/demo/ticket/1/raw", ""),
        ("fixes <https://site.example/track/demo/ticket/1", "mention 1"),
        ("fixes https://site.example/tracker/demo/ticket/1", ""),
        ("fixes https://site.example/track/demo/wiki/1", ""),
        ("fixes https://site.example/track/1", ""),
        ("fixes https://site.example.evil/track/demo/ticket/1", ""),
    ]);
}

#[test]
fn a_prefix_that_leads_to_numbers_is_followed_by_one() {
    for prefix in [
        "https://old.example/ticket/", "http://old.example/ticket", "old.example/ticket/", "https://old.example/",
        "https://old.example/show?id=",
    ] {
        let prefixes = [prefix.to_owned()];
        let context = Context { project: None, site_prefixes: &prefixes };
        let address = match prefix {
            "https://old.example/" => "http://old.example/12",
            "https://old.example/show?id=" => "http://old.example/show?id=12",
            _ => "https://old.example/ticket/12",
        };
        assert_eq!(asked_in(&format!("Resolves:\n{address}"), &context), "close 12", "{prefix}");
        assert_eq!(asked_in(&format!("Resolves: {address}x"), &context), "", "{prefix}");
    }
}

#[test]
fn more_references_follow_one_verb() {
    all(&[
        ("fixes #1, #2", "close 1 2"),
        ("fixes #1,#2", "close 1 2"),
        ("fixes #1 #2", "close 1 2"),
        ("fixes #1; #2 & #3 + #4/#5", "close 1 2 3 4 5"),
        ("fixes #1 and #2", "close 1 2"),
        ("fixes #1, #2, and #3", "close 1 2 3"),
        ("fixes #1 AND #2", "close 1 2"),
        ("fixes #1 and ticket 2, bug:3", "close 1 2 3"),
        ("fixes #1,\n#2", "close 1 2"),
        ("fixes #1\nand #2", "close 1 2"),
        ("fixes #1\nand\n#2", "close 1; mention 2"),
        ("fixes #1,\n\n#2", "close 1; mention 2"),
        ("fixes #1, 2", "close 1"),
        ("fixes #1 or #2", "close 1; mention 2"),
        ("fixes #1. #2", "close 1; mention 2"),
        ("fixes #1 (#2)", "close 1; mention 2"),
        ("fixes #1 band #2", "close 1; mention 2"),
        ("fixes #1 andy #2", "close 1; mention 2"),
        ("fixes #1#2", "close 1"),
        ("fixes #1 and closes #2, see #3", "close 1 2; refer 3"),
        ("fixes #3, #1, #3", "close 1 3"),
        ("#1/#2 and #3", "mention 1 2 3"),
    ]);
}

#[test]
fn comments_are_read_over_and_times_are_logged() {
    all(&[
        ("see #1#comment:3", "refer 1"),
        ("see ticket:1#comment:description, #2", "refer 1 2"),
        ("fixes #1@2h30m", "close 1; time 1=150"),
        ("fixes #1 @2h30m", "close 1; time 1=150"),
        ("fixes #1#comment:2 @2h, #2 @45min", "close 1 2; time 1=120; time 2=45"),
        ("fixes #1, #2 @1.5h", "close 1 2; time 2=90"),
        ("see #1 @1h and #1 @30m", "refer 1; time 1=90"),
        ("#1 @10m", "mention 1; time 1=10"),
        ("fixes #1 @0h", "close 1"),
        ("fixes #1 @2", "close 1"),
        ("fixes #1 @2hours", "close 1"),
        ("fixes #1 @kim", "close 1"),
        ("fixes #1\n@2h", "close 1"),
        ("fixes #1 @9999999999h", "close 1"),
        ("fixes #1 @99999999999999999999h", "close 1"),
        ("fixes other#1 @2h", "foreign other#1 close"),
    ]);
}

#[test]
fn the_strongest_wins() {
    all(&[
        ("#1, see #1, fixes #1", "close 1"),
        ("fixes #1, see #1", "close 1"),
        ("see #1; it is #1", "refer 1"),
        ("reopens #1, see #1", "reopen 1"),
        ("fixes #1, reopens #1", "refer 1"),
        ("reopens #1 #2, fixes #1 #3", "close 3; reopen 2; refer 1"),
    ]);
}

#[test]
fn quotes_and_code_ask_for_nothing() {
    all(&[
        ("> fixes #1", ""),
        ("text\n> fixes #1\nmore #2", "mention 2"),
        ("  > fixes #1", ""),
        ("a > fixes #1", "close 1"),
        ("fixes\n> quoted\n#1", "mention 1"),
        ("`fixes #1`", ""),
        ("``fixes ` #1``", ""),
        ("fixes `#1`", ""),
        ("fixes `x` #1", "mention 1"),
        ("`fixes` #1", "mention 1"),
        ("`fixes #1", "close 1"),
        ("``fixes #1`", "close 1"),
        ("\\`fixes #1`", "close 1"),
        ("`a\nfixes #1`", ""),
        ("`a\n\nfixes #1`", "close 1"),
        ("```\nfixes #1\n```\nfixes #2", "close 2"),
        ("~~~ text\nfixes #1\n~~~~\nfixes #2", "close 2"),
        ("```\nfixes #1\n~~~\nfixes #2", ""),
        ("````\n```\nfixes #1\n````\nfixes #2", "close 2"),
        ("```\r\nfixes #1\r\n```\r\nfixes #2", "close 2"),
        ("``` x ``` fixes #1", "close 1"),
    ]);
}

#[test]
fn the_trailer_of_a_bad_commit_asks_for_nothing() {
    all(&[
        ("Fixes: 1a2b3c4 (\"parser: Close #12\")", ""),
        ("fixes: 1a2b3c4d5e6f (\"Handle #12\")\nFixes: #3", "close 3"),
        ("Fixes: 1a2b3c4", ""),
        ("Fixes: #12", "close 12"),
        ("Fixes: deadbeef #12", "mention 12"),
    ]);
}

#[test]
fn messages_that_take_back_or_are_unfinished_close_nothing() {
    all(&[
        ("Revert \"Fixes #1\"\n\nThis reverts commit 1a2b3c4.", "refer 1"),
        ("revert \"x\"\n\nreopens #1, see #2. #3 was it", "refer 1 2; mention 3"),
        ("fixup! Fixes #1", "refer 1"),
        ("squash! Fixes #1", "refer 1"),
        ("wip: fixes #1", "refer 1"),
        ("WIP fixes #1", "refer 1"),
        ("[WIP] fixes #1", "refer 1"),
        ("\n\nwip\n\nfixes other#1", "foreign other#1 refer"),
        ("Reverted by hand; fixes #1", "close 1"),
        ("wipe the table, fixes #1", "close 1"),
        ("Fixes #1\n\nwip", "close 1"),
        ("fixup the build, fixes #1", "close 1"),
    ]);
}

#[test]
fn a_key_names_what_is_asked_beyond_mentions() {
    let key = |message| read(message, &Context::default()).key();
    assert_eq!(key("see #3, fixes #12, reopens #4. #9"), "close 12, reopen 4, refer 3");
    assert_eq!(key("fixes #12, #7"), "close 7, close 12");
    assert_eq!(key("#9"), "");
    assert_eq!(key("fixup! fixes #7"), "refer 7");
}

#[test]
fn an_explanation_quotes_what_was_understood() {
    let explained = |message| read(message, &Context::default()).explanation(message);
    assert_eq!(
        explained("Doors.\n\nFixes:\n#1, #2 @2h and see x#3. #4"),
        ["`Fixes: #1`: close #1", "`Fixes … #2 @2h`: close #2, 120 min", "`see x#3`: refer x#3", "`#4`: mention #4"]
    );
    assert_eq!(explained("wip: closes #1")[1], "It is work in progress, so closing and reopening count as references.");
    assert_eq!(explained("closes #1, reopens #1")[2], "#1 is both closed and reopened: that counts as a reference.");
}

#[test]
fn what_is_nearly_a_reference_is_told() {
    let missed = |message: &str| {
        let context = Context { project: Some("demo"), site_prefixes: &[] };
        let misses = near_misses(message, &context);
        misses.into_iter().map(|miss| message[miss.range].to_owned()).collect::<Vec<_>>()
    };
    for (message, expected) in [
        ("fixes 12", "fixes 12"),
        ("Fix: 12", "Fix: 12"),
        ("fix (12).", "fix (12"),
        ("refs 12", "refs 12"),
        ("reopens 12 again", "reopens 12"),
        ("closes#", "closes#"),
        ("closes #012", "closes #012"),
        ("closes #12a", "closes #12a"),
        ("fixes the bug #12", "fixes the bug #12"),
        ("Fix for #12", "Fix for #12"),
        ("Closes: [#12]", "Closes: [#12"),
        ("Closes -- #12", "Closes -- #12"),
        ("fixes #1, 2", "#1, 2"),
        ("fixes #1 and 2", "#1 and 2"),
        ("solves #12", "solves #12"),
    ] {
        assert_eq!(missed(message), [expected], "{message}");
    }
    for message in [
        "fixes #12", "fix 12 bugs", "fix 32-bit builds", "fix 1.5 release", "fixes 50 % of it", "see 12",
        "fix typo (#12)", "fix it", "fixes #1, 2 typos", "> fixes 12", "`fixes 12`", "fixes\n\n12", "#12",
        "fixes 2nd try", "",
    ] {
        assert_eq!(missed(message), Vec::<String>::new(), "{message}");
    }
}
