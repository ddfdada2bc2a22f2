//! Text tools.
