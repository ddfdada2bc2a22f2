//! A data folder in trouble: what is said, what goes on, what can be put right.
