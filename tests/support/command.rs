//! The real program, run on a folder.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Debug, Clone)]
pub struct Output {
    pub asked: String,
    /// 128 and the number of the signal if one ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Fails with all that was said if the exit code is another one.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}{}", self.asked, self.stdout, self.stderr);
        self
    }
}

/// Runs `trackway` with these arguments, `--data` and an input that ends.
pub fn run(data: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = trackway(data);
    command.args(arguments);
    finish(command, arguments, input)
}

/// Runs a command that is made ready to its end. `asked`: how a failure calls it.
pub fn finish(mut command: Command, asked: &[&str], input: &[u8]) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read its input may be gone already: that is its right.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Output {
        asked: format!("trackway {}", asked.join(" ")),
        status: output.status.code().unwrap_or_else(|| signal_of(&output.status)),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program on that folder, without what the surroundings say.
pub fn trackway(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackway"));
    command.env_remove("TRACKWAY_DATA").env_remove("TRACKWAY_DEV").env_remove("NO_COLOR");
    command.env("TRACKWAY_DATA", data);
    command
}

fn signal_of(status: &std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    128 + status.signal().unwrap_or_default()
}
