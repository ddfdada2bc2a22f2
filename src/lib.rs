//! Trackway.
#![forbid(unsafe_code)]
pub mod auth;
pub mod base;
pub mod web;
