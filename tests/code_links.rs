//! Commits in texts, lists, search, the timeline and on what they mention.

use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

const ID: &str = "1a2b3c4d5e";

fn whole(id: &str) -> String {
    format!("{id:0<40}")
}

/// What `text` becomes on a page of its own, for that reader.
fn shown(reader: &Person<'_>, writer: &Person<'_>, name: &str, text: &str) -> String {
    writer.save_page(name, text);
    article(reader, name)
}

fn article(reader: &Person<'_>, name: &str) -> String {
    let main = reader.page(name).main();
    let (begin, end) = (main.find("<article").unwrap(), main.find("</article").unwrap());
    main[begin..end].to_owned()
}

fn titles(reader: &Person<'_>, address: &str) -> Vec<String> {
    let answer = reader.get(address).expect(200);
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

fn new_ticket(person: &Person<'_>, summary: &str) {
    person.submit("/demo/newticket", &[("field_summary", summary), ("submit", "1")]).expect(303);
}

#[test]
fn an_id_leads_to_its_commit_and_says_of_whom_it_is() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.get("/demo/wiki");
    test.commit(ID, "Ada <b>", "Open the doors in time\n\nThey were late.");
    let page = shown(&kim, &kim, "Plan", "See 1a2b3c4, r1a2b3c4, changeset:1A2B3 and [this](1a2b3c4d5e).");
    let href = format!("href=\"/demo/changeset/{}\"", whole(ID));
    assert_eq!(page.matches(&href).count(), 4, "{page}");
    assert!(page.contains("title=\"Open the doors in time (Ada &lt;b&gt;, "), "{page}");
    assert!(!page.contains("secret@example.org"));
}

#[test]
fn a_bare_id_that_means_nothing_stays_text_and_a_written_one_is_marked() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.commit("1a2b3c4d", "kim", "One");
    test.commit("1a2b3c4e", "kim", "Two");
    let text = "Bare 1a2b3c4 and r7654321 and 7f7f7f7 and [label](7f7f7f7), written changeset:7f7f7f7 and changeset:1a2b3c4 and \
                changeset:nonsense.";
    let page = shown(&kim, &kim, "Plan", text);
    assert!(page.contains("Bare 1a2b3c4 and r7654321 and 7f7f7f7 and label, written"), "{page}");
    assert_eq!(page.matches("<span class=\"missing\"").count(), 3, "{page}");
    assert!(!page.contains("/changeset/"), "{page}");
}

#[test]
fn a_hidden_commit_is_like_one_that_is_not_there() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    new_ticket(&kim, "Doors");
    let hidden = test.commit(ID, "kim", "Secret plan, refs #1");
    test.hide_commit(hidden);
    test.catch_up();
    let text = |id: &str| format!("{id} and changeset:{id} and [[Commits]] and\n\n[[Commits(ticket=1)]]");
    let there = shown(&kim, &kim, "Plan", &text("1a2b3c4")).replace("1a2b3c4", "7f7f7f7");
    let gone = shown(&kim, &kim, "Plan", &text("7f7f7f7"));
    assert_eq!(there, gone);
    assert!(!kim.get("/demo/ticket/1").words().contains("Secret"));
    assert!(!kim.get("/demo/timeline").words().contains("Secret"));
    assert_eq!(titles(&kim, "/demo/search?q=secret&format=json"), [""; 0]);
    kim.get("/demo/search?q=1a2b3c4").expect(200);

    test.revoke("members", &["CHANGESET_VIEW"]);
    test.commit("2b2b2b2", "kim", "Another one, refs #1");
    test.catch_up();
    let without = shown(&kim, &kim, "Plan", &text("2b2b2b2")).replace("2b2b2b2", "7f7f7f7");
    assert_eq!(without, gone);
    assert!(!kim.get("/demo/ticket/1").words().contains("Another one"));
    assert!(!kim.get("/demo/timeline").words().contains("Another one"));
    assert_eq!(titles(&kim, "/demo/search?q=another&format=json"), [""; 0]);
}

#[test]
fn places_of_a_repository_are_linked_where_there_is_one() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let text = "source:src/main.rs@v1.0#L10-L20, source:\"two words.txt\"@v1, log:src@v1, log:@v1..v2, diff:src@v1:v2, \
                export:src/a.rs@v1 and [the code](source:tools/src).";
    let without = shown(&kim, &kim, "Plan", text);
    assert_eq!(without.matches("class=\"missing\"").count(), 7, "{without}");
    test.repository("demo", "/nowhere/demo.git");
    let page = article(&kim, "Plan");
    for href in [
        "/demo/browser/src/main.rs?rev=v1.0#L10-L20",
        "/demo/browser/two%20words.txt?rev=v1",
        "/demo/log/src?rev=v1",
        "/demo/log?rev=v2&amp;stop_rev=v1",
        "/demo/diff?old=v1&amp;new=v2&amp;old_path=src&amp;new_path=src",
        "/demo/export/v1/src/a.rs",
        "/demo/browser/tools/src",
    ] {
        assert!(page.contains(&format!("href=\"{href}\"")), "{href}: {page}");
    }
    test.revoke("members", &["BROWSER_VIEW", "FILE_VIEW", "LOG_VIEW", "CHANGESET_VIEW"]);
    assert_eq!(kim.page("Plan").attributes("article .missing", "title").len(), 7);
}

