//! All tests that look at Trackway from outside, in one binary.

mod search;
mod text;
