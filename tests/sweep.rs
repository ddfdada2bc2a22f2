//! Stories of cleaning up after somebody: what they wrote goes, what others wrote stays, and all of it can be brought back.

use crate::support::TestSite;

#[test]
fn everything_by_an_account_goes_and_what_others_wrote_stays() {
    let test = TestSite::new();
    let ada = test.admin("ada");
    let (kim, spammer) = (test.user("kim").member(), test.user("spammer").member());
    kim.save_page("Plan", "The plan.");
    spammer.save_page("Plan", "Buy pills!");
    spammer.save_page("Pills", "Buy pills!");
    spammer.attach("/demo/attachment/wiki/Plan/", "pills.txt", b"pills").expect(303);
    test.command(&["ticket", "new", "demo", "--summary", "Doors", "--as", "kim"]).expect(0);
    test.command(&["ticket", "new", "demo", "--summary", "Pills", "--as", "spammer"]).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "Buy pills!", "--as", "spammer"]).expect(0);
    test.command(&["ticket", "comment", "demo", "1", "They stick.", "--as", "kim"]).expect(0);

    let seen = ada.get("/-/admin/sweep?who=spammer").expect(200).words();
    for part in ["#2", "Pills", "version 1", "comment 1", "pills.txt", "Remove all 5"] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
    let told = test.command(&["sweep", "spammer"]).expect(0).stdout;
    assert!(told.contains("demo: 1 tickets, 1 comments, 1 pages, 1 pages to go back, 0 messages, 1 files"), "{told}");
    assert!(kim.page("Plan").words().contains("Buy pills!"), "so far nothing is done");

    ada.submit("/-/admin/sweep?who=spammer", &[("who", "spammer"), ("confirm", "1")]).expect(303);

    assert!(kim.page("Plan").words().contains("The plan."));
    kim.page("Pills").expect(404);
    kim.get("/demo/ticket/2").expect(404);
    let ticket = kim.get("/demo/ticket/1").expect(200).words();
    assert!(ticket.contains("They stick.") && !ticket.contains("Buy pills!"), "{ticket}");
    kim.get("/demo/raw-attachment/wiki/Plan/pills.txt").expect(404);
    assert!(test.command(&["sweep", "spammer"]).expect(0).stdout.contains("nothing"));
    let log = ada.get("/demo/admin/audit?format=json").json().to_string();
    assert!(log.contains("account.swept") && log.contains("page.deleted") && log.contains("ticket.deleted"), "{log}");
    test.command(&["check"]).expect(0);
    // It can be brought back.
    assert!(ada.get("/demo/admin/ticket/trash").expect(200).words().contains("#2"));
    test.command(&["sweep", "kim", "--as", "spammer", "--confirm"]).expect(1);
}
