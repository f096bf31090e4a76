//! A team's space, by the command line: over a bucket for a week, and over a folder that is not always there.

use anyhow::{Result, ensure};
use keystead_tests::{agent::Agent, cli::Cli, machine::Machine, s3::S3};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

const START: [&str; 5] = ["init", "--kdf-memory", "64", "--kdf-passes", "3"];

/// Somebody with a vault and its command line.
struct Person<'m> {
    cli: Cli<'m>,
    machine: &'m Machine,
}

impl<'m> Person<'m> {
    fn new(machine: &'m Machine, name: &str) -> Result<Self> {
        let cli = Cli::new(machine)?;
        cli.ok(&START)?;
        let card = machine.root().join("card.txt");
        let output = card.to_str().expect("UTF-8");
        cli.ok(&["card", "--name", name, "-o", output])?;
        Ok(Self { cli, machine })
    }

    fn card(&self) -> String {
        let card = self.machine.root().join("card.txt");
        card.to_str().expect("UTF-8").to_owned()
    }

    /// In the team's space.
    fn team(&self, words: &[&str]) -> Result<keystead_tests::cli::Run> {
        let words = [&["--space", "team"], words].concat();
        self.cli.ok(&words)
    }

    fn sets(&self, environment: &str, name: &str, value: &str) -> Result<()> {
        let words = [
            "--space",
            "team",
            "set",
            name,
            "-p",
            "shop",
            "-e",
            environment,
            "--yes",
        ];
        self.cli.ok_with(&words, value.as_bytes())?;
        Ok(())
    }

    fn gets(&self, environment: &str, name: &str) -> Result<String> {
        let words = [
            "--space",
            "team",
            "get",
            name,
            "-p",
            "shop",
            "-e",
            environment,
        ];
        Ok(self.cli.ok(&words)?.text().to_owned())
    }

    /// Invites somebody, who joins.
    fn invites(&self, other: &Person<'_>, grants: &[&str]) -> Result<()> {
        let card = other.card();
        let mut words = vec!["--space", "team", "invite", "--card", &card];
        for grant in grants {
            words.extend(["--grant", *grant]);
        }
        let invite = other.machine.root().join("invite.txt");
        fs::write(&invite, self.cli.ok(&words)?.text())?;
        self.team(&["sync"])?;
        let file = invite.to_str().expect("UTF-8");
        other.cli.ok(&["accept", file, "--yes"])?;
        other.team(&["sync"])?;
        Ok(())
    }
}

