//! Pages are made on the threads that wait for the network: to hand each to another thread and back costs a fifth of what a
//! page costs. But the thread that makes a page may be the one that was waiting for all connections, and while it is busy the
//! runtime wakes no other in its place: a slow page would hold up everybody. So a lookout on a thread of its own looks every few
//! milliseconds whether pages are being made and none gets done, and then gives the runtime something to do, which makes
//! another thread wait for the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use rocket::tokio::runtime::Handle;

/// A page that takes longer than this is no longer waited for.
const PATIENCE: Duration = Duration::from_millis(5);
/// After so many looks at nothing it sleeps until there is something.
const LOOKS: u32 = 100;

pub(super) struct Lookout {
    seen: Arc<Seen>,
    thread: Thread,
}

#[derive(Default)]
struct Seen {
    begun: AtomicUsize,
    done: AtomicUsize,
    asleep: AtomicBool,
    over: AtomicBool,
}

impl Lookout {
    /// For the runtime that this is called in.
    pub fn begin() -> Self {
        let seen = Arc::new(Seen::default());
        let (watched, runtime) = (Arc::clone(&seen), Handle::current());
        let thread = thread::spawn(move || watched.keep(&runtime)).thread().clone();
        Self { seen, thread }
    }

    /// Does a piece of work here and now.
    pub fn over<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Counts it as done also when it panics.
        struct Done<'a>(&'a AtomicUsize);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let _done = Done(&self.seen.done);
        self.seen.begun.fetch_add(1, Ordering::SeqCst);
        if self.seen.asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
        work()
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

impl Seen {
    fn keep(&self, runtime: &Handle) {
        let mut before = (0, 0);
        let mut idle = 0;
        while !self.over.load(Ordering::SeqCst) {
            let now = (self.begun.load(Ordering::SeqCst), self.done.load(Ordering::SeqCst));
            if now.0 == now.1 {
                idle = if now == before { idle + 1 } else { 0 };
            } else {
                idle = 0;
                if now == before {
                    runtime.spawn(async {});
                }
            }
            before = now;
            if idle < LOOKS {
                thread::park_timeout(PATIENCE);
                continue;
            }
            idle = 0;
            self.asleep.store(true, Ordering::SeqCst);
            if self.begun.load(Ordering::SeqCst) == now.0 {
                thread::park();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::mpsc;

    use rocket::tokio::io::{AsyncReadExt, AsyncWriteExt};
    use rocket::tokio::net::TcpListener;
    use rocket::tokio::runtime::Builder;

    use super::*;

    /// A server that answers each byte with itself; `0` only when it is told to.
    #[test]
    fn a_slow_piece_of_work_holds_up_nobody() {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
        let _inside = runtime.enter();
        let lookout = Arc::new(Lookout::begin());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (lookout, held) = (Arc::clone(&lookout), Arc::clone(&held));
                rocket::tokio::spawn(async move {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).await.is_ok() {
                        lookout.over(|| (byte == *b"0").then(|| held.lock().map(|held| held.recv())));
                        if stream.write_all(&byte).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        let connect = || TcpStream::connect(address).expect("a connection");
        let (mut slow, mut quick) = (connect(), connect());
        for _ in 0..20 {
            slow.write_all(b"0").expect("sent");
            for _ in 0..20 {
                let mut byte = [0];
                quick.write_all(b"1").expect("sent");
                quick.read_exact(&mut byte).expect("answered while the other waits");
            }
            release.send(()).expect("released");
            slow.read_exact(&mut [0]).expect("answered at last");
        }
    }
}
