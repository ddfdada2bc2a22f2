//! Lists as `--format` wants them.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::Format;
use crate::base::error::{Error, Result};

pub struct List<'a> {
    columns: Vec<&'a str>,
    rows: Vec<Vec<Value>>,
}

impl<'a> List<'a> {
    pub fn new(columns: &'static [&'static str]) -> Self {
        Self::of(columns.to_vec())
    }

    /// For columns that somebody chooses.
    pub fn of(columns: Vec<&'a str>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Value>) {
        self.rows.push(cells);
    }

    pub fn print(&self, format: Format) -> Result<()> {
        let text = match format {
            Format::Table => self.table(),
            Format::Json => self.json()?,
            Format::Csv => self.csv(),
            Format::Ids => self.rows.iter().filter_map(|row| row.first()).map(|cell| plain(cell) + "\n").collect(),
        };
        print(&text)
    }

    fn table(&self) -> String {
        let cells: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(plain).collect()).collect();
        let width = |column: usize| {
            let longest = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
            longest.unwrap_or(0).max(self.columns[column].len())
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        let mut line = |cells: &[String]| {
            let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(padded.join("  ").trim_end());
            text.push('\n');
        };
        line(&self.columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        for row in &cells {
            line(row);
        }
        text
    }

    fn json(&self) -> Result<String> {
        let items: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let pairs = self.columns.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.clone()));
                Value::Object(pairs.collect::<Map<_, _>>())
            })
            .collect();
        Ok(serde_json::to_string_pretty(&items)? + "\n")
    }

    fn csv(&self) -> String {
        let mut text = self.columns.join(",") + "\n";
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| quoted(&plain(cell))).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }
}

fn plain(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\n', '\t'], " "),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Quoted where needed; a cell that a spreadsheet would take for a formula is disarmed (trackers.md e2, class 28).
fn quoted(cell: &str) -> String {
    let disarmed = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if disarmed.contains([',', '"', '\r']) { format!("\"{}\"", disarmed.replace('"', "\"\"")) } else { disarmed }
}

/// Prints; a reader that has seen enough is no failure.
pub fn print(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::told("standard output can't be written to", error.to_string()))
        }
        _ => Ok(()),
    }
}

/// How far long work is, on a terminal.
pub struct Bar<'a> {
    name: &'a str,
    /// What is counted, in the plural.
    unit: &'static str,
    shown: Option<Instant>,
    begun: Instant,
}

const WIDTH: usize = 30;

impl<'a> Bar<'a> {
    pub fn new(name: &'a str, unit: &'static str) -> Self {
        Self { name, unit, shown: None, begun: Instant::now() }
    }

    pub fn at(&mut self, done: usize, total: usize) {
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() > Duration::from_millis(100));
        let is_long = self.begun.elapsed() > Duration::from_millis(300);
        if total == 0 || !is_due || !is_long || !std::io::stderr().is_terminal() {
            return;
        }
        self.shown = Some(Instant::now());
        let full = (done * WIDTH / total).min(WIDTH);
        let (bar, rest) = ("#".repeat(full), " ".repeat(WIDTH - full));
        // A bar that can't be drawn is no reason to stop.
        let _ = write!(std::io::stderr(), "\r{} [{bar}{rest}] {done} of {total} {} ", self.name, self.unit);
    }

    pub fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