#[test]
fn a_commit_and_a_difference_may_be_named_in_a_repository() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.commit(ID, "kim", "One");
    test.repository("tools", "/nowhere/tools.git");
    let text =
        "changeset:1a2b3c4/tools/src, diff:tools/src@v1:v2, changeset:1a2b3c4/nowhere and diff:tools/src@v1:src@v2.";
    let page = shown(&kim, &kim, "Plan", text);
    let diff = "/demo/diff?old=v1&amp;new=v2&amp;old_path=src&amp;new_path=src&amp;repository=tools\"";
    assert!(page.contains(diff), "{page}");
    assert!(page.contains(&format!("/demo/changeset/{}/tools/src\"", whole(ID))), "{page}");
    assert_eq!(page.matches("class=\"missing\"").count(), 2, "{page}");
}

#[test]
fn the_macro_lists_the_newest_and_narrows_by_what_is_given() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    new_ticket(&kim, "Doors");
    for (at, (id, author, message)) in [
        ("aaaa111", "Ada Lovelace", "First, refs #1"),
        ("bbbb222", "kim", "Second <script>"),
        ("cccc333", "Ada Lovelace", "Third, refs #1"),
    ]
    .into_iter()
    .enumerate()
    {
        test.commit_at(id, author, message, TestSite::ago(1_000_000 - 400_000 * at as i64));
    }
    let listed = |call: &str| {
        shown(&kim, &kim, "Plan", call);
        kim.page("Plan").all("article ul.commits li a")
    };
    assert_eq!(listed("[[Commits]]"), ["cccc333 Third, refs #1", "bbbb222 Second <script>", "aaaa111 First, refs #1"]);
    assert_eq!(listed("[[Commits(limit=1)]]"), ["cccc333 Third, refs #1"]);
    assert_eq!(listed("[[Commits(ticket=1)]]"), ["cccc333 Third, refs #1", "aaaa111 First, refs #1"]);
    assert_eq!(listed("[[Commits(ticket=#1, author=ada lovelace, limit=1)]]"), ["cccc333 Third, refs #1"]);
    assert_eq!(listed("[[Commits(author=KIM)]]"), ["bbbb222 Second <script>"]);
    assert_eq!(listed("[[Commits(since=10d)]]").len(), 2);
    assert_eq!(listed("[[Commits(repository=demo)]]").len(), 3);
    assert_eq!(listed("[[Commits(ticket=99)]]"), [""; 0]);
    for (call, problem) in [
        ("[[Commits(limit=0)]]", "1 to 200"),
        ("[[Commits(ticket=x)]]", "no number of a ticket"),
        ("[[Commits(since=x)]]", "no date"),
        ("[[Commits(repository=x)]]", "no repository"),
        ("[[Commits(colour=red)]]", "known are"),
        ("[[Commits(branch=main)]]", "can't be read"),
    ] {
        shown(&kim, &kim, "Plan", call);
        let boxes = kim.page("Plan").all("article .macro-box");
        assert!(boxes.len() == 1 && boxes[0].contains(problem), "{call}: {boxes:?}");
    }
}

