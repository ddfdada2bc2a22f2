//! Names that somebody may have meant who typed another one. Pure.

use crate::base::text::fold;

/// No more names than these are offered.
const MOST: usize = 3;

/// “ Did you mean “owner”?”, or nothing where nothing is like it.
pub(super) fn question<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near: Vec<String> = like(typed, known).into_iter().map(|name| format!("“{name}”")).collect();
    match near.as_slice() {
        [] => String::new(),
        [names @ .., last] if !names.is_empty() => format!(" Did you mean {} or {last}?", names.join(", ")),
        [only, ..] => format!(" Did you mean {only}?"),
    }
}

/// The likest of these names, at most three: those that are all as near as can be.
fn like<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = fold(typed.trim());
    let most = match typed.chars().count() {
        0 => return Vec::new(),
        1..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let folded = fold(name);
            let begins = folded.starts_with(&typed) || typed.starts_with(&folded) && folded.chars().count() > 2;
            let steps =
                if folded == typed { 0 } else { steps(&typed, &folded).min(if begins { 1 } else { usize::MAX }) };
            (steps <= most).then_some((steps, name))
        })
        .collect();
    near.sort();
    near.dedup();
    let nearest = near.first().map_or(0, |(steps, _)| *steps);
    near.retain(|(steps, _)| *steps == nearest);
    near.into_iter().map(|(_, name)| name).take(MOST).collect()
}

/// How many letters are to be put in, taken out, exchanged or swapped to make one word of the other; of long words more than
/// could ever be like each other.
fn steps(one: &str, other: &str) -> usize {
    const LONGEST: usize = 40;
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len() > LONGEST || other.len() > LONGEST {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for at in 1..=one.len() {
        let mut row = vec![at];
        for to in 1..=other.len() {
            let differs = usize::from(one[at - 1] != other[to - 1]);
            let mut least = (rows[at - 1][to] + 1).min(row[to - 1] + 1).min(rows[at - 1][to - 1] + differs);
            if at > 1 && to > 1 && one[at - 1] == other[to - 2] && one[at - 2] == other[to - 1] {
                least = least.min(rows[at - 2][to - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_names_come_first() {
        let fields = ["owner", "status", "milestone", "component", "type", "time", "cc"];
        assert_eq!(question("ownr", fields), " Did you mean “owner”?");
        assert_eq!(question("mile", fields), " Did you mean “milestone”?");
        assert_eq!(question("tiem", fields), " Did you mean “time”?");
        assert_eq!(question("tie", fields), " Did you mean “time”?");
        assert_eq!(question("colour", fields), "");
        assert_eq!(question("", fields), "");
        assert_eq!(question(&"x".repeat(1000), fields), "");
    }
}
