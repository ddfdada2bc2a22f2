// The real program on an empty folder of its own.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const program = process.env.TRACKWAY;

/**
 * Starts a site; `address` is where it answers, `link` the one-time link for its first administrator.
 * With `clone` it starts within a git clone, as a newcomer would; `commit` commits to that, and `git` runs git there.
 */
export async function startSite({ clone = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "trackway-browser-"));
  const data = join(folder, clone ? "trackway-data" : "data");
  const git = (...given) => {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const result = spawnSync("git", given, { cwd: folder, encoding: "utf8", env });
    if (result.status !== 0) throw new Error(`git ${given.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout.trim();
  };
  /** What somebody commits with plain git; returns the id of the commit. */
  const commit = ({ name, email }, file, text, message) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    git("add", file);
    git("-c", `user.name=${name}`, "-c", `user.email=${email}`, "commit", "-q", "-m", message);
    return git("rev-parse", "HEAD");
  };
  if (clone) {
    git("init", "-q", "-b", "main");
    commit({ name: "Ada Long-Fellow", email: "ada@example.org" }, "README.md", "# The garden\n\nA gate and a shed.\n", "Begin");
  }
  const address = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(program, ["--data", data, "serve", ...(clone ? [] : ["--no-repo"]), "--url", address, "--listen", address.slice("http://".length)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += piece));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const link = await until(30_000, () => {
    if (child.exitCode !== null) throw new Error(`trackway serve ended:\n${said}`);
    return said.match(/http:\/\/\S+\/-\/\S+/)?.[0];
  }, () => `trackway serve named no one-time link:\n${said}`);
  await until(30_000, () => fetch(`${address}/-/health`).then(() => true, () => false), () => `nobody answers:\n${said}`);
  return {
    address,
    link,
    said: () => said,
    commit,
    git,
    command(...given) {
      const input = typeof given.at(-1) === "object" ? given.pop().input : "";
      const result = spawnSync(program, ["--data", data, ...given], { input, encoding: "utf8" });
      if (result.status !== 0) throw new Error(`trackway ${given.join(" ")}: ${result.stdout}${result.stderr}`);
      return result.stdout;
    },
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `look` gives something true. */
export async function until(most, look, complaint) {
  const end = Date.now() + most;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