/// Invites, edits, a rotation, a lost laptop and a removal: three vaults and one bucket.
#[test]
fn a_week_of_a_team_over_a_bucket() -> Result<()> {
    let server = S3::start()?;
    let (one, two, three) = (Machine::new()?, Machine::new()?, Machine::new()?);
    let ann = Person::new(&one, "Ann")?;
    let ben = Person::new(&two, "Ben")?;
    let cleo = Person::new(&three, "Cleo")?;

    // Monday: the space, its storage, whose keys are values of the vault, and two people.
    ann.cli.ok(&["space", "create", "team"])?;
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &server.keys.0),
        ("AWS_SECRET_ACCESS_KEY", &server.keys.1),
    ] {
        let words = ["set", name, "-p", "infra", "-e", "bucket", "--yes"];
        ann.cli.ok_with(&words, value.as_bytes())?;
    }
    ann.sets("dev", "API_KEY", "monday-dev")?;
    ann.sets("prod", "API_KEY", "monday-prod")?;
    let place = server.place("week");
    ann.team(&["remote", "add", &place, "--keys", "infra/bucket"])?;
    ann.invites(&ben, &["shop/dev=editor"])?;
    ann.invites(&cleo, &["shop=reader"])?;
    ensure!(ben.gets("dev", "API_KEY")? == "monday-dev");
    ensure!(cleo.gets("prod", "API_KEY")? == "monday-prod");
    let words = [
        "--space", "team", "get", "API_KEY", "-p", "shop", "-e", "prod",
    ];
    let refused = ben.cli.run(&words)?;
    ensure!(refused.code == 9, "{} {}", refused.code, refused.stderr);
    // The keys of the storage came with the invite, into the own space.
    let kept = ben.cli.ok(&[
        "get",
        "AWS_SECRET_ACCESS_KEY",
        "-p",
        "storage",
        "-e",
        "team",
    ])?;
    ensure!(kept.text() == server.keys.1);

    // Tuesday: a rotation, seen by the others.
    let words = [
        "--space", "team", "rotate", "API_KEY", "-p", "shop", "-e", "dev",
    ];
    ben.cli.ok_with(&words, b"tuesday-dev")?;
    ben.team(&["sync"])?;
    ann.team(&["sync"])?;
    cleo.team(&["sync"])?;
    ensure!(ann.gets("dev", "API_KEY")? == "tuesday-dev");
    ensure!(cleo.gets("dev", "API_KEY")? == "tuesday-dev");
    // A reader writes nothing.
    let words = [
        "--space", "team", "set", "API_KEY", "-p", "shop", "-e", "dev", "--yes",
    ];
    let refused = cleo.cli.run_with(&words, b"mine")?;
    ensure!(refused.code == 9, "{} {}", refused.code, refused.stderr);

    // Wednesday: Ben gets prod, with what was there.
    ann.team(&["grant", "Ben", "shop/prod", "editor"])?;
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    ensure!(ben.gets("prod", "API_KEY")? == "monday-prod");
    ben.sets("prod", "DB_URL", "postgres://db")?;
    ben.team(&["sync"])?;

    // Thursday: Cleo's laptop is lost. It opens nothing that is written from now on.
    ann.team(&["sync"])?;
    let members = ann.team(&["members", "--json"])?.json();
    let cleo_device = members["members"]
        .as_array()
        .and_then(|members| members.iter().find(|member| member["name"] == "Cleo"))
        .and_then(|member| member["devices"][0]["id"].as_str())
        .expect("her device")
        .to_owned();
    ann.team(&["members", "revoke-device", &cleo_device, "--yes"])?;
    ann.sets("dev", "API_KEY", "thursday-dev")?;
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    ensure!(ben.gets("dev", "API_KEY")? == "thursday-dev");
    let lost = cleo.team(&["sync", "--json"])?.json();
    ensure!(lost["taken_in"] == 0 && lost["unreadable"] != 0, "{lost}");
    ensure!(
        cleo.gets("dev", "API_KEY")? == "tuesday-dev",
        "what it had, it has"
    );

    // Friday: Ben goes. What he could read is named, and what he writes after that counts nowhere.
    let plan = ann
        .team(&["members", "remove", "Ben", "--plan", "--json"])?
        .json();
    let known: Vec<_> = plan["values"].as_array().into_iter().flatten().collect();
    ensure!(
        known.iter().any(|value| value["name"] == "DB_URL"),
        "{plan}"
    );
    ben.sets("dev", "API_KEY", "ben-late")?;
    ann.team(&["members", "remove", "Ben", "--yes"])?;
    ann.team(&["sync"])?;
    let late = ben.cli.run(&["--space", "team", "sync"])?;
    ensure!(late.code == 0, "{}", late.stderr);
    let after = ann.team(&["sync", "--json"])?.json();
    ensure!(after["refused"] != 0, "{after}");
    ensure!(ann.gets("dev", "API_KEY")? == "thursday-dev");
    let members = ann.team(&["members", "--json"])?.json();
    let names: Vec<_> = members["members"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|member| member["name"].as_str())
        .collect();
    ensure!(
        names.contains(&"Ann") && !names.contains(&"Ben"),
        "{names:?}"
    );
    let verified = ann.team(&["audit", "verify"])?;
    ensure!(
        verified.text().contains("Recomputed"),
        "{}",
        verified.text()
    );
    let status = ann.team(&["remote", "status", "--json"])?.json();
    let team = status["spaces"]
        .as_array()
        .and_then(|spaces| spaces.iter().find(|space| space["name"] == "team"))
        .expect("the team's");
    ensure!(
        team["unpublished"] == 0 && team["remote"]["requests"] != 0,
        "{team}"
    );
    ensure!(
        !status.to_string().contains(&server.keys.1),
        "no key is shown"
    );
    Ok(())
}

