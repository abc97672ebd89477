//! A site in a folder of its own, and the real program run on it.

pub mod line;
pub mod postgres;
pub mod proxy;
pub mod repository;
pub mod time;
pub mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use handbill::ledger::Place;
use handbill::site::Site;

/// A site made by `handbill init`, to be changed by a test.
pub struct TestSite {
    folder: tempfile::TempDir,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl TestSite {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = Self { folder };
        let made = site.handbill(&["init", "site"]);
        assert_eq!(made.code, 0, "{made:?}");
        if let Some(address) = postgres::for_all() {
            site.keeps_its_ledger_at(&address);
        }
        site
    }

    /// Its ledger is in a schema of its own there, or goes on in the one it has by way of this address.
    pub fn keeps_its_ledger_at(&self, address: &str) {
        let schema = postgres::schema();
        self.write("state/address", postgres::named(address, &schema));
        if self.read("handbill.toml").contains("\npostgres = ") {
            return;
        }
        let ledger = "path = \"state/ledger.db\"\n";
        let postgres =
            format!("postgres = {{ file = \"state/address\" }}\nschema = \"{schema}\"\n");
        self.replace("handbill.toml", ledger, &format!("{ledger}{postgres}"));
    }

    /// The same site on another machine: with the same pages, and a state of its own.
    pub fn on_another_machine(&self) -> Self {
        let other = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for (path, bytes) in self.snapshot() {
            let name = path.strip_prefix(self.root()).expect("a file of the site");
            let is_state = name.starts_with("state") && !name.ends_with("address");
            if !is_state && !name.starts_with("content") {
                other.write(&name.to_string_lossy(), bytes);
            }
        }
        std::os::unix::fs::symlink(self.path("content"), other.path("content")).expect("a link");
        other
    }

    /// Where its ledger is.
    pub fn ledger(&self) -> Place {
        match postgres::for_all() {
            None => (&self.path("state/ledger.db")).into(),
            Some(_) => Site::load(&self.root()).unwrap().0.expect("a site").ledger_place,
        }
    }

    /// There is no web site to look at: nothing waits for its page.
    pub fn waits_for_no_page(&self) {
        self.replace("handbill.toml", "# [plan]\n", "[plan]\nwait_for_page = false\n");
    }

    /// A site with the given channels only.
    pub fn with_channels(channels: &[&str]) -> Self {
        let site = Self::new();
        for entry in std::fs::read_dir(site.path("channels")).expect("the channels") {
            let path = entry.expect("a channel").path();
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            if !channels.contains(&stem.as_str()) {
                std::fs::remove_file(path).expect("removing a channel");
            }
        }
        site
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("making a folder");
        std::fs::write(path, text).expect("writing a file");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("reading a file")
    }

    /// Replaces words that must be there.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} does not hold {from:?}");
        self.write(name, text.replace(from, to));
    }

    /// Runs the program in the site's folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let folder = self.root();
        run(&folder, arguments, self.folder.path())
    }

    /// The same, with these variables in its environment.
    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        ran(command(&self.root(), arguments).envs(environment.iter().copied()), self.folder.path())
    }

    /// Runs the program beside the site.
    pub fn handbill(&self, arguments: &[&str]) -> Ran {
        run(self.folder.path(), arguments, self.folder.path())
    }

    /// Everything in the folder, with its bytes: to show that nothing was touched.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }
}

/// Runs the program in a folder, with no secrets and no colours.
pub fn run(folder: &Path, arguments: &[&str], root: &Path) -> Ran {
    ran(&mut command(folder, arguments), root)
}

/// The program, with nothing of this process's own settings.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handbill"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1");
    for (name, _) in std::env::vars() {
        if name.starts_with("HANDBILL") || name == "CREDENTIALS_DIRECTORY" {
            command.env_remove(name);
        }
    }
    command
}

fn ran(command: &mut Command, root: &Path) -> Ran {
    let output = command.output().expect("the program runs");
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).replace(&root.to_string_lossy().into_owned(), "[ROOT]")
    };
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// The folder of the shared postings. A test that uses them is skipped where they do not exist,
/// but in CI they must.
pub fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the shared postings must exist in CI");
    eprintln!("skipped: there are no shared postings at {}", folder.display());
    None
}

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it.
pub fn golden(name: &str, text: &str) {
    agrees(&format!("tests/golden/{name}"), text);
}

/// Compares with a page of the handbook's reference; `UPDATE_GOLDEN=1` writes it.
pub fn reference(name: &str, text: &str) {
    agrees(&format!("docs/reference/{name}"), text);
}

/// Compares with a file of the project.
fn agrees(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("making a folder");
        std::fs::write(&path, text).expect("writing a file");
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, wanted, "{name} differs; `UPDATE_GOLDEN=1 cargo test` rewrites it");
}
