//! Trackway: the wiki, the tickets, the milestones and the commits of a group, linked to each other, in one program and one
//! folder.
//!
//! # The tour
//!
//! Start at [`app`]: it lists the components and puts the web program together from them. A component is a folder with
//! everything of its own inside, and the same file names in each:
//!
//! * `mod.rs`: what it is for, and its `impl Component`: all that it contributes;
//! * `store.rs`: SQL and rows, deciding nothing;
//! * `edit.rs`: the one way to change it, whoever asks: form, JSON, command, import;
//! * `pages.rs` (and `…_pages.rs`): routes with their full path, page structs, forms;
//! * `link.rs`, `macros.rs`: what texts everywhere may say of it.
//!
//! The floors, from the ground up; a module imports only from lower ones (`tests/floors.rs` holds them to it):
//!
//! 1. [`base`]: the ground. Databases with one writer each, the site and its projects, the event log and its followers,
//!    viewers, text. It knows no component: it asks them through [`base::component::Component`].
//! 2. [`auth`]: who is asking, and what they may do. Rules and tables, no pages.
//! 3. [`web`]: between HTTP and the components.
//! 4. [`attachment`], [`milestone`]: content that other content shares.
//! 5. [`wiki`], [`ticket`], [`code`]: content.
//! 6. [`roadmap`], [`query`], [`report`], [`timeline`], [`search`], [`live`], [`account`], [`admin`]: views over content.
//! 7. [`home`]: what is put together from these views.
//! 8. [`app`], [`demo`], [`publish`], [`upkeep`], [`cli`]: the top.
//!
//! Components never import a neighbour. Sideways they *ask* through the trait (links, macros, cards, owners of files) and
//! *tell* by recording an event: `tx.record(…)` hands it to every component inside the same transaction, and followers do
//! whatever is slow afterwards.
//!
//! # How a page is made
//!
//! `GET /demo/wiki/Plan`: the route in `wiki/pages.rs` takes a [`web::Visit`] and answers with a closure that works at a
//! [`web::Desk`], there and then (`web/lookout.rs` says why that holds up nobody; what writes has a thread of its own).
//! `desk.room("demo")` enters the project and gives the viewer; one read loads a typed struct; `web` renders
//! `templates/wiki/show.html` from it. Errors become pages in `web::error` alone.
//!
//! # What is deliberately absent
//!
//! No read without a viewer, no write without an event, no query over two projects, no global state but the caches of
//! what never changes ([`base::kept`] asks the database at each read whether it has), no HTML in a page that was neither
//! escaped nor made by [`base::markup`].

pub mod base;
pub mod auth;
pub mod web;
pub mod attachment;
pub mod milestone;
pub mod wiki;
pub mod ticket;
pub mod code;
pub mod roadmap;
pub mod query;
pub mod report;
pub mod timeline;
pub mod search;
pub mod live;
pub mod account;
pub mod admin;
pub mod home;
pub mod app;
pub mod demo;
pub mod publish;
pub mod upkeep;
pub mod cli;
