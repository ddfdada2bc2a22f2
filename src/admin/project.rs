//! `/<project>/admin`: what somebody may administer in a project.

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use crate::base::error::Error;
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Page, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![project]
}

#[derive(Serialize)]
struct ProjectPage {
    panels: Vec<PanelGroup>,
}

impl Page for ProjectPage {
    const TEMPLATE: &'static str = "admin/project.html";
}

#[get("/<project>/admin")]
async fn project(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let panels = panels::groups(&room, "");
            // Who may administer nothing learns nothing of it.
            if panels.is_empty() {
                return Err(Error::not_found("There is no page at this address."));
            }
            if desk.visit.wants_json() {
                let items: Vec<_> = panels
                    .iter()
                    .flat_map(|group| &group.panels)
                    .map(|panel| json!({ "title": panel.label, "url": desk.web().address.absolute(&panel.href) }))
                    .collect();
                return Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }));
            }
            Sheet::new("Administration", ProjectPage { panels }).at("/admin").noindex().render(desk)
        })
        .await
}
