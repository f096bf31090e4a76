//! The journey by the command line, on the same real `.env` as in the window.

use anyhow::{Result, ensure};
use keystead_tests::{cli::Cli, machine::Machine, sample_env};
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, time::Instant};

const PLACE: [&str; 4] = ["-p", "churn-model", "-e", "dev"];

fn with<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(PLACE).collect()
}

#[test]
fn from_an_empty_folder_to_a_rotated_key() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    let env = sample_env();
    let env = env.to_str().expect("UTF-8");

    // Create
    ensure!(cli.run(&["list"])?.code == 3, "no vault yet");
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    ensure!(
        machine.vault().is_dir(),
        "the default place is by the XDG rules"
    );
    ensure!(
        cli.run(&["init"])?.code == 6,
        "a vault is not made over another"
    );

    // Import: asked for, previewed, whole
    let asked = cli.run(&with(&["import", env]))?;
    ensure!(
        asked.code == 6 && asked.stderr.contains("needs_confirmation"),
        "{}",
        asked.stderr
    );
    let preview = cli
        .ok(&with(&["import", env, "--dry-run", "--json"]))?
        .json();
    ensure!(preview["entries"].as_array().map(Vec::len) == Some(28));
    cli.ok(&with(&["import", env, "--yes"]))?;
    let again = cli.ok(&with(&["import", env, "--json"]))?.json();
    ensure!(again["unchanged"] == 28 && again["created"] == 0, "{again}");

    // See
    let list = cli.ok(&["list", "--json"])?.json();
    let rows = list[0]["rows"].as_array().expect("rows").clone();
    let kinds: BTreeMap<_, _> = rows
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap_or(""),
                row["kind"]["kind"].as_str().unwrap_or(""),
            )
        })
        .collect();
    for (name, kind) in [
        ("OPENAI_API_KEY", "openai_api_key"),
        ("ANTHROPIC_API_KEY", "anthropic_api_key"),
        ("HF_TOKEN", "hugging_face_token"),
        ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
        ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
        ("GITHUB_TOKEN", "github_token"),
        ("DATABASE_URL", "database_url"),
        ("GCP_SERVICE_ACCOUNT", "json_credential"),
        ("DEPLOY_KEY", "private_key"),
        ("PASSWORD_WITH_HASH", "plain"),
    ] {
        ensure!(
            kinds.get(name) == Some(&kind),
            "{name} is {:?}",
            kinds.get(name)
        );
    }
    let get = |name: &str| cli.ok(&["get", name]).map(|run| run.text().to_owned());
    for (name, value) in [
        ("PASSWORD_WITH_HASH", "correct#horse#battery"),
        ("PASSWORD_WITH_DOLLAR", "pa$$w0rd$"),
        ("PASSWORD_WITH_QUOTES", "it's a \"quoted\" one"),
        ("PASSWORD_WITH_SPACES", "  two before, two after  "),
        ("UNQUOTED_WITH_COMMENT", "plain value"),
        ("UNICODE_GREETING", "grüße, 你好, 🔑"),
        ("EMPTY", ""),
        (
            "API_DOCS",
            "https://api.internal/v2?team=churn&mode=dev/docs",
        ),
        ("LOG_LEVEL", "info"),
    ] {
        ensure!(get(name)? == value, "{name}");
    }
    let deploy = get("DEPLOY_KEY")?;
    ensure!(
        deploy.lines().count() == 4 && deploy.ends_with("KEY-----\n"),
        "every line of it"
    );
    let account: serde_json::Value = serde_json::from_str(&get("GCP_SERVICE_ACCOUNT")?)?;
    ensure!(account["type"] == "service_account");

    // Set and rotate: values by standard input alone
    cli.ok_with(&["set", "NEW_ONE"], b"with newline\n")?;
    ensure!(get("NEW_ONE")? == "with newline");
    cli.ok_with(&["set", "NEW_ONE", "--raw"], b"with newline\n")?;
    ensure!(get("NEW_ONE")? == "with newline\n");
    cli.ok_with(&["rotate", "OPENAI_API_KEY"], b"sk-proj-rotated")?;
    ensure!(get("OPENAI_API_KEY")? == "sk-proj-rotated");
    ensure!(
        cli.ok(&["get", "OPENAI_API_KEY", "--version", "previous"])?
            .text()
            == "sk-proj-Qm7vT2xLr9NdKe4BwYh8ZsUc1PfJg6Ra"
    );
    ensure!(
        cli.run_with(&["rotate", "OPENAI_API_KEY"], b"sk-proj-rotated")?
            .code
            == 7
    );
    ensure!(cli.run_with(&["rotate", "NOT_THERE"], b"x")?.code == 3);
    cli.ok(&["restore", "OPENAI_API_KEY"])?;
    ensure!(get("OPENAI_API_KEY")?.starts_with("sk-proj-Qm7"));
    cli.ok(&["rotate", "JWT_SIGNING_KEY", "--generate", "hex"])?;
    ensure!(get("JWT_SIGNING_KEY")?.len() == 64);

    // Link
    let project = machine.repository("churn")?;
    let dir = project.to_str().expect("UTF-8");
    let file = project.join(".env");
    fs::write(&file, "# mine\nMY_OWN=1\n")?;
    cli.ok(&with(&["link", dir, "--yes"]))?;
    let text = fs::read_to_string(&file)?;
    ensure!(text.starts_with("# mine\nMY_OWN=1\n"));
    ensure!(fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600);
    ensure!(fs::read_to_string(project.join(".gitignore"))? == "/.env\n");
    cli.ok_with(&["rotate", "OPENAI_API_KEY"], b"sk-proj-landed")?;
    ensure!(fs::read_to_string(&file)?.contains("OPENAI_API_KEY=sk-proj-landed\n"));
    let edited = fs::read_to_string(&file)?.replace("sk-proj-landed", "sk-proj-by-hand");
    fs::write(&file, &edited)?;
    let rotated = cli.ok_with(&["rotate", "OPENAI_API_KEY"], b"sk-proj-later")?;
    ensure!(
        rotated.stderr.contains("was edited since"),
        "{}",
        rotated.stderr
    );
    ensure!(
        fs::read_to_string(&file)? == edited,
        "never silently overwritten"
    );
    let links = cli.ok(&["links", "--json"])?.json();
    ensure!(links["links"][0]["state"] == "drifted");
    ensure!(links["links"][0]["drift"]["rows"][0]["name"] == "OPENAI_API_KEY");
    ensure!(!links.to_string().contains("by-hand"), "the diff is masked");
    ensure!(
        cli.run(&with(&["link", dir]))?.code == 6,
        "drift wants a word"
    );
    cli.ok(&with(&["link", dir, "--overwrite"]))?;
    ensure!(fs::read_to_string(&file)?.contains("OPENAI_API_KEY=sk-proj-later\n"));

    // A name of the file's own that becomes a secret: its value is not replaced unasked
    let own = fs::read_to_string(&file)?;
    ensure!(own.contains("MY_OWN=1\n"));
    let set = cli.ok_with(&["set", "MY_OWN"], b"the vault's")?;
    ensure!(
        set.stderr.contains("another value for MY_OWN"),
        "{}",
        set.stderr
    );
    ensure!(fs::read_to_string(&file)? == own, "left alone");
    ensure!(cli.ok(&["links", "--json"])?.json()["links"][0]["state"] == "drifted");
    cli.ok(&with(&["link", dir, "--take"]))?;
    ensure!(
        cli.ok(&["get", "MY_OWN"])?.text() == "1",
        "the file's value was taken"
    );
    ensure!(cli.ok(&["links", "--json"])?.json()["links"][0]["state"] == "current");
    let other = cli.run(&["link", dir, "-p", "churn-model", "-e", "prod", "--yes"])?;
    ensure!(other.code == 6, "linked to dev already: {}", other.stderr);

    // A value that a dialect can't carry: named, and nothing half-written
    let node = machine.repository("node")?;
    let dir = node.to_str().expect("UTF-8");
    cli.ok_with(&["set", "UNQUOTABLE"], b"'\"`#\\")?;
    let refused = cli.run(&with(&["link", dir, "--dialect", "dotenv-node", "--yes"]))?;
    ensure!(refused.code == 7, "{}", refused.stderr);
    ensure!(
        refused.stderr.contains("UNQUOTABLE") && refused.stderr.contains("shell"),
        "{}",
        refused.stderr
    );
    ensure!(!node.join(".env").exists(), "left unwritten");
    let links = cli.ok(&["links", "--json"])?.json();
    let stale = links["links"]
        .as_array()
        .expect("links")
        .iter()
        .find(|link| link["folder"] == dir)
        .expect("the link stands");
    ensure!(
        stale["state"] == "stale" && stale["problem"]["code"] == "dialect_cannot_carry",
        "{stale}"
    );

    // Audit
    let events = cli.ok(&["audit", "--json", "--limit", "1000"])?.json();
    let actions: Vec<_> = events["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["action"].as_str().unwrap_or("").to_owned())
        .collect();
    for action in [
        "vault_created",
        "imported",
        "value_set",
        "value_rotated",
        "value_restored",
        "value_read",
        "linked",
        "link_written",
        "gitignore_added",
        "unlocked",
    ] {
        ensure!(
            actions.iter().any(|a| a == action),
            "{action} is missing: {actions:?}"
        );
    }
    let read = events["events"]
        .as_array()
        .expect("events")
        .iter()
        .find(|event| event["action"] == "value_read")
        .expect("a read")
        .clone();
    for field in [
        "pid",
        "program",
        "parent",
        "parent_pid",
        "directory",
        "user",
    ] {
        ensure!(!read["process"][field].is_null(), "{field} is recorded");
    }
    ensure!(
        !events.to_string().contains("sk-proj"),
        "no value is in the audit"
    );
    let verified = cli.ok(&["audit", "verify"])?;
    ensure!(
        verified.text().contains("Recomputed"),
        "{}",
        verified.text()
    );
    Ok(())
}

