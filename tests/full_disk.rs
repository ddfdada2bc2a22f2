//! Stories of a disk that is full or can't be written: what is not kept is said, and what was there before is whole. For
//! commands the limit of the system on the size of a file stands for the disk; a server gets a small disk of its own, in
//! memory, which nobody else sees.

use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rocket::http::Status;

use crate::support::form::{PageForm, multipart, post_forms};
use crate::support::server::{Reply, Server, free_address, request};
use crate::support::{TestSite, command};

/// Runs the program where no file can grow beyond so many blocks of 512 bytes. The signal that would end it is not heard, as on
/// a full disk, which has none.
fn with_room_for(test: &TestSite, blocks: usize, arguments: &[&str], input: &str) -> command::Output {
    let program = command::trackway(&test.data());
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
        .arg("sh")
        .arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.args(program.get_args()).args(arguments);
    command::finish(limited, arguments, input.as_bytes())
}

fn filled() -> TestSite {
    let test = TestSite::new();
    test.admin("ada").save_page("Plan", "What we do.");
    test
}

#[test]
fn a_page_that_finds_no_room_is_refused_and_the_others_are_whole() {
    let test = filled();
    let large = "Many words, line by line.\n".repeat(30_000);
    let refused = with_room_for(&test, 1000, &["wiki", "save", "demo", "Large"], &large).expect(1);
    assert!(refused.stderr.contains("can't be read or written. Nothing was changed."), "{}", refused.stderr);
    test.command(&["check"]).expect(0);
    test.command(&["wiki", "show", "demo", "Large"]).expect(1);
    assert!(test.command(&["wiki", "show", "demo", "Plan"]).expect(0).stdout.contains("What we do."));
    // With room again, everything goes on.
    test.command_with_input(&["wiki", "save", "demo", "Large"], &large).expect(0);
}

#[test]
fn a_backup_that_finds_no_room_leaves_none_that_looks_like_one() {
    let test = filled();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.tar.zst");
    let name = file.to_str().unwrap();
    with_room_for(&test, 100, &["backup", name], "").expect(1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    test.command(&["backup", name]).expect(0);
    test.command(&["restore", "--verify", name]).expect(0);
}

#[test]
fn a_restore_that_finds_no_room_is_no_site_and_can_be_begun_again() {
    let test = filled();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.tar.zst");
    test.command(&["backup", file.to_str().unwrap()]).expect(0);
    let empty = folder.path().join("new");
    let arguments = ["--data", empty.to_str().unwrap(), "restore", file.to_str().unwrap()];
    with_room_for(&test, 100, &arguments, "").expect(1);
    assert!(!empty.join("site.db").exists(), "what broke off is no site");
    test.command(&arguments).expect(0);
    test.command(&["--data", empty.to_str().unwrap(), "check"]).expect(0);
}

/// Puts a copy of a site on a small disk of its own and does something there; `$DISK` is where. None where the system lets
/// nobody have one.
fn on_small_disk(data: &Path, disk: &Path, script: &str) -> Option<Command> {
    let may = Command::new("unshare").args(["-Urm", "mount", "-t", "tmpfs", "tmpfs"]).arg(disk).output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("this system gives nobody a disk of their own, so none was filled");
        return None;
    }
    let mut command = Command::new("unshare");
    let script = format!("mount -t tmpfs -o size=48m tmpfs \"$DISK\" && cp -a \"$DATA\"/. \"$DISK\" && {script}");
    command.args(["-Urm", "sh", "-c", &script]).arg("sh").arg(env!("CARGO_BIN_EXE_trackway"));
    command.env_remove("TRACKWAY_DEV").env_remove("NO_COLOR").env("TRACKWAY_DATA", disk);
    command.env("DATA", data).env("DISK", disk);
    Some(command)
}

/// What somebody does at a server that runs on such a disk.
struct Guest {
    address: SocketAddr,
    cookie: String,
}

impl Guest {
    fn get(&self, path: &str) -> Reply {
        request(self.address, "GET", path, &[("Cookie", &self.cookie)], "").unwrap()
    }

    fn send(&self, path: &str, kind: &str, body: &str) -> Reply {
        request(self.address, "POST", path, &[("Cookie", &self.cookie), ("Content-Type", kind)], body).unwrap()
    }

    /// Fills in the first form of a page that has that field, and sends it.
    fn submit(&self, page: &str, field: &str, typed: &[(&str, &str)]) -> Reply {
        let shown = self.get(page);
        assert_eq!(shown.status, 200, "{page}: {}", shown.body);
        let forms = post_forms(&shown.body);
        let fits = |form: &&PageForm| form.names.iter().any(|name| name == field);
        let mut form = forms.iter().find(fits).cloned().unwrap_or_else(|| panic!("{page} has {forms:?}"));
        form.fill(typed);
        let action = if form.action.is_empty() { page } else { &form.action };
        self.send(action, "application/x-www-form-urlencoded", &form.encoded())
    }

