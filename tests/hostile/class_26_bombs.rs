//! Class 26, bombs: what unfolds without end is refused before it does. Archives are in `backup.rs`, texts in `markup::bombs`,
//! trees in `sync_hostile.rs`.

#[test]
fn a_frame_that_asks_for_endless_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not");
    std::fs::write(&file, [0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap();
    let refused = crate::support::command::run(
        &folder.path().join("x"),
        &["restore", "--verify", &file.display().to_string()],
        b"",
    );
    assert!(refused.expect(1).stderr.contains("not whole"));
}
