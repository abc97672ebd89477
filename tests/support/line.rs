//! The line to a PostgreSQL server, which can be cut and mended: what its clients see of a server that
//! stops, of a standby that takes over, and of an answer that is lost.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use url::Url;

/// The line; it ends when this is dropped. It works in threads of its own, so a test may wait for a
/// process that talks through it.
pub struct Line {
    upstream: Url,
    here: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_cut: AtomicBool,
    ended: AtomicBool,
    /// The connections that are open, at their client's end.
    clients: Mutex<Vec<TcpStream>>,
    /// Whether the answer to the next commit is lost, and the line with it.
    loses: AtomicBool,
    lost: AtomicUsize,
}

/// How a commit stands in a client's message (PostgreSQL's manual, "Message Formats", Query).
const COMMIT: &[u8] = b"COMMIT\0";

impl Line {
    /// A line to the server at this address.
    pub fn to(address: &str) -> Self {
        let upstream = Url::parse(address).expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let here = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let (shared, server) = (Arc::clone(&state), upstream.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::SeqCst) {
                    break;
                }
                if shared.is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                if let Ok(server) = connect(&server) {
                    join(&shared, client, server);
                }
            }
        });
        Self { upstream, here, state }
    }

    /// The address of the server by way of this line.
    pub fn address(&self) -> String {
        let mut address = self.upstream.clone();
        let others: Vec<(String, String)> = address
            .query_pairs()
            .filter(|(key, _)| key != "host" && key != "port")
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        address
            .query_pairs_mut()
            .clear()
            .extend_pairs(others)
            .append_pair("host", &self.here.ip().to_string())
            .append_pair("port", &self.here.port().to_string());
        address.into()
    }

    /// Ends every connection, and from now on each new one at once.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        for client in self.state.clients.lock().expect("the connections").drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }

    /// The server gets the next commit and does it; its answer is lost.
    pub fn loses_the_answer_to_the_next_commit(&self) {
        self.state.loses.store(true, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread that waits for a client.
        let _ = TcpStream::connect(self.here);
    }
}

/// One end of a connection.
trait Stream: Read + Write + Send + Sized + 'static {
    fn again(&self) -> io::Result<Self>;
    fn hang_up(&self);
}

impl Stream for TcpStream {
    fn again(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for UnixStream {
    fn again(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

enum Server {
    Tcp(TcpStream),
    Unix(UnixStream),
}

fn connect(address: &Url) -> io::Result<Server> {
    let said = |name: &str| {
        let found = address.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    let port = said("port").and_then(|it| it.parse().ok()).or(address.port()).unwrap_or(5432);
    let host = said("host").or_else(|| address.host_str().map(str::to_owned));
    match host.unwrap_or_else(|| "localhost".to_owned()) {
        folder if folder.starts_with('/') => {
            let socket = Path::new(&folder).join(format!(".s.PGSQL.{port}"));
            Ok(Server::Unix(UnixStream::connect(socket)?))
        }
        host => Ok(Server::Tcp(TcpStream::connect((host, port))?)),
    }
}

fn join(state: &Arc<State>, client: TcpStream, server: Server) {
    if let Ok(end) = client.try_clone() {
        state.clients.lock().expect("the connections").push(end);
    }
    let joined = match server {
        Server::Tcp(server) => join_with(state, client, server),
        Server::Unix(server) => join_with(state, client, server),
    };
    joined.expect("two ends");
}

fn join_with<S: Stream>(state: &Arc<State>, client: TcpStream, server: S) -> io::Result<()> {
    // Whether what the server says next is lost.
    let deaf = Arc::new(AtomicBool::new(false));
    let (from, to) = (client.again()?, server.again()?);
    let (shared, hears_no_more) = (Arc::clone(state), Arc::clone(&deaf));
    thread::spawn(move || {
        carry(from, to, |bytes| {
            let commits = bytes.windows(COMMIT.len()).any(|part| part == COMMIT);
            if commits && shared.loses.swap(false, Ordering::SeqCst) {
                hears_no_more.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    let shared = Arc::clone(state);
    thread::spawn(move || {
        carry(server, client, |_| {
            let heard = !deaf.load(Ordering::SeqCst);
            if !heard {
                shared.lost.fetch_add(1, Ordering::SeqCst);
            }
            heard
        });
    });
    Ok(())
}

/// Carries bytes until one end hangs up or `passes` says no; then both ends are hung up.
fn carry(mut from: impl Stream, mut to: impl Stream, mut passes: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 16384];
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
        && passes(&bytes[..count])
        && to.write_all(&bytes[..count]).is_ok()
    {}
    from.hang_up();
    to.hang_up();
}
