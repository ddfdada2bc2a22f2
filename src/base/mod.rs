//! The ground: what every component stands on. It knows none of them.

pub mod component;
pub mod db;
pub mod error;
pub mod event;
pub mod markup;
pub mod project;
pub mod resource;
pub mod settings;
pub mod site;
pub mod text;
pub mod time;
pub mod viewer;
