//! What commit messages ask of tickets (DESIGN 7).

mod commands;
mod data;
mod hostile;
mod tables;