/// A key that may not is told apart from a server that is not there, and nothing is lost.
#[test]
fn a_storage_that_refuses_or_is_gone_is_named() -> Result<()> {
    let server = S3::start()?;
    let machine = Machine::new()?;
    let ann = Person::new(&machine, "Ann")?;
    ann.cli.ok(&["space", "create", "team"])?;
    ann.sets("dev", "API_KEY", "one")?;
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &server.stranger.0),
        ("AWS_SECRET_ACCESS_KEY", &server.stranger.1),
    ] {
        let words = ["set", name, "-p", "infra", "-e", "bucket", "--yes"];
        ann.cli.ok_with(&words, value.as_bytes())?;
    }
    ann.team(&[
        "remote",
        "add",
        &server.place("x"),
        "--keys",
        "infra/bucket",
    ])?;
    let refused = ann.cli.run(&["--space", "team", "sync"])?;
    ensure!(
        refused.code == 10 && refused.stderr.contains("refuses the key"),
        "{} {}",
        refused.code,
        refused.stderr
    );
    ensure!(
        !refused.stderr.contains(&server.stranger.1),
        "no key is told"
    );
    // A secret in the address is refused before it is kept.
    let words = ["--space", "team", "remote", "add", "s3://id:secret@team"];
    let secret = ann.cli.run(&words)?;
    ensure!(secret.code == 7, "{} {}", secret.code, secret.stderr);

    // A folder that is not mounted now.
    let folder = machine.root().join("share");
    fs::create_dir(&folder)?;
    let path = folder.to_str().expect("UTF-8");
    ann.team(&["remote", "add", path])?;
    ann.team(&["sync"])?;
    let away = machine.root().join("away");
    fs::rename(&folder, &away)?;
    ann.sets("dev", "API_KEY", "two")?;
    let gone = ann.cli.run(&["--space", "team", "sync"])?;
    ensure!(gone.code == 10, "{} {}", gone.code, gone.stderr);
    let status = ann.team(&["space", "--json"])?.json();
    ensure!(status["spaces"][1]["unpublished"] == 1, "{status}");
    ensure!(
        status["spaces"][1]["remote"]["problem"]
            .as_str()
            .is_some_and(|words| words.contains("no folder")),
        "{status}"
    );
    // Back, beside what a syncing program left: published, and nothing else is touched.
    fs::rename(&away, &folder)?;
    let junk = folder.join("ks0/x (conflicted copy)");
    fs::write(&junk, "junk")?;
    let synced = ann.team(&["sync", "--json"])?.json();
    ensure!(synced["published"] == 1, "{synced}");
    ensure!(fs::read_to_string(&junk)? == "junk");
    // Nothing new: one listing and nothing else.
    let idle = ann.team(&["sync", "--json"])?.json();
    ensure!(
        idle["requests"] == 1 && idle["received"] == 0 && idle["sent"] == 0,
        "{idle}"
    );
    // What was there is lost: it is published again, and says so.
    fs::remove_dir_all(folder.join("ks0"))?;
    let again = ann.team(&["sync", "--json"])?.json();
    ensure!(again["published"] != 0, "{again}");
    Ok(())
}

/// Why somebody may, until when, and what two said apart: three commands that say and settle it.
#[test]
fn what_is_granted_is_explained_and_what_was_said_apart_is_settled() -> Result<()> {
    let (one, two) = (Machine::new()?, Machine::new()?);
    let ann = Person::new(&one, "Ann")?;
    let ben = Person::new(&two, "Ben")?;
    ann.cli.ok(&["space", "create", "team"])?;
    ann.sets("dev", "API_KEY", "one")?;
    let folder = one.root().join("share");
    fs::create_dir(&folder)?;
    ann.team(&["remote", "add", folder.to_str().expect("UTF-8")])?;
    ann.invites(&ben, &["shop/dev=editor"])?;

    // By an environment variable, as in the README.
    let in_team = ben.cli.with("KEYSTEAD_SPACE", "team");
    let members = in_team.ok(&["members", "--json"])?.json();
    ensure!(
        members["members"].as_array().map(Vec::len) == Some(2),
        "{members}"
    );

    let explained = |person: &Person<'_>, place| -> Result<_> {
        Ok(person.team(&["explain", "Ben", place, "--json"])?.json())
    };
    let nothing = explained(&ann, "shop")?;
    ensure!(nothing["role"].is_null(), "{nothing}");
    ann.team(&["grant", "Ben", "shop", "reader", "--until", "2099-03-31"])?;
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    for person in [&ann, &ben] {
        let now = explained(person, "shop")?;
        ensure!(now["role"] == "reader", "{now}");
        ensure!(
            now["because"]
                .as_str()
                .is_some_and(|why| why.contains("Ann")),
            "{now}"
        );
    }
    let listed = ann.team(&["members"])?;
    ensure!(
        listed.text().contains("shop=reader until 2099-03-31"),
        "{}",
        listed.text()
    );
    ann.team(&["revoke", "Ben", "shop"])?;
    let nothing = explained(&ann, "shop")?;
    ensure!(nothing["role"].is_null(), "{nothing}");
    let left = explained(&ann, "shop/dev")?;
    ensure!(left["role"] == "editor", "{left}");

    // When values leave is the owner's to say, and kept on both sides. By an hour that is not this one.
    let hour = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let hour = hour.as_secs() / 3_600 % 24;
    let hours = format!("{}-{}", (hour + 2) % 24, (hour + 3) % 24);
    ann.team(&["release", "shop/dev", "--hours", &hours])?;
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    let words = [
        "--space", "team", "get", "API_KEY", "-p", "shop", "-e", "dev",
    ];
    for person in [&ann, &ben] {
        let refused = person.cli.run(&words)?;
        ensure!(refused.code == 9, "{} {}", refused.code, refused.stderr);
        ensure!(refused.stderr.contains("o'clock UTC"), "{}", refused.stderr);
        let why = explained(person, "shop/dev")?;
        ensure!(why["release"][0]["by"] == "Ann", "{why}");
    }
    let refused = ben
        .cli
        .run(&["--space", "team", "release", "shop/dev", "--always"])?;
    ensure!(refused.code == 9, "{} {}", refused.code, refused.stderr);
    ann.team(&["release", "shop/dev", "--tag", "deploy"])?;
    let refused = ann.cli.run(&words)?;
    ensure!(refused.stderr.contains("deploy"), "{}", refused.stderr);
    let rules = ann.team(&["release"])?;
    ensure!(rules.text().contains("tagged deploy"), "{}", rules.text());
    let rules = ann
        .team(&["release", "shop/dev", "--always", "--json"])?
        .json();
    ensure!(rules["rules"] == serde_json::json!([]), "{rules}");
    ensure!(ann.gets("dev", "API_KEY")? == "one");

    // Both write without having seen the other.
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    ann.sets("dev", "API_KEY", "by-ann")?;
    ben.sets("dev", "API_KEY", "by-ben")?;
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    ann.team(&["sync"])?;
    let conflicts = ann.team(&["conflicts", "--json"])?;
    let listed = conflicts.json();
    ensure!(
        listed["conflicts"].as_array().map(Vec::len) == Some(1),
        "{listed}"
    );
    ensure!(
        !conflicts.text().contains("by-ann") && !conflicts.text().contains("by-ben"),
        "no value is shown"
    );
    let stood = ann.gets("dev", "API_KEY")?;
    ensure!(ben.gets("dev", "API_KEY")? == stood, "both see the same");
    let waits = match stood.as_str() {
        "by-ann" => "by-ben",
        _ => "by-ann",
    };
    let id = listed["conflicts"][0]["id"].as_str().expect("an id");
    let settled = ann
        .team(&["conflicts", "settle", id, "--take", "--json"])?
        .json();
    ensure!(settled["conflicts"] == serde_json::json!([]), "{settled}");
    ann.team(&["sync"])?;
    ben.team(&["sync"])?;
    for person in [&ann, &ben] {
        ensure!(person.gets("dev", "API_KEY")? == waits);
        let left = person.team(&["conflicts", "--json"])?.json();
        ensure!(left["conflicts"] == serde_json::json!([]), "{left}");
    }
    Ok(())
}