#[test]
fn broken_input_is_named_and_nothing_is_half_done() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let broken = machine.root().join("broken.env");
    fs::write(&broken, "GOOD=1\nALSO=2\nBAD=\"never closed\nLAST=3\n")?;
    let path = broken.to_str().expect("UTF-8");
    let refused = cli.run(&with(&["import", path, "--yes"]))?;
    ensure!(refused.code == 7, "{}", refused.stderr);
    ensure!(
        refused.stderr.contains("broken.env, line 3"),
        "{}",
        refused.stderr
    );
    ensure!(
        cli.ok(&["list", "--json"])?.json() == serde_json::json!([]),
        "nothing was made"
    );

    let weak = cli.run(&["--vault", "/nowhere/x", "init", "--kdf-memory", "32"])?;
    ensure!(
        weak.code == 7 && weak.stderr.contains("64 MiB"),
        "{}",
        weak.stderr
    );
    ensure!(cli.run(&["get"])?.code == 2, "a wrong command line is 2");
    ensure!(cli.run(&["get", "X", "-p", "none"])?.code == 3);

    let wrong = machine.root().join("wrong");
    fs::write(&wrong, "not the passphrase\n")?;
    let refused = cli.run(&["--passphrase-file", wrong.to_str().expect("UTF-8"), "list"]);
    // clap takes the last of two; the first is the helper's own.
    ensure!(
        matches!(&refused, Ok(run) if run.code == 2 || run.code == 4),
        "{:?}",
        refused.map(|r| r.stderr)
    );
    Ok(())
}

