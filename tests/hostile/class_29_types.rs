//! Class 29, rules about files that one door forgets: a name, a size and how a file is sent are the same whichever way it came
//! in, and do not change with what replaced it.

use super::class_03_files::danger;
use super::nothing_in;
use crate::support::TestSite;

const SCRIPT: &[u8] = b"<html><script>alert(1)</script><svg onload=alert(1)></html>";
const NAMES: [&str; 6] = ["page.html", "drawing.svg", "page.xhtml", "picture.png", "list.xml", "no ending"];

/// What is wrong with how the files of a page are sent.
fn sent(test: &TestSite, project: &str, page: &str) -> (usize, Vec<String>) {
    let ada = test.signed_in("ada");
    let list = ada.get(&format!("/{project}/attachment/wiki/{page}/?format=json")).expect(200).json();
    let names: Vec<String> =
        list["items"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect();
    let mut complaints = Vec::new();
    for name in &names {
        let name = trackway::web::address::segment(name);
        for query in ["", "?format=raw", "?as=text/html"] {
            let answer = ada.get(&format!("/{project}/raw-attachment/wiki/{page}/{name}{query}")).expect(200);
            assert_eq!(answer.body, SCRIPT, "{}", answer.asked);
            complaints.extend(danger(&answer).map(|problem| format!("{}: {problem}", answer.asked)));
        }
    }
    (names.len(), complaints)
}

#[test]
fn a_file_is_sent_alike_whichever_way_it_came_in() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    // By the form, and in place of something harmless.
    for page in ["Sent", "Replaced"] {
        ada.save_page(page, "words");
        let list = format!("/demo/attachment/wiki/{page}/");
        for name in NAMES {
            if page == "Replaced" {
                ada.attach(&list, name, b"harmless").expect(303);
            }
            let form = ada.form(&list, &[("attachment", "")]);
            let fields: Vec<(&str, &str)> =
                form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let fields: Vec<(&str, &str)> =
                fields.into_iter().filter(|field| field.0 != "attachment").chain([("replace", "1")]).collect();
            let (kind, body) = crate::support::form::multipart(&fields, &[("attachment", name, SCRIPT)]);
            ada.send(rocket::http::Method::Post, &form.action, &kind, body).expect(303);
        }
        let (count, complaints) = sent(&test, "demo", page);
        nothing_in(&complaints);
        assert_eq!(count, NAMES.len(), "{page}");
    }
    // From a folder of pages.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("Taken.files")).unwrap();
    std::fs::write(folder.path().join("Taken.md"), "words").unwrap();
    for name in NAMES {
        std::fs::write(folder.path().join("Taken.files").join(name), SCRIPT).unwrap();
    }
    test.command(&["wiki", "import", "demo", folder.path().to_str().unwrap()]).expect(0);
    // With a page that was moved.
    ada.submit("/demo/wiki/Sent?action=rename", &[("new_name", "Moved")]).expect(303);
    for page in ["Taken", "Moved"] {
        let (count, complaints) = sent(&test, "demo", page);
        nothing_in(&complaints);
        assert_eq!(count, NAMES.len(), "{page}");
    }
    // By command.
    ada.save_page("Command", "words");
    for name in NAMES {
        let file = folder.path().join("Taken.files").join(name);
        test.command(&["attachment", "add", "demo", "wiki:Command", file.to_str().unwrap()]).expect(0);
    }
    let (count, complaints) = sent(&test, "demo", "Command");
    nothing_in(&complaints);
    assert_eq!(count, NAMES.len());
    // In a project that came in a file.
    let exported = folder.path().join("demo.trackway");
    test.command(&["project", "export", "demo", exported.to_str().unwrap()]).expect(0);
    test.command(&["project", "import", exported.to_str().unwrap(), "came", "--same-names"]).expect(0);
    let (count, complaints) = sent(&test, "came", "Moved");
    nothing_in(&complaints);
    assert_eq!(count, NAMES.len());
    // In a project made after the model of this one.
    test.command(&["project", "create", "copy", "--from", "demo"]).expect(0);
    let (count, complaints) = sent(&test, "copy", "Moved");
    nothing_in(&complaints);
    assert_eq!(count, NAMES.len());
}

/// The limit of the site is that of each door.
#[test]
fn a_file_that_is_too_large_is_too_large_everywhere() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    ada.save_page("Plan", "words");
    test.command(&["setting", "set", "upload_limit", "1"]).expect(0);
    let large = vec![b'x'; (1 << 20) + 1];
    ada.attach("/demo/attachment/wiki/Plan/", "large.txt", &large).expect(422);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("Plan.files")).unwrap();
    std::fs::write(folder.path().join("Plan.md"), "words").unwrap();
    std::fs::write(folder.path().join("Plan.files/large.txt"), &large).unwrap();
    let refused = test.command(&["wiki", "import", "demo", folder.path().to_str().unwrap()]).expect(1);
    assert!(refused.stderr.contains("large.txt"), "{}", refused.stderr);
    assert!(!ada.get("/demo/attachment/wiki/Plan/").expect(200).text().contains("large"));
}
