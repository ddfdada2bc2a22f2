//! All tests that look at Trackway from outside, in one binary.

mod attachment;
mod markup;
mod search;
mod text;
