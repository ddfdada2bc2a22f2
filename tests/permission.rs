//! Who may do what in a project, granted and taken back at the command line.

use crate::support::TestSite;

/// Subject and permission of every grant of `demo`, as `SUBJECT PERMISSION`.
fn grants(test: &TestSite) -> Vec<String> {
    let listed = test.command(&["permission", "list", "demo", "--format", "csv"]).expect(0).stdout;
    let named = |line: &str| line.split(',').take(2).collect::<Vec<_>>().join(" ");
    listed.lines().skip(1).map(named).collect()
}

fn reads(test: &TestSite, name: &str) -> bool {
    test.command(&["wiki", "show", "demo", "A", "--as", name]).status == 0
}

fn with_page(test: TestSite) -> TestSite {
    test.command_with_input(&["wiki", "save", "demo", "A"], "text").expect(0);
    test
}

#[test]
fn rights_are_granted_and_taken_back_by_name() {
    let test = with_page(TestSite::new());
    test.user("kim");
    assert!(!reads(&test, "kim"));

    test.command(&["permission", "grant", "demo", "kim", "WIKI_VIEW", "WIKI_MODIFY"]).expect(0);
    assert!(reads(&test, "kim"));
    assert!(grants(&test).contains(&"kim WIKI_MODIFY".to_owned()));
    test.command_with_input(&["wiki", "save", "demo", "A", "--as", "kim"], "more").expect(0);

    test.command(&["permission", "revoke", "demo", "KIM", "WIKI_VIEW", "WIKI_MODIFY"]).expect(0);
    assert!(!reads(&test, "kim"));
    let again = test.command(&["permission", "revoke", "demo", "kim", "WIKI_VIEW"]).expect(1);
    assert!(again.stderr.contains("WIKI_VIEW") && again.stderr.contains("kim"), "{}", again.stderr);
}

#[test]
fn an_unknown_permission_or_subject_is_named_and_nothing_is_granted() {
    let test = TestSite::new();
    test.user("kim");
    let before = grants(&test);
    for (arguments, words) in [
        (["grant", "demo", "kim", "WIKI_VIEW", "WIKI_EAT"], ["permission", "WIKI_EAT"]),
        (["revoke", "demo", "members", "WIKI_VIEW", "wiki_modify"], ["permission", "wiki_modify"]),
        (["grant", "demo", "lee", "WIKI_VIEW", "WIKI_MODIFY"], ["subject", "lee"]),
        (["revoke", "demo", "lee", "WIKI_VIEW", "WIKI_MODIFY"], ["subject", "lee"]),
        (["revoke", "demo", "members", "WIKI_VIEW", "TRAC_ADMIN"], ["TRAC_ADMIN", "members"]),
    ] {
        let refused = test.command(&[&["permission"], &arguments[..]].concat()).expect(1);
        assert!(words.iter().all(|word| refused.stderr.contains(word)), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1);
    }
    assert_eq!(grants(&test), before);
}

#[test]
fn groups_anonymous_authenticated_and_members_are_subjects() {
    let test = with_page(TestSite::new());
    test.user("kim");
    test.user("lee");
    test.command(&["group", "create", "devs"]).expect(0);
    test.command(&["group", "add", "devs", "kim"]).expect(0);

    test.command(&["permission", "grant", "demo", "devs", "members"]).expect(0);
    assert!(reads(&test, "kim") && !reads(&test, "lee"));
    test.command(&["group", "drop", "devs", "kim"]).expect(0);
    assert!(!reads(&test, "kim"));
    assert!(test.command(&["group", "drop", "devs", "kim"]).expect(1).stderr.contains("kim"));

    test.command(&["permission", "grant", "demo", "authenticated", "WIKI_VIEW"]).expect(0);
    assert!(reads(&test, "lee") && !reads(&test, "anonymous"));
    test.command(&["permission", "grant", "demo", "anonymous", "WIKI_VIEW"]).expect(0);
    test.command(&["permission", "revoke", "demo", "authenticated", "WIKI_VIEW"]).expect(0);
    assert!(reads(&test, "lee") && reads(&test, "anonymous"), "what anonymous people may, everybody may");
}

