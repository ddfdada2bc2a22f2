//! All tests that look at Trackway from outside, in one binary.

mod markup;
mod search;
mod text;
