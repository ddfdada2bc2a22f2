//! The ground: what every component stands on. It knows none of them.

pub mod error;
pub mod markup;
pub mod resource;
pub mod text;
pub mod time;
pub mod viewer;
