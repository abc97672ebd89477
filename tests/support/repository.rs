//! A bare repository on this machine, worked on with the real `git`, as a host and its users would.

use std::path::Path;
use std::process::Command;

/// A repository that others push to.
pub struct Bare {
    folder: tempfile::TempDir,
}

impl Bare {
    /// One with these files on `main`.
    pub fn with(files: &[(&str, &str)]) -> Self {
        Self::made(tempfile::tempdir().expect("a temporary folder"), &[], files)
    }

    /// One below a folder that a server shows, where the server may write as well.
    pub fn shared_below(parent: &Path, files: &[(&str, &str)]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::Builder::new().prefix("list-").tempdir_in(parent).expect("a folder");
        let open = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(folder.path(), open).expect("rights");
        Self::made(folder, &["--shared=0777"], files)
    }

    fn made(folder: tempfile::TempDir, options: &[&str], files: &[(&str, &str)]) -> Self {
        let bare = Self { folder };
        let init = ["init", "--quiet", "--bare", "-b", "main"];
        git(bare.folder.path(), &[&init, options, &["there.git"]].concat());
        bare.work("main", |here| {
            for (path, text) in files {
                let path = here.join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(path, text).expect("a file");
            }
        });
        bare
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.folder.path().join("there.git").display().to_string()
    }

    /// Where it is below the folder that it was made in, for example `list-x/there.git`.
    pub fn name(&self) -> String {
        let folder = self.folder.path().file_name().expect("a name").to_string_lossy();
        format!("{folder}/there.git")
    }

    /// It is moved away, as when a host is down.
    pub fn goes_away(&self) {
        let there = self.folder.path().join("there.git");
        std::fs::rename(there, self.folder.path().join("away.git")).expect("moving it");
    }

    pub fn comes_back(&self) {
        let there = self.folder.path().join("there.git");
        std::fs::rename(self.folder.path().join("away.git"), there).expect("moving it back");
    }

    /// A hook of the server.
    pub fn hook(&self, name: &str, script: &str) {
        let path = self.folder.path().join("there.git/hooks").join(name);
        runnable(&path, script);
    }

    /// The branches beside `main`.
    pub fn branches(&self) -> Vec<String> {
        let all = self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        all.lines().filter(|name| *name != "main").map(str::to_owned).collect()
    }

    /// A file of a branch, byte for byte.
    pub fn file(&self, branch: &str, path: &str) -> Option<String> {
        let what = format!("{branch}:{path}");
        let shown = Command::new("git")
            .args(["show", &what])
            .current_dir(self.folder.path().join("there.git"))
            .output()
            .expect("git runs");
        shown.status.success().then(|| String::from_utf8(shown.stdout).expect("UTF-8"))
    }

    /// What a branch has that `main` has not: author and subject of each commit, the newest first.
    pub fn commits(&self, branch: &str) -> Vec<String> {
        let log = self.git(&["log", "--format=%an <%ae> %s", &format!("main..{branch}")]);
        log.lines().map(str::to_owned).collect()
    }

    /// Somebody commits to a branch, and pushes that.
    pub fn somebody_writes(&self, branch: &str, path: &str, text: &str) {
        self.work(branch, |here| std::fs::write(here.join(path), text).expect("a file"));
    }

    /// The keepers of `main` take a branch over, and may delete it.
    pub fn merge(&self, branch: &str, then: Then) {
        let here = tempfile::tempdir().expect("a temporary folder");
        git(here.path(), &["clone", "--quiet", &self.url(), "."]);
        git(
            here.path(),
            &["merge", "--quiet", "--no-ff", "-m", "Merge", &format!("origin/{branch}")],
        );
        git(here.path(), &["push", "--quiet", "origin", "HEAD:main"]);
        if then == Then::Delete {
            git(here.path(), &["push", "--quiet", "origin", "--delete", branch]);
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.folder.path().join("there.git"), arguments)
    }

    fn work(&self, branch: &str, change: impl FnOnce(&Path)) {
        let here = tempfile::tempdir().expect("a temporary folder");
        git(here.path(), &["init", "--quiet", "-b", branch, "."]);
        git(here.path(), &["remote", "add", "origin", &self.url()]);
        git(here.path(), &["fetch", "--quiet", "origin"]);
        let there = format!("origin/{branch}");
        let exists = Command::new("git")
            .args(["rev-parse", "--quiet", "--verify", &there])
            .current_dir(here.path())
            .output()
            .expect("git runs");
        if exists.status.success() {
            git(here.path(), &["reset", "--quiet", "--hard", &there]);
        }
        change(here.path());
        git(here.path(), &["add", "-A"]);
        git(here.path(), &["commit", "--quiet", "-m", "Somebody's change"]);
        git(here.path(), &["push", "--quiet", "origin", &format!("HEAD:{branch}")]);
    }
}

/// What becomes of a branch that was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Keep,
    Delete,
}

/// A script that may be run.
pub fn runnable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    let rights = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, rights).expect("rights");
}

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let ran = Command::new("git")
        .args(["-c", "user.name=Keeper", "-c", "user.email=keeper@list.example"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git runs");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}
