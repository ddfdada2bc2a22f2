//! The rows of a log, drawn here: a template takes longer over a page of them than git over reading the commits.

use super::changed_paths::ChangeKind;
use super::log_extras::Extras;
use super::refs::Badge;
use super::told::CommitLine;
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::web::Desk;
use crate::web::page::time;

/// One commit of a log.
pub struct Row {
    pub commit: CommitLine,
    pub badges: Vec<Badge>,
    pub is_merge: bool,
    /// What it did to the path; none in the log of everything.
    pub kind: Option<ChangeKind>,
    /// How the path was called before.
    pub former: Option<Named>,
    /// How it was called then, if otherwise.
    pub path: Option<Named>,
    pub browse_href: Option<String>,
    /// How a comparison names it: its id, and the path as it was then.
    pub compared: String,
    pub extras: Extras,
}

pub struct Named {
    pub name: String,
    pub href: String,
}

/// The rows of the table; `picks`: any two of them can be chosen to be compared.
pub fn html(desk: &Desk, rows: &[Row], picks: bool) -> Result<Html> {
    let mut html = Html::default();
    for (at, row) in rows.iter().enumerate() {
        html.tag("<tr>\n");
        if picks {
            row.pick(&mut html, ("old", " as the old one"), at == 1);
            row.pick(&mut html, ("new", " as the new one"), at == 0);
        }
        html.html(&Html::trusted(row.extras.graph_html.clone()));
        row.cells(desk, &mut html)?;
        html.tag("</tr>\n");
    }
    Ok(html)
}

impl Row {
    fn pick(&self, html: &mut Html, (name, said): (&'static str, &'static str), chosen: bool) {
        html.tag("<td class=\"pick\"><input type=\"radio\"").attribute("name", name).attribute("value", &self.compared);
        html.attribute("aria-label", &format!("{}{said}", self.commit.short));
        html.tag(if chosen { " checked></td>\n" } else { "></td>\n" });
    }

    fn cells(&self, desk: &Desk, html: &mut Html) -> Result<()> {
        let commit = &self.commit;
        match &commit.href {
            Some(href) => {
                html.tag("<td><a class=\"sha\"").attribute("href", href).tag(">").text(&commit.short).tag("</a>")
            }
            None => html.tag("<td><span class=\"sha\">").text(&commit.short).tag("</span>"),
        };
        html.tag("</td>\n<td class=\"what\">");
        for badge in &self.badges {
            html.tag("<span class=\"badge\">").html(&desk.web().templates.icon(badge.kind)?).tag("<bdi>");
            html.text(&badge.name).tag("</bdi></span>");
        }
        html.tag(if self.is_merge { "<span class=\"badge\">merge</span>" } else { "" });
        if let Some(kind) = self.kind.filter(|kind| *kind != ChangeKind::Changed) {
            html.tag("<span class=\"badge\">").text(kind.name()).tag("</span>");
        }
        let subject = if commit.subject.is_empty() { "(no message)" } else { &commit.subject };
        match &commit.href {
            Some(href) => html.tag("<a").attribute("href", href).tag(" dir=\"auto\">").text(subject).tag("</a>"),
            None => html.tag("<bdi>").text(&commit.subject).tag("</bdi>"),
        };
        for (word, named) in
            [(" <span class=\"muted\">from <a", &self.former), (" <span class=\"muted\">as <a", &self.path)]
        {
            if let Some(named) = named {
                html.tag(word).attribute("href", &named.href).tag("><bdi>").text(&named.name).tag("</bdi></a></span>");
            }
        }
        if let Some(href) = &self.browse_href {
            html.tag(" <span class=\"muted\"><a").attribute("href", href);
            html.tag(if self.kind.is_some() { ">at this commit</a></span>" } else { ">files</a></span>" });
        }
        html.tag(" ").html(&Html::trusted(self.extras.details_html.clone()));
        html.tag("<span class=\"small-only muted\">");
        if !commit.author.is_empty() {
            html.tag("<bdi>").text(&commit.author).tag("</bdi>, ");
        }
        time(html, &commit.when).tag("</span></td>\n<td class=\"who wide-only\"><bdi>").text(&commit.author);
        html.tag("</bdi></td>\n<td class=\"when wide-only\">");
        time(html, &commit.when).tag("</td>\n");
        Ok(())
    }
}