#[test]
fn a_new_group_does_not_inherit_what_its_namesake_was_granted() {
    let test = with_page(TestSite::new());
    test.user("kim");
    test.group("devs", &["kim"]);
    test.command(&["permission", "grant", "demo", "devs", "WIKI_VIEW"]).expect(0);
    assert!(reads(&test, "kim"));

    test.command(&["group", "remove", "devs"]).expect(0);
    assert!(!reads(&test, "kim"));
    test.command(&["permission", "revoke", "demo", "devs", "WIKI_VIEW"]).expect(0);
    assert!(!grants(&test).contains(&"devs WIKI_VIEW".to_owned()), "what is listed can be taken back");

    test.group("devs", &["kim"]);
    assert!(!reads(&test, "kim"));
}

#[test]
fn an_account_cannot_take_the_name_of_a_group_nor_a_group_that_of_an_account() {
    let test = TestSite::new();
    test.group("devs", &[]);
    test.user("kim");
    assert!(test.command(&["user", "add", "Devs"]).expect(1).stderr.contains("group"));
    assert!(test.command(&["group", "create", "kim"]).expect(1).stderr.contains("account"));
}

#[test]
fn a_restricted_path_is_seen_by_its_subjects_alone() {
    let test = TestSite::public();
    test.user("kim");
    test.user("lee");
    test.group("board", &["kim"]);
    for page in ["Plans", "Plans/Secret", "Plansible"] {
        test.command_with_input(&["wiki", "save", "demo", page], "hush").expect(0);
    }
    let pages = |name: &str| {
        let listed = test.command(&["wiki", "list", "demo", "--format", "ids", "--as", name]).expect(0).stdout;
        listed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    test.command(&["permission", "restrict", "demo", "PLANS", "board"]).expect(0);
    assert_eq!(pages("kim"), ["Plans", "Plans/Secret", "Plansible"]);
    assert_eq!(pages("lee"), ["Plansible"]);
    assert_eq!(pages("anonymous"), ["Plansible"]);
    for command in [&["wiki", "show", "demo", "Plans/Secret"][..], &["wiki", "remove", "demo", "Plans/Secret"]] {
        let hidden = test.command(&[command, &["--as", "lee"]].concat()).expect(1).stderr;
        let mut missing = command.to_owned();
        missing[3] = "Plans/Nothing";
        let missing = test.command(&[&missing[..], &["--as", "lee"]].concat()).expect(1).stderr;
        assert_eq!(hidden.replace("Secret", "Nothing"), missing);
    }
    let below = test.command_with_input(&["wiki", "save", "demo", "Plans/New", "--as", "lee"], "x").expect(1);
    assert!(below.stderr.contains("no page"), "{}", below.stderr);
    let counted = test.command(&["search", "demo", "hush", "--as", "lee"]).expect(0).stdout;
    assert!(counted.contains("\"total\":1"), "{counted}");
    let rules = test.command(&["permission", "rules", "demo", "--format", "csv"]).expect(0).stdout;
    assert_eq!(rules, "path,readers,visible_from\nplans,board,\n");

    test.command(&["permission", "unrestrict", "demo", "Plans"]).expect(0);
    assert_eq!(pages("anonymous").len(), 3);
    assert!(test.command(&["permission", "unrestrict", "demo", "Plans"]).expect(1).stderr.contains("plans"));
    assert!(test.command(&["permission", "restrict", "demo", "a//b", "board"]).expect(1).stderr.contains("path"));
    assert!(
        test.command(&["permission", "restrict", "demo", "Plans", "nobody-here"])
            .expect(1)
            .stderr
            .contains("nobody-here")
    );
}

#[test]
fn what_somebody_has_is_given_to_another_whole_or_not_at_all() {
    let test = TestSite::new();
    for name in ["kim", "lee", "mia"] {
        test.user(name);
    }
    test.command(&["permission", "grant", "demo", "kim", "WIKI_MODIFY", "TICKET_ADMIN", "WIKI_VIEW"]).expect(0);
    test.command(&["permission", "grant", "demo", "lee", "PERMISSION_ADMIN", "WIKI_VIEW", "WIKI_MODIFY"]).expect(0);
    // Lee has not got one of them.
    let refused = test.command(&["permission", "copy", "demo", "kim", "mia", "--as", "lee"]).expect(1);
    assert!(refused.stderr.contains("TICKET_ADMIN"), "{}", refused.stderr);
    assert!(!grants(&test).iter().any(|grant| grant.starts_with("mia ")), "{:?}", grants(&test));
    test.command(&["permission", "copy", "demo", "kim", "mia"]).expect(0);
    assert_eq!(grants(&test).iter().filter(|grant| grant.starts_with("mia ")).count(), 3);
}
