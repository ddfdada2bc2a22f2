//! The entries of a day as the page of the timeline shows them. They are drawn here, since a template that draws a hundred of
//! them costs more than finding them.

use jiff::tz::TimeZone;

use super::pages::{name_html, short, title_html};
use super::walk::Entry;
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::web::{Desk, Room};

/// What an entry is drawn with.
pub struct Drawing<'a> {
    pub desk: &'a Desk,
    pub room: &'a Room,
    pub zone: &'a TimeZone,
}

/// What is pointed out of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// Newer than the last visit.
    pub unread: bool,
    /// The moment that was asked for.
    pub highlighted: bool,
}

impl Drawing<'_> {
    pub fn entry(&self, html: &mut Html, entry: &Entry, marks: Marks) -> Result<()> {
        let at = entry.event.happened_at;
        let exact = at.exact(self.zone);
        html.tag("<li class=\"event");
        html.tag(if marks.unread { " unread" } else { "" }).tag(if marks.highlighted { " highlighted" } else { "" });
        html.tag("\">\n<time class=\"event-clock\"")
            .attribute("datetime", &at.iso())
            .attribute("title", &exact)
            .tag(">");
        html.text(exact.rsplit(' ').next().unwrap_or_default()).tag("</time>\n");
        html.html(&self.desk.web().templates.icon(entry.told.icon)?);
        html.tag("\n<div class=\"event-body\">\n<p><a").attribute("href", &self.below(&entry.href()));
        html.tag(" dir=\"auto\">").html(&title_html(entry)).tag("</a> <span class=\"muted\">by <bdi>");
        html.text(&entry.author).tag("</bdi></span>");
        if marks.unread {
            html.tag(" <span class=\"badge new\">new</span>");
        }
        if let Some((label, href)) = entry.told.more.as_ref().filter(|_| entry.things == 1) {
            html.tag(" <a class=\"event-more\"").attribute("href", &self.below(href)).tag(">").text(label).tag("</a>");
        }
        html.tag("</p>\n");
        let excerpt = short(&entry.told.excerpt);
        if !excerpt.is_empty() {
            html.tag("<p class=\"event-excerpt\" dir=\"auto\">").text(&excerpt).tag("</p>\n");
        }
        if entry.counted().is_some() {
            self.things(html, entry);
        }
        html.tag("</div>\n</li>\n");
        Ok(())
    }

    /// What is told of by number, to be unfolded.
    fn things(&self, html: &mut Html, entry: &Entry) {
        html.tag("<details class=\"event-things\"><summary>Show them</summary><ul>");
        for told in entry.names() {
            html.tag("<li><a").attribute("href", &self.below(&told.href)).tag(" dir=\"auto\">");
            name_html(html, told);
            html.tag("</a></li>");
        }
        if entry.unnamed() > 0 {
            html.tag("<li><a").attribute("href", &self.below(&entry.href())).tag(">");
            html.text(&format!("and {} more", entry.unnamed())).tag("</a></li>");
        }
        html.tag("</ul></details>\n");
    }

    /// The address of what lies below the project.
    fn below(&self, href: &str) -> String {
        format!("{}{href}", self.room.root)
    }
}