#[test]
fn the_macro_looks_through_a_branch_and_a_path() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let folder = tempfile::tempdir().unwrap();
    let git = git2::Repository::init_bare(folder.path()).unwrap();
    test.repository("demo", folder.path().to_str().unwrap());
    let mut parent: Option<git2::Oid> = None;
    for (number, (path, branch)) in
        [("src", "main"), ("doc", "main"), ("src", "main"), ("src", "other")].into_iter().enumerate()
    {
        let blob = git.blob(format!("{number}").as_bytes()).unwrap();
        let base = parent.map(|id| git.find_commit(id).unwrap());
        let tree = base.as_ref().map(|commit| commit.tree().unwrap());
        let mut inner = git.treebuilder(None).unwrap();
        inner.insert("file", blob, 0o100_644).unwrap();
        let mut outer = git.treebuilder(tree.as_ref()).unwrap();
        outer.insert(path, inner.write().unwrap(), 0o040_000).unwrap();
        let tree = git.find_tree(outer.write().unwrap()).unwrap();
        let seconds = TestSite::ago(1000).seconds() + number as i64;
        let by = git2::Signature::new("Ada", "a@b", &git2::Time::new(seconds, 0)).unwrap();
        let parents: Vec<&git2::Commit<'_>> = base.iter().collect();
        let message = format!("Change {number}");
        let id = git.commit(None, &by, &by, &message, &tree, &parents).unwrap();
        git.reference(&format!("refs/heads/{branch}"), id, true, "").unwrap();
        test.commit_at(&id.to_string(), "Ada", &message, trackway::base::time::Instant(seconds * 1_000_000));
        parent = Some(id);
    }
    git.set_head("refs/heads/main").unwrap();
    let listed = |call: &str| {
        shown(&kim, &kim, "Plan", call);
        let lines = kim.page("Plan").all("article ul.commits li a");
        lines.iter().map(|line| line[8..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("[[Commits(branch=main)]]"), ["Change 2", "Change 1", "Change 0"]);
    assert_eq!(listed("[[Commits(branch=other, limit=2)]]"), ["Change 3", "Change 2"]);
    assert_eq!(listed("[[Commits(path=src)]]"), ["Change 2", "Change 0"]);
    assert_eq!(listed("[[Commits(path=/doc/file/)]]"), ["Change 1"]);
    assert_eq!(listed("[[Commits(path=nowhere)]]"), [""; 0]);
    shown(&kim, &kim, "Plan", "[[Commits(branch=nowhere)]]");
    assert!(kim.page("Plan").all("article .macro-box")[0].contains("no branch, tag or commit"));
}

#[test]
fn a_ticket_shows_the_newest_that_mention_it_and_leads_to_all() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    new_ticket(&kim, "Doors");
    let alone = kim.get("/demo/ticket/1").words();
    assert!(!alone.contains("Mentioned in"), "{alone}");
    kim.submit("/demo/ticket/1", &[("comment", "More on #1 itself."), ("submit", "1")]).expect(303);
    kim.save_page("Plan", "First #1.");
    new_ticket(&kim, "Windows, like #1");
    kim.submit("/demo/ticket/2", &[("comment", "As in #1."), ("submit", "1")]).expect(303);
    for number in 0..12 {
        test.commit_at(
            &format!("abc{number:04}"),
            "Ada",
            &format!("Step {number}, refs #1"),
            TestSite::ago(100 - number),
        );
    }
    let page = kim.get("/demo/ticket/1");
    let mentions = page.all(".mentions li a");
    assert_eq!(page.all(".mentions dt"), ["Pages", "Tickets", "Commits"]);
    assert_eq!(mentions.len(), 13, "{mentions:?}");
    assert_eq!(mentions[..3], ["Plan", "#2 Windows, like #1", "abc0011 Step 11, refs #1"]);
    assert_eq!(mentions[12], "Older ones");

    let all = kim.get("/demo/ticket/1?action=backlinks").expect(200);
    assert_eq!(all.all(".mentions li a").len(), 14);
    let json = kim.get("/demo/ticket/1?action=backlinks&format=json").json();
    let kinds: Vec<&str> =
        json["items"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "changeset").count(), 12, "{json}");
    assert!(kim.get("/demo/ticket/2?action=backlinks").words().contains("No text names this ticket"));
}

#[test]
fn a_page_knows_the_commits_that_link_to_it() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "The plan.");
    test.commit(ID, "Ada", "Follow [[Plan]]");
    assert_eq!(titles(&kim, "/demo/wiki/Plan?action=backlinks&format=json"), ["1a2b3c4 Follow [[Plan]]"]);
}

#[test]
fn commits_are_found_by_message_author_id_repository_and_ticket() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    new_ticket(&kim, "Doors");
    test.commit(ID, "kim", "Open the gates in time, refs #1\n\nThe hinges were rusty.");
    test.commit("9f9f9f9", "Ada Lovelace", "Close the gates");
    test.catch_up();
    let found = |query: &str| titles(&kim, &format!("/demo/search?format=json&noquickjump=1&q={query}"));
    let first = "1a2b3c4 Open the gates in time, refs #1";
    assert_eq!(found("rusty"), [first]);
    assert_eq!(found("type:changeset+gates").len(), 2);
    assert_eq!(found("gates+author:kim"), [first]);
    assert_eq!(found("gates+author:lovelace"), ["9f9f9f9 Close the gates"]);
    assert_eq!(found("type:changeset+ticket:1"), [first]);
    assert_eq!(found("type:changeset+repository:demo").len(), 2);
    assert_eq!(found("1a2b3c4+gates"), [first]);
    assert_eq!(found("secret"), [""; 0]);
    for typed in ["1a2b3c4", "r1a2b3c4", "1A2B3C4D5E", "changeset:1a2b3c4", &whole(ID)] {
        let answer = kim.get(&format!("/demo/search?q={typed}")).expect(303);
        assert_eq!(answer.location(), format!("/demo/changeset/{}", whole(ID)), "{typed}");
    }
    kim.get("/demo/search?q=7777777").expect(200);
    kim.get("/demo/search?q=1a2b3c4&noquickjump=1").expect(200);
}

