//! The conversation of a ticket as HTML: the list of entries of `ticket/show.html`. It is drawn here, since a template that
//! draws a long one costs more than to find it.

use super::conversation::Entry;
use super::wording;
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::web::Templates;
use crate::web::page;

/// `<ol class="entries">`; "" for none.
pub(super) fn all(templates: &Templates, entries: &[Entry]) -> Result<String> {
    let mut html = Html::default();
    if entries.is_empty() {
        return Ok(String::new());
    }
    html.tag("<ol class=\"entries\">\n");
    for entry in entries {
        let mut class = format!("entry entry-{}", entry.kind);
        if entry.new {
            class.push_str(" entry-new");
        }
        if entry.depth > 0 {
            class.push_str(&format!(" depth-{}", entry.depth));
        }
        html.tag("<li").attribute("class", &class).attribute("id", &entry.id).tag(">\n");
        head(&mut html, templates, entry)?;
        body(&mut html, templates, entry)?;
        ways(&mut html, entry);
        html.tag("</li>\n");
    }
    html.tag("</ol>");
    Ok(html.into_string())
}

/// Who did something, and when.
fn head(html: &mut Html, templates: &Templates, entry: &Entry) -> Result<()> {
    html.tag("<p class=\"entry-head\">");
    if let Some(file) = &entry.file {
        html.html(&templates.icon(file.kind)?);
    }
    if entry.kind == "note" {
        html.tag("<span class=\"badge badge-internal\">").html(&templates.icon("lock")?).tag("Internal note</span>");
    }
    html.tag("<strong><bdi>").text(&entry.author).tag("</bdi></strong>");
    if !entry.deed_html.is_empty() {
        html.tag("<span>").html(&Html::trusted(entry.deed_html.clone())).tag("</span>");
    }
    if let Some(file) = &entry.file {
        html.tag("<span>attached <a").attribute("href", &file.href).tag("><bdi>").text(&file.name).tag("</bdi></a> ");
        html.tag("<span class=\"muted\">").text(&page::file_size(file.size)).tag("</span></span>");
    }
    html.tag("<span class=\"muted\">");
    match &entry.when_href {
        Some(href) => page::time(html.tag("<a").attribute("href", href).tag(">"), &entry.when).tag("</a>"),
        None => page::time(html, &entry.when),
    };
    html.tag("</span>");
    if !entry.via.is_empty() {
        html.tag("<span class=\"badge\">").text(&entry.via).tag("</span>");
    }
    if let Some(answered) = &entry.in_reply_to {
        html.tag("<span class=\"muted\">in reply to <a").attribute("href", &answered.href).tag(">");
        html.text(&answered.label).tag("</a></span>");
    }
    if entry.new {
        html.tag("<span class=\"fresh\">new</span>");
    }
    if entry.number.is_some() || entry.kind == "note" {
        html.tag("<a class=\"entry-number\"").attribute("href", &format!("#{}", entry.id)).tag(">");
        html.text(&entry.id).tag("</a>");
    }
    html.tag("</p>\n");
    Ok(())
}

/// What was changed and said.
fn body(html: &mut Html, templates: &Templates, entry: &Entry) -> Result<()> {
    if let Some(shown) = &entry.shown_version {
        html.tag("<p class=\"note\">").html(&templates.icon("history")?);
        html.tag("<span>").text(&format!("This is the text of version {} of {}. ", shown.version, shown.latest));
        html.tag("<a").attribute("href", &shown.href).tag(">Current text</a></span></p>\n");
    }
    html.html(&wording::drawn(&entry.changes));
    if let Some(file) = entry.file.as_ref().filter(|file| !file.description.is_empty()) {
        html.tag("<p class=\"muted\" dir=\"auto\">").text(&file.description).tag("</p>\n");
    }
    if !entry.comment_html.is_empty() {
        html.tag("<div class=\"text\" dir=\"auto\">").html(&Html::trusted(entry.comment_html.clone())).tag("</div>\n");
    }
    Ok(())
}

/// What can be done with it, and what was said to it.
fn ways(html: &mut Html, entry: &Entry) {
    let hrefs = [&entry.reply_href, &entry.edit_href, &entry.clone_href];
    if entry.replies.is_empty() && entry.edited.is_none() && hrefs.iter().all(|href| href.is_none()) {
        return;
    }
    html.tag("<p class=\"entry-ways\">");
    let words = [("Reply", " to "), ("Edit", " "), ("New ticket", " from ")];
    for (href, (verb, link)) in hrefs.into_iter().zip(words) {
        if let Some(href) = href {
            html.tag("<a").attribute("href", href).tag(">").tag(verb).tag("<span class=\"unseen\">");
            html.tag(link).text(&entry.called).tag("</span></a> ");
        }
    }
    if let Some(edited) = &entry.edited {
        page::time(html.tag("<span class=\"muted\">edited "), &edited.when).tag(" by <bdi>").text(&edited.author);
        html.tag("</bdi>, <a").attribute("href", &edited.href).tag(">history<span class=\"unseen\"> of ");
        html.text(&entry.called).tag("</span></a></span> ");
    }
    for (at, reply) in entry.replies.iter().enumerate() {
        html.tag(if at == 0 { "<span class=\"muted\">answered in " } else { ", " });
        html.tag("<a").attribute("href", &reply.href).tag(">");
        html.tag(if entry.kind == "note" { "note " } else { "comment " }).text(&reply.number.to_string()).tag("</a>");
    }
    html.tag(if entry.replies.is_empty() { "</p>\n" } else { "</span></p>\n" });
}