/// Two machines with an agent each and one folder: what is set on one shows on the other, and nobody asked for a sync. A
/// folder that is gone for a while is tried again.
#[test]
fn a_change_shows_on_another_machine_by_itself() -> Result<()> {
    let (one, two) = (Machine::new()?, Machine::new()?);
    let ann = Person::new(&one, "Ann")?;
    let ben = Person::new(&two, "Ben")?;
    let shared = tempfile::tempdir()?;
    let folder = shared.path().join("storage");
    fs::create_dir(&folder)?;
    let place = folder.to_str().expect("UTF-8");
    ann.cli.ok(&["space", "create", "team"])?;
    ann.sets("dev", "KEY", "first")?;
    ann.team(&["remote", "add", place])?;
    ann.invites(&ben, &["shop=editor"])?;
    let _agents = (Agent::start(&one, &[])?, Agent::start(&two, &[])?);
    let shows = |person: &Person<'_>, value: &str| -> Result<Duration> {
        let start = Instant::now();
        while person.gets("dev", "KEY")? != value {
            ensure!(
                start.elapsed() < Duration::from_secs(60),
                "{value} never shows"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(start.elapsed())
    };
    let mut waits = Vec::new();
    for round in 0..10 {
        let (from, to) = match round % 2 {
            0 => (&ann, &ben),
            _ => (&ben, &ann),
        };
        let value = format!("value-{round}");
        from.sets("dev", "KEY", &value)?;
        waits.push(shows(to, &value)?);
    }
    waits.sort_unstable();
    println!(
        "seen after {:?} in the middle, {:?} at most",
        waits[5], waits[9]
    );
    // What is done meanwhile waits for the folder.
    let away = shared.path().join("away");
    fs::rename(&folder, &away)?;
    ann.sets("dev", "KEY", "waits")?;
    let start = Instant::now();
    let problem = |person: &Person<'_>| -> Result<bool> {
        let spaces = person.cli.ok(&["--json", "space"])?.json();
        let spaces = spaces["spaces"].as_array().expect("a list").clone();
        let mut remotes = spaces.iter().map(|space| &space["remote"]["problem"]);
        Ok(remotes.any(|problem| problem.is_string()))
    };
    while !problem(&ann)? {
        ensure!(
            start.elapsed() < Duration::from_secs(60),
            "it is never said"
        );
        thread::sleep(Duration::from_millis(100));
    }
    ensure!(ben.gets("dev", "KEY")? == "value-9");
    fs::rename(&away, &folder)?;
    shows(&ben, "waits")?;
    ensure!(!problem(&ann)?);
    Ok(())
}