#[test]
fn the_timeline_tells_each_commit_by_its_author_and_its_time() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "A page.");
    test.commit_at("aaaa111", "Ada Lovelace", "First\n\nWith a <b>body</b>.", TestSite::ago(200_000));
    test.commit_at("bbbb222", "kim", "Second", TestSite::ago(100));
    test.commit_at("cccc333", "kim", "Third", TestSite::ago(50));
    let told = |query: &str| -> Vec<(String, String)> {
        let json = kim.get(&format!("/demo/timeline?format=json&changeset=on{query}")).expect(200).json();
        let text = |item: &serde_json::Value, name: &str| item[name].as_str().unwrap().to_owned();
        json["items"].as_array().unwrap().iter().map(|item| (text(item, "title"), text(item, "author"))).collect()
    };
    let pair = |title: &str, author: &str| (title.to_owned(), author.to_owned());
    let (first, second, third) =
        (pair("[aaaa111] First", "Ada Lovelace"), pair("[bbbb222] Second", "kim"), pair("[cccc333] Third", "kim"));
    let all = [third, second, first];
    assert_eq!(told(""), all);
    assert_eq!(told("&authors=kim"), all[..2]);
    assert_eq!(told("&authors=%22ada+lovelace%22"), all[2..]);
    assert_eq!(told("&authors=-kim"), all[2..]);
    assert_eq!(told("&authors=operator"), []);
    assert_eq!(told("&daysback=0").len(), told("").len() - 1);

    let page = kim.get("/demo/timeline").expect(200);
    assert!(page.words().contains("[aaaa111] First committed by Ada Lovelace With a <b>body</b>."), "{}", page.words());
    assert!(page.words().contains("Plan created"));
    let feed = kim.get("/demo/timeline?format=atom&changeset=on").expect(200).text();
    assert!(feed.contains("[bbbb222] Second committed"), "{feed}");
}

#[test]
fn an_address_as_a_name_is_shortened_for_those_who_are_not_signed_in() {
    let test = TestSite::public();
    let kim = test.user("kim");
    test.commit(ID, "ada@example.org", "One, refs #1");
    let text = "1a2b3c4\n\n[[Commits]]";
    assert!(shown(&kim, &kim, "Plan", text).contains("ada@example.org"));
    let page = article(&test.anonymous(), "Plan");
    assert!(!page.contains("example.org") && page.contains("ada@…"), "{page}");
    let timeline = test.anonymous().get("/demo/timeline").text();
    assert!(!timeline.contains("example.org") && timeline.contains("ada@…"));
}

#[test]
fn quoted_lines_say_what_has_become_of_them() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let tree = TestRepository::new();
    tree.write("src/a.rs", "fn one() {}\nfn <two>() {}\nfn three() {}\n");
    let old = tree.commit("One");
    tree.write("src/a.rs", "// new\nfn one() {}\nfn <two>() {}\nfn four() {}\n");
    tree.commit("Two");
    test.connect(&tree.path(), "main");

    let text = format!("[[Code(src/a.rs@{old}#L1-L2)]]\n\n[[Code(src/a.rs@{old}#L3)]]\n\n[[Code(src/a.rs#L1)]]");
    kim.save_page("Plan", &text).expect(303);
    let page = kim.page("Plan");
    let captions = page.all("figcaption");
    assert!(captions[0].contains("lines 1 to 2 at") && captions[0].contains("they are lines 2 to 3."), "{captions:?}");
    assert!(captions[1].contains("these lines differ"), "{captions:?}");
    assert_eq!(captions[2], "src/a.rs line 1");
    assert_eq!(page.attributes(".code-line", "data-line"), ["1", "2", "3", "1"]);
    assert!(page.main().contains(&format!("/demo/browser/src/a.rs?rev={old}#L1-L2")), "{}", page.main());
    assert!(page.all(".code-line")[1].contains("<two>"));

    for (call, why) in [
        ("[[Code(nothing.rs)]]", "There is no file “nothing.rs” to quote."),
        ("[[Code(src)]]", "There is no file “src” to quote."),
        ("[[Code(src/a.rs@nowhere)]]", "There is no file “src/a.rs” to quote."),
        ("[[Code(src/a.rs#L99)]]", "“src/a.rs” has 4 lines."),
        ("[[Code()]]", "It needs a file"),
    ] {
        let page = shown(&kim, &kim, "Wrong", call);
        assert!(page.contains(why), "{call}: {page}");
    }
    test.revoke("members", &["FILE_VIEW"]);
    let hidden = article(&kim, "Plan");
    assert!(hidden.contains("There is no file") && !hidden.contains("fn one"), "{hidden}");
}