#[test]
fn files_are_private_whatever_the_umask() -> Result<()> {
    for umask in ["000", "277"] {
        let machine = Machine::new()?;
        let cli = Cli::new(&machine)?;
        let program = keystead_tests::machine::binary("KEYSTEAD_CLI", "keystead")?;
        let passphrase = machine.root().join("passphrase");
        let script = format!(
            "umask {umask}; exec '{}' --passphrase-file '{}' init --kdf-memory 64 --kdf-passes 3",
            program.display(),
            passphrase.display()
        );
        let status = machine
            .command(Path::new("/bin/sh"))
            .args(["-c", &script])
            .status()?;
        ensure!(status.success(), "umask {umask}");
        cli.ok_with(&with(&["set", "A", "--yes"]), b"x")?;
        ensure!(fs::metadata(machine.vault())?.permissions().mode() & 0o777 == 0o700);
        for entry in fs::read_dir(machine.vault())? {
            let path = entry?.path();
            let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
            ensure!(
                mode == 0o600,
                "{} is {mode:o} under umask {umask}",
                path.display()
            );
        }
    }
    Ok(())
}

#[test]
fn a_held_vault_answers_busy_within_a_second() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let lock = fs::File::options()
        .write(true)
        .open(machine.vault().join("lock"))?;
    lock.lock()?;
    let start = Instant::now();
    let busy = cli.run(&["list"])?;
    let took = start.elapsed();
    ensure!(busy.code == 5, "{}", busy.stderr);
    ensure!(
        busy.stderr.contains("vault_busy") && busy.stderr.contains("hint:"),
        "{}",
        busy.stderr
    );
    ensure!(took.as_millis() < 1_000, "said after {took:?}");
    drop(lock);
    cli.ok(&["list"])?;
    Ok(())
}

