//! Stories of settings: explained, checked, changed in the browser and by command, and told to the audit log.

use serde_json::json;

use crate::support::TestSite;

#[test]
fn every_setting_is_on_its_page_explained_and_with_who_changed_it() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let page = ada.get("/-/admin/settings").expect(200);
    for setting in test.site.components().settings() {
        let address = match setting.scope {
            trackway::base::settings::Scope::Site => "/-/admin/settings",
            trackway::base::settings::Scope::Project => "/demo/admin/settings",
        };
        let names = ada.get(address).expect(200).attributes("form.settings :is(input, select, textarea)", "name");
        assert!(names.iter().any(|name| name == setting.name), "{} is not on {address}", setting.name);
        assert!(setting.doc.ends_with('.'), "{} is not explained in sentences", setting.name);
        assert!(
            setting.values.fits(setting.default) || setting.values.is_secret(),
            "{}: its default does not fit",
            setting.name
        );
    }
    assert!(!page.words().contains("Changed"));

    ada.submit("/-/admin/settings", &[("title", "Harbour")]).expect(303);

    let page = ada.get("/-/admin/settings").expect(200);
    assert!(page.words().contains("by ada"), "{}", page.words());
    let log = ada.get("/-/admin/audit?kind=setting&format=json").json();
    assert_eq!(log["total"], 1, "what was the same before is no change");
    let change = &log["items"][0]["changes"][0];
    assert_eq!((&change["before"], &change["after"]), (&json!("Trackway"), &json!("Harbour")));
    ada.submit("/-/admin/settings", &[("reset", "title")]).expect(303);
    assert_eq!(ada.get("/-/admin/settings?format=json").json()["title"], "Trackway");
}

#[test]
fn what_does_not_fit_is_named_kept_and_changes_nothing() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let typed = [("backup.keep", "a few"), ("image_hosts", "evil.example; script-src *"), ("title", "Harbour")];
    let refused = ada.submit("/-/admin/settings", &typed).expect(422);
    let mut fields: Vec<String> = refused.problems().into_iter().map(|(field, _)| field).collect();
    fields.sort();
    assert_eq!(fields, ["backup.keep", "image_hosts"]);
    assert_eq!(refused.attributes("[name='backup.keep']", "value"), ["a few"]);
    assert_eq!(ada.get("/-/admin/settings?format=json").json()["title"], "Trackway");
    ada.post_json("/-/admin/settings", &json!({ "nonsense": 1 })).expect(422);
    let set = ada.post_json("/demo/admin/settings", &json!({ "camel_case": true })).expect(200).json();
    assert_eq!(set["camel_case"], true);
}

#[test]
fn a_secret_is_written_and_never_read() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let secret = test.site.components().settings().into_iter().find(|setting| setting.values.is_secret());
    let Some(secret) = secret else { return };
    test.command_with_input(&["setting", "set", secret.name, "-"], "smtp://kim:hunter2@mail.example\n").expect(0);
    for address in ["/-/admin/settings", "/-/admin/settings?format=json", "/-/admin/audit", "/-/admin/audit?format=csv"]
    {
        assert!(!ada.get(address).expect(200).text().contains("hunter2"), "{address}");
    }
    for command in [&["setting", "list"][..], &["setting", "show", secret.name], &["audit", "--format", "json"]] {
        assert!(!test.command(command).expect(0).stdout.contains("hunter2"), "{command:?}");
    }
    // An empty field leaves it, a tick takes it away.
    ada.submit("/-/admin/settings", &[("title", "Harbour")]).expect(303);
    assert_eq!(ada.get("/-/admin/settings?format=json").json()[secret.name], true);
    ada.submit("/-/admin/settings", &[(&format!("forget.{}", secret.name), "1")]).expect(303);
    assert_eq!(ada.get("/-/admin/settings?format=json").json()[secret.name], false);
}

#[test]
fn what_another_process_sets_counts_without_a_restart() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    assert!(!ada.get("/-/admin").header("Content-Security-Policy").unwrap().contains("pictures.example"));
    test.command(&["setting", "set", "image_hosts", "pictures.example"]).expect(0);
    test.command(&["setting", "set", "title", "Harbour"]).expect(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    ada.get("/-/admin").expect(200);
    let page = ada.get("/-/admin").expect(200);
    assert!(page.header("Content-Security-Policy").unwrap().contains("https://pictures.example"));
    assert!(page.text().contains("Harbour"));
}

#[test]
fn commands_set_for_administrators_alone() {
    let test = TestSite::new();
    test.user("kim").member();
    test.user("lea").can("TRAC_ADMIN");
    test.command(&["setting", "set", "camel_case", "true", "--project", "demo", "--as", "kim"]).expect(1);
    test.command(&["setting", "set", "camel_case", "true", "--project", "demo", "--as", "lea"]).expect(0);
    test.command(&["setting", "set", "title", "Mine", "--as", "lea"]).expect(1);
    let shown = test.command(&["setting", "show", "camel_case", "--project", "demo"]).expect(0).stdout;
    assert!(shown.contains("camel_case = true") && shown.contains("by lea"), "{shown}");
    test.command(&["setting", "reset", "camel_case", "--project", "demo"]).expect(0);
    assert!(test.command(&["setting", "set", "backup.keep", "0"]).expect(1).stderr.contains("from 1 to 1000"));
    assert!(test.command(&["setting", "show", "nonsense"]).expect(1).stderr.contains("no setting"));
}
