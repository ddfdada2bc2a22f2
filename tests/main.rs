//! All tests that look at Trackway from outside, in one binary.
#![expect(clippy::unwrap_used, reason = "a test that meets what it did not expect ends there")]

mod support;

mod account;
mod attachment;
mod browse;
mod browse_random;
mod changeset;
mod code_links;
mod commands;
mod committed_text;
mod commit_refs;
mod crash;
mod demo;
mod diff_random;
mod enumerator;
mod floors;
mod frame;
mod kept;
mod live;
mod markup;
mod migrations;
mod milestone;
mod options;
mod own_fields;
mod permission;
mod query;
mod query_page;
mod roadmap;
mod search;
mod sync;
mod sync_hostile;
mod sync_random;
mod text;
mod ticket;
mod ticket_command;
mod ticket_history;
mod ticket_rules;
mod timeline;
mod trouble;
mod wiki;
mod wiki_default;
mod workflow;
mod workflow_admin;
