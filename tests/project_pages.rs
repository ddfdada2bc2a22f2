//! Stories of who administers a site and what becomes of its projects.

use crate::support::TestSite;

const PAGE: &str = "/-/admin/projects/demo";

#[test]
fn a_project_is_renamed_and_its_old_addresses_lead_to_it() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do.");
    let refused = ada.submit(&format!("{PAGE}?"), &[("name", "Not so")]);
    assert!(refused.expect(422).words().contains("can't be a project's name"));
    let renamed = ada.submit(PAGE, &[("name", "orchard")]).expect(303);
    assert_eq!(renamed.location(), "/-/admin/projects/orchard");
    ada.get("/orchard/wiki/Plan").expect(200);
    assert_eq!(ada.get("/demo/wiki/Plan").location(), "/orchard/wiki/Plan");
    ada.get(PAGE).expect(404);
}

#[test]
fn an_archived_project_is_read_and_not_changed_until_it_is_opened_again() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do.");
    ada.post_signed(&format!("{PAGE}/archive"), &[]).expect(303);
    ada.get("/demo/wiki/Plan").expect(200);
    ada.get("/demo/wiki/Plan?action=edit").expect(403);
    assert!(ada.get("/-/admin/projects").expect(200).words().contains("archived"));
    ada.post_signed(&format!("{PAGE}/archive"), &[]).expect(404);
    ada.post_signed(&format!("{PAGE}/open"), &[]).expect(303);
    ada.save_page("Plan", "What we do now.");
}

#[test]
fn a_removed_project_is_nowhere_and_comes_back_whole() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do.");
    let other = ada.post_signed(&format!("{PAGE}/remove"), &[("name", "another")]).expect(422);
    assert!(
        other.words().contains("Type demo here") || other.words().contains("Type `demo` here"),
        "{}",
        other.words()
    );
    let typed = other.attributes("form[action$='/rename'] input[name=name]", "value");
    assert_eq!(typed, ["demo"], "what was typed to remove it is no new name");
    let removed = ada.post_signed(&format!("{PAGE}/remove"), &[("name", "demo")]).expect(303);
    ada.get("/demo/wiki/Plan").expect(404);

    // Its name is free for another one.
    test.command(&["project", "create", "demo"]).expect(0);
    let page = removed.location().to_owned();
    let taken = ada.submit(&page, &[("name", "demo")]).expect(422);
    assert!(taken.words().contains("There is a project"), "{}", taken.words());
    ada.submit(&page, &[("name", "garden")]).expect(303);
    assert!(ada.page("Plan").status == 404 && ada.get("/garden/wiki/Plan").expect(200).words().contains("What we do."));

    // The same by commands.
    test.command(&["project", "remove", "garden"]).expect(0);
    let id = test.command(&["project", "list", "--removed", "--format", "csv"]).expect(0).stdout;
    let id = id.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    test.command(&["project", "restore", &id, "meadow"]).expect(0);
    assert_eq!(ada.get("/meadow/wiki/Plan").status, 200);
    test.command(&["project", "restore", &id, "meadow"]).expect(1);
}
