//! PostgreSQL for tests. Where `HANDBILL_TEST_POSTGRES` is the address of a database, every test that
//! may has its ledger there, in a schema of its own; `HANDBILL_POSTGRES`, which `.ci/peers` says, is
//! for the tests that need it.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use handbill::channel::secret::SecretRef;
use handbill::ledger::{Database, Place};
use secrecy::ExposeSecret;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::NamedTempFile;
use url::Url;
use uuid::Uuid;

/// Where all tests have their ledgers, if not in files.
pub fn for_all() -> Option<String> {
    std::env::var("HANDBILL_TEST_POSTGRES").ok()
}

/// The address for a test that needs it. Where there is none, the test is left out, but in CI it fails.
pub fn needed() -> Option<String> {
    static TOLD: Once = Once::new();
    let address = for_all().or_else(|| std::env::var("HANDBILL_POSTGRES").ok());
    if address.is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL must run in CI: `.ci/peers start`");
        // Past the harness, which swallows what a test that passes prints.
        TOLD.call_once(|| {
            let _ = writeln!(
                std::io::stderr(),
                "tests of PostgreSQL were left out: as root, `.ci/peers install postgres && \
                 .ci/peers start postgres && . /tmp/handbill-peers/env` brings it up"
            );
        });
    }
    address
}

/// The address of a database in which nothing is; it stays there, in a cluster that is thrown away.
pub fn empty_database() -> Option<String> {
    let mut address = Url::parse(&needed()?).expect("an address");
    let name = schema();
    let made = Command::new("psql")
        .args(["--quiet", "--command", &format!("create database {name} template template0")])
        .arg(address.as_str())
        .output()
        .expect("PostgreSQL's own programs");
    assert!(made.status.success(), "{made:?}");
    address.set_path(&name);
    Some(address.into())
}

/// A name that no other test has.
pub fn schema() -> String {
    format!("t{}", Uuid::new_v4().simple())
}

/// A ledger of this address and schema, and what this machine keeps of it in `folder`. What it does
/// there can be told by its application's name, which is that of the schema.
pub fn place(address: &str, schema: &str, folder: &Path) -> Place {
    std::fs::create_dir_all(folder).unwrap();
    let secret = folder.join("address");
    std::fs::write(&secret, named(address, schema)).unwrap();
    Place::Postgres(Database {
        address: SecretRef::file(secret),
        schema: schema.parse().unwrap(),
        beside: folder.join("ledger.sqlite"),
    })
}

/// The address with the name of an application.
pub fn named(address: &str, application: &str) -> String {
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}application_name={application}")
}

/// A connection to a ledger, in whichever engine it is, beside all that Handbill has.
pub async fn connect(place: &Place) -> Result<AnyConnection, sqlx::Error> {
    sqlx::any::install_default_drivers();
    match place {
        Place::File(path) => AnyConnection::connect(&format!("sqlite://{}", path.display())).await,
        Place::Postgres(Database { address, schema, .. }) => {
            let address = address.read().expect("an address");
            let mut connection = AnyConnection::connect(address.expose_secret()).await?;
            let path = format!("set search_path = {schema}");
            sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await?;
            Ok(connection)
        }
    }
}

/// Copies a ledger as the handbook says.
pub fn dump(database: &Database) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    let schema = format!("--schema={}", database.schema);
    run("pg_dump", database, file.path(), &["--format=custom", &schema]);
    file
}

/// Puts a copy back as the handbook says.
pub fn restore(database: &Database, dump: &NamedTempFile) {
    run("pg_restore", database, dump.path(), &["--clean", "--if-exists"]);
}

fn run(program: &str, database: &Database, file: &Path, arguments: &[&str]) {
    let address = database.address.read().expect("an address");
    let mut command = Command::new(program);
    command.args(arguments).arg(format!("--dbname={}", address.expose_secret()));
    match program {
        "pg_dump" => command.arg("--file").arg(file),
        _ => command.arg(file),
    };
    let ran = command.output().expect("PostgreSQL's own programs");
    assert!(ran.status.success(), "{program}: {ran:?}");
}
