//! Class 28, formulas in files for spreadsheets: whatever somebody has called something, no cell of any such file begins as a
//! formula does, unless the very data is asked for.

use std::collections::BTreeSet;

use super::class_02_names::call;
use crate::enumerator::rules::RULES;
use crate::support::TestSite;
use crate::support::answer::Answer;

const FORMULAS: [&str; 4] =
    ["=HYPERLINK(\"//evil.example\")", "+1+cmd|' C'!A0", "-2+3+cmd|' C'!A0", "@SUM(1+1)*cmd|' C'!A0"];

/// The cells of a file for spreadsheets; none if it is none.
fn cells(answer: &Answer) -> Option<Vec<String>> {
    let kind = answer.header("Content-Type")?;
    let separator = match kind.split(';').next()? {
        "text/csv" => b',',
        "text/tab-separated-values" => b'\t',
        _ => return None,
    };
    let text = answer.text();
    let text = text.trim_start_matches('\u{FEFF}').to_owned();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    Some(reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect())
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell.parse::<f64>().is_err()
}

/// A project in which everything has such a name.
fn house() -> TestSite {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let given = call(&test, &kim, &mut Vec::new(), &FORMULAS);
    assert!(given > 30, "only {given} things may be called so");
    for formula in FORMULAS {
        test.command(&["ticket", "comment", "demo", "1", formula, "--as", "kim"]).expect(0);
        kim.post_signed("/demo/ticket/1/time", &[("time", "1h"), ("time_remark", formula)]).expect(303);
        kim.save_page(&format!("Wanting {}", formula.len()), &format!("[[{formula}]]"));
    }
    test.catch_up();
    test
}

#[test]
fn no_cell_of_any_file_begins_as_a_formula() {
    let test = house();
    let kim = test.signed_in("kim");
    let mut doors: BTreeSet<String> = BTreeSet::new();
    for door in RULES.iter().filter(|rule| rule.is_get()).flat_map(|rule| rule.doors) {
        let bare = door.address.split("format=").next().unwrap();
        let mark = if bare.ends_with(['?', '&']) {
            ""
        } else if bare.contains('?') {
            "&"
        } else {
            "?"
        };
        for format in ["csv", "tab", "tsv"] {
            doors.insert(format!("{bare}{mark}format={format}"));
        }
    }
    for more in [
        "/demo/query?order=id&col=id&col=summary&col=component&col=milestone&col=version&col=keywords&col=owner&col=reporter&col=cc&col=field0&format=csv",
        "/demo/time?from=&to=&by=entry&format=csv",
        "/demo/report/1?format=csv&USER=%3D1%2B1",
        "/demo/chart?chart=by&by=component&format=csv",
        "/demo/chart?chart=by&by=milestone&format=csv",
    ] {
        doors.insert(more.to_owned());
    }
    let (mut files, mut disguised, mut complaints) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for address in doors {
        let answer = kim.get(&address);
        let Some(cells) = cells(&answer) else { continue };
        let kind = address.split('?').next().unwrap().trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        complaints.extend(cells.iter().filter(|cell| is_formula(cell)).map(|cell| format!("{address}: {cell:?}")));
        if cells.iter().any(|cell| cell.strip_prefix('\'').is_some_and(is_formula)) {
            disguised.insert(kind.clone());
        }
        files.insert(kind);
    }
    super::nothing_in(&complaints);
    println!("{files:#?}\n{disguised:#?}");
    assert!(files.len() >= 8, "{files:#?}");
    assert!(disguised.len() >= 6, "{disguised:#?}");
}

#[test]
fn programs_get_the_very_data() {
    let test = house();
    let kim = test.signed_in("kim");
    for address in ["/demo/query?order=id&col=summary&format=csv", "/demo/query?order=id&col=summary&format=tab"] {
        let raw = cells(&kim.get(&format!("{address}&raw=1")).expect(200)).unwrap();
        let shown = cells(&kim.get(address).expect(200)).unwrap();
        for formula in FORMULAS {
            assert!(raw.iter().any(|cell| cell == formula), "{raw:?}");
            assert!(shown.iter().any(|cell| *cell == format!("'{formula}")), "{shown:?}");
        }
    }
    // What a command prints is for programs.
    let printed = test.command(&["ticket", "list", "demo", "--format", "csv"]).expect(0).stdout;
    assert!(printed.contains(FORMULAS[1]), "{printed}");
}
