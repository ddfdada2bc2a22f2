//! Ground.
pub mod text;
