//! The ground: what every component stands on. It knows none of them.

pub mod component;
pub mod viewer;
pub mod local_rights;
pub mod resource;
pub mod site;
pub mod project;
pub mod event;
pub mod audit;
pub mod news;
pub mod job;
pub mod db;
pub mod kept;
mod sql_functions;
pub mod markup;
pub mod link;
pub mod settings;
pub mod commands;
pub mod field_type;
pub mod text;
pub mod time;
pub mod moment;
pub mod periods;
pub mod zip;
pub mod duration;
pub mod error;
