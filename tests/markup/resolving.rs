//! What a compiled text is good for besides its page: ids, budgets, batches, the link table, words for search.

use trackway::base::markup::{Flavour, Role, outgoing};

use super::world;

#[test]
fn several_texts_on_a_page_keep_their_ids_apart() {
    let options = world::options();
    let compiled = world::compiled("# Steps\n\n[up](#steps) [out](#else) x[^1]\n\n[^1]: note", Flavour::Note, &options);
    let html = world::resolved_with_ids(&compiled, &options, "comment-3-");
    for part in [
        "<h1 id=\"comment-3-steps\">",
        "href=\"#comment-3-steps\">up</a>",
        "href=\"#else\">out</a>",
        "<a href=\"#comment-3-fn:1\" id=\"comment-3-fnref:1\">1</a>",
        "id=\"comment-3-fn:1\"",
        "href=\"#comment-3-fnref:1\"",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn a_page_runs_fifty_macros() {
    let html = world::page_of(&"[[Badge(x)]] ".repeat(60), Flavour::Page, &world::options());
    assert_eq!(html.matches("<b>").count(), 50);
    assert_eq!(html.matches("macro-box").count(), 10);
}

#[test]
fn each_kind_is_asked_once_and_for_each_target_once() {
    let text = "[[Page]] wiki:Page [x](wiki:Page) [[Other]] #12 MeatBall:x [[Note: y]]";
    world::page_of(text, Flavour::Page, &world::options());
    assert_eq!(world::wiki_batches(), [["Page", "Other", "Note: y"].map(str::to_owned).to_vec()]);
}

#[test]
fn the_link_table_holds_what_is_a_link_and_no_more() {
    let text = "[[Page]] [[page]] #12 ![x](attachment:a.png) [[Include(Other)]] https://example.org/a `#5` !#6 @kim\n\n\
                [a](ticket:3) <span title=\"#7\">x</span> [[ticket:8|`#9`]] ![y](https://evil.example/i.png)\n\n    #10\n\n\
                [[Include(Other)]]";
    let compiled = world::compiled(text, Flavour::Page, &world::options());
    let found: Vec<String> = outgoing(&compiled, &world::VOCABULARY, None)
        .into_iter()
        .map(|(target, role)| format!("{} {}:{}", role.name(), target.kind, target.key))
        .collect();
    let expected = [
        "link page:page",
        "link ticket:12",
        "image raw-attachment:a.png",
        "link user:kim",
        "link ticket:3",
        "link ticket:8",
        "macro page:other",
        "link url:https://example.org/a",
        "link url:https://evil.example/i.png",
    ];
    assert_eq!(found, expected);
    assert_eq!(Role::Macro.name(), "macro");
}

#[test]
fn words_tasks_and_outline_are_without_markup() {
    let text = "# A *b* [[Page|label]] `c`\n\nOne **two** [three](x) &amp; #12\n\n- [x] did *it*\n- [ ] not yet\n  - [ ] inner\n\n\
                ```rust\nfn x() {}\n```\n";
    let compiled = world::compiled(text, Flavour::Page, &world::options());
    assert_eq!(compiled.plain, "A b label c\nOne two three & #12\ndid it\nnot yet\ninner\nfn x() {}\n");
    let tasks: Vec<_> = compiled.tasks.iter().map(|task| (task.done, task.text.as_str())).collect();
    assert_eq!(tasks, [(true, "did it"), (false, "not yet"), (false, "inner")]);
    let outline: Vec<_> = compiled.outline.iter().map(|heading| (heading.level, heading.text.as_str())).collect();
    assert_eq!(outline, [(1, "A b label c")]);
    assert_eq!(compiled.outline[0].id, "a-b-label-c");
}
