//! Lists as files for spreadsheets: values between commas or tabs.

use rocket::http::{ContentType, Status};

use super::answer::Answer;

const BOM: &str = "\u{FEFF}";

/// A file in the making: its head, then a line for each row; quotes only where they are needed.
pub struct Separated {
    text: String,
    separator: char,
    /// Cells are the very data: one that begins with `=` is not disguised.
    raw: bool,
}

impl Separated {
    /// `raw`: for programs, which take no text for a formula as spreadsheets do.
    pub fn new(separator: char, raw: bool) -> Self {
        Self { text: BOM.to_owned(), separator, raw }
    }

    pub fn line<'a>(&mut self, cells: impl Iterator<Item = std::borrow::Cow<'a, str>>) {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                self.text.push(self.separator);
            }
            let disguise = !self.raw && is_formula(&cell);
            if disguise || cell.contains([self.separator, '"', '\r', '\n']) {
                self.text.push('"');
                self.text.push_str(if disguise { "'" } else { "" });
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(&cell);
            }
        }
        self.text.push('\n');
    }

    /// `name`: of the file, without its ending.
    pub fn answer(self, name: &str) -> Answer {
        let (ending, kind) = if self.separator == ',' { ("csv", "csv") } else { ("tsv", "tab-separated-values") };
        let content_type = ContentType::new("text", kind).with_params(("charset", "utf-8"));
        Answer::new(Status::Ok, content_type, self.text.into_bytes())
            .header("Content-Disposition", format!("attachment; filename=\"{name}.{ending}\""))
    }
}

/// A cell that no spreadsheet takes for a formula: one that begins as a formula gets a `'` before it (trackers.md e2, class
/// 28).
pub fn powerless(cell: String) -> String {
    if is_formula(&cell) { format!("'{cell}") } else { cell }
}

/// Whether a spreadsheet would reckon with it; numbers are what they are.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disguised_and_numbers_are_not() {
        for (cell, told) in [("=1+1", "\"'=1+1\""), ("-5", "-5"), ("-a", "\"'-a\""), ("a,b", "\"a,b\""), ("a", "a")] {
            let mut file = Separated::new(',', false);
            file.line([cell.into()].into_iter());
            assert_eq!(file.text, format!("{BOM}{told}\n"));
        }
        let mut file = Separated::new('\t', true);
        file.line(["=1".into(), "a,\"b".into()].into_iter());
        assert_eq!(file.text, format!("{BOM}=1\t\"a,\"\"b\"\n"));
    }
}