#[test]
fn what_is_not_an_ordinary_file_is_refused_and_hides_no_other_link() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    cli.ok_with(&with(&["set", "A", "--yes"]), b"x")?;
    let good = machine.repository("good")?;
    cli.ok(&with(&["link", good.to_str().expect("UTF-8"), "--yes"]))?;
    let linked = machine.repository("linked")?;
    std::os::unix::fs::symlink(good.join(".env"), linked.join(".env"))?;
    let refused = cli.run(&with(&["link", linked.to_str().expect("UTF-8"), "--yes"]))?;
    ensure!(
        refused.code == 8 && refused.stderr.contains("symbolic link"),
        "{}",
        refused.stderr
    );
    let folder = machine.repository("folder")?;
    cli.ok(&with(&["link", folder.to_str().expect("UTF-8"), "--yes"]))?;
    fs::remove_file(folder.join(".env"))?;
    fs::create_dir(folder.join(".env"))?;
    let links = cli.ok(&["links", "--json"])?.json();
    let states: Vec<_> = links["links"]
        .as_array()
        .expect("links")
        .iter()
        .map(|link| link["state"].as_str().unwrap_or(""))
        .collect();
    ensure!(
        states.contains(&"current") && states.contains(&"stale"),
        "{states:?}"
    );
    fs::remove_dir_all(&folder)?;
    cli.ok(&["link", folder.to_str().expect("UTF-8"), "--remove"])?;
    Ok(())
}

#[test]
fn a_link_that_was_not_named_stays_and_git_is_asked_about_again() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    cli.ok_with(&with(&["set", "A", "--yes"]), b"x")?;
    let project = machine.repository("churn")?;
    let dir = project.to_str().expect("UTF-8");

    // Without a yes it is linked with a warning; each later write offers again.
    let linked = cli.ok(&["link", dir])?;
    ensure!(
        linked.stderr.contains("does not ignore"),
        "{}",
        linked.stderr
    );
    ensure!(cli.ok(&["links"])?.text().contains("NOT IGNORED"));
    let again = cli.ok(&["link", dir])?;
    ensure!(again.stderr.contains("does not ignore"), "{}", again.stderr);
    cli.ok(&["link", dir, "--yes"])?;
    ensure!(fs::read_to_string(project.join(".gitignore"))? == "/.env\n");
    ensure!(!cli.ok(&["links"])?.text().contains("NOT IGNORED"));

    // Only the link that is named
    let file = project.join(".env");
    fs::write(&file, "A=by-hand\n")?;
    for other in [
        ["-p", "other", "-e", "dev"],
        ["-p", "churn-model", "-e", "prod"],
        ["-p", "churn-model", "--dialect", "shell"],
    ] {
        for action in ["--remove", "--take"] {
            let words: Vec<_> = ["link", dir, action].into_iter().chain(other).collect();
            let refused = cli.run(&words)?;
            ensure!(refused.code == 3, "{words:?}: {}", refused.stderr);
        }
    }
    ensure!(cli.ok(&["get", "A"])?.text() == "x", "nothing was taken");
    cli.ok(&with(&["link", dir, "--take"]))?;
    ensure!(cli.ok(&["get", "A"])?.text() == "by-hand");

    // Why a link is stale
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
    let links = cli.ok(&["links"])?;
    ensure!(links.text().contains("mode 644"), "{}", links.text());

    // A file that can't be parsed is not linked
    let broken = machine.repository("broken")?;
    fs::write(broken.join(".env"), "BAD=\"never closed\n")?;
    let dir = broken.to_str().expect("UTF-8");
    let refused = cli.run(&with(&["link", dir, "--yes"]))?;
    ensure!(refused.code == 7, "{}", refused.stderr);
    ensure!(!cli.ok(&["links"])?.text().contains(dir));

    // A name without a folder is a file here
    cli.ok(&with(&["export", "-o", "here.env"]))?;
    ensure!(machine.root().join("here.env").is_file());
    Ok(())
}