    fn save_page(&self, name: &str, text: &str) -> Reply {
        self.submit(&format!("/demo/wiki/{name}?action=edit"), "text", &[("text", text)])
    }
}

/// Writes until nothing more goes in.
fn fill(ballast: &Path) {
    let mut file = File::create(ballast).unwrap();
    for piece in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; piece]).is_ok() {}
    }
}

#[test]
fn a_server_on_a_full_disk_reads_on_refuses_what_it_cannot_keep_and_goes_on_when_there_is_room() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    ada.save_page("Plan", "What we do.");
    let cookie = format!("trackway={}", ada.session.clone().unwrap());
    let folder = test.close();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let address = free_address();
    let serve = format!("exec \"$1\" serve --no-repo --listen {address}");
    let Some(program) = on_small_disk(&folder.path().join("data"), &disk, &serve) else { return };
    let server = Server::begin(program, address);
    let guest = Guest { address, cookie };
    // Its disk as this process sees it.
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()));
    guest.save_page("Before", "There was room.");
    fill(&seen.join("ballast"));

    let large = "Many words, line by line.\n".repeat(30_000);
    let refused = guest.save_page("Large", &large);
    assert_eq!(refused.status, Status::InsufficientStorage.code, "{}", refused.body);
    assert!(refused.body.contains("The disk of the server is full. Nothing was changed."), "{}", refused.body);
    assert!(refused.body.contains("Many words, line by line."), "what was typed is lost");
    let form = post_forms(&guest.get("/demo/attachment/wiki/Plan/").body).remove(0);
    let token = form.fields.iter().find(|(name, _)| name == "__FORM_TOKEN").unwrap().1.clone();
    let (kind, file) = multipart(&[("__FORM_TOKEN", &token)], &[("attachment", "notes.txt", large.as_bytes())]);
    let refused = guest.send("/demo/attachment/wiki/Plan/", &kind, &String::from_utf8(file).unwrap());
    assert_eq!(refused.status, 507, "{}", refused.body);

    // Small things may still find a corner, until they don't. What was answered counts.
    let mut kept = 0;
    let refused = loop {
        let reply = guest.submit(
            "/demo/newticket",
            "field_summary",
            &[("submit", "1"), ("field_summary", "A small thing"), ("field_description", &large[..20_000])],
        );
        if reply.status != 303 {
            break reply;
        }
        kept += 1;
        assert!(kept < 3000, "the disk has no end");
    };
    assert_eq!(refused.status, 507, "{}", refused.body);
    for page in [
        "/demo/wiki/Plan",
        "/demo/wiki/Before",
        "/demo/query?status=!closed&format=json",
        "/-/health",
        "/demo/timeline",
        "/-/admin",
    ] {
        let reply = guest.get(page);
        assert_eq!(reply.status, 200, "{page}: {}", reply.body);
    }
    assert_eq!(guest.get("/demo/wiki/Large").status, 404);

    fs::remove_file(seen.join("ballast")).unwrap();
    assert_eq!(guest.save_page("Large", &large).status, 303);
    assert_eq!(
        guest.submit("/demo/newticket", "field_summary", &[("submit", "1"), ("field_summary", "With room")]).status,
        303
    );
    let all: serde_json::Value =
        serde_json::from_str(&guest.get("/demo/query?status=!closed&format=json").body).unwrap();
    assert_eq!(all["total"], kept + 1);
    assert!(!guest.get("/demo/attachment/wiki/Plan/").body.contains("notes.txt"));
    let check = Command::new("nsenter")
        .args(["-t", &server.id().to_string(), "-U", "-m", "--preserve-credentials", env!("CARGO_BIN_EXE_trackway")])
        .args(["--data", disk.to_str().unwrap(), "check"])
        .output()
        .unwrap();
    assert!(
        check.status.success(),
        "{}{}",
        String::from_utf8_lossy(&check.stdout),
        String::from_utf8_lossy(&check.stderr)
    );
    server.stop();
}

#[test]
fn on_a_disk_that_is_full_or_read_only_nothing_begins_and_the_reason_is_said() {
    let test = filled();
    let folder = test.close();
    let data = folder.path().join("data");
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    for (state, told) in [
        ("{ cat /dev/zero > \"$DISK\"/ballast 2>/dev/null; true; }", "The disk of the server is full."),
        ("mount -o remount,ro \"$DISK\"", "can't be"),
    ] {
        for arguments in
            ["serve --no-repo --listen 127.0.0.1:0", "wiki show demo Plan", "backup \"$DISK\"/b.tar.zst", "check"]
        {
            let Some(program) = on_small_disk(&data, &disk, &format!("{state} && exec \"$1\" {arguments}")) else {
                return;
            };
            let output = command::finish(program, &[arguments], b"").expect(1);
            assert!(output.stderr.contains(told), "{arguments}: {}", output.stderr);
        }
    }
    // What was copied there is whole where it came from.
    command::run(&data, &["check"], b"").expect(0);
}
