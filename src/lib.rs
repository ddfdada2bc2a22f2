//! Trackway.
#![forbid(unsafe_code)]
pub mod auth;
pub mod base;
pub mod web;
pub mod attachment;
pub mod wiki;
pub mod code;
pub mod account;
pub mod admin;
pub mod search;
pub mod app;
pub mod cli;
