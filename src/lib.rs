//! Trackway.
#![forbid(unsafe_code)]
pub mod account;
pub mod admin;
pub mod app;
pub mod attachment;
pub mod auth;
pub mod base;
pub mod cli;
pub mod code;
pub mod search;
pub mod web;
pub mod wiki;
