//! What kinds of fields there are, for the page of the manual that tells of them. The component that has the fields says so.

/// A kind of field as the manual shows it (row F01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldType {
    /// As commands and forms call it.
    pub name: &'static str,
    /// What it holds, a sentence with `code` in backticks.
    pub doc: &'static str,
    /// A value as it is typed; empty where nobody types it.
    pub example: &'static str,
    /// Ways in which its values can be shown, the first where nothing is said.
    pub formats: &'static [&'static str],
    /// Whether a project may define fields of this kind.
    pub may_be_defined: bool,
    /// The fields of this kind that every project has.
    pub built_in: Vec<&'static str>,
}
