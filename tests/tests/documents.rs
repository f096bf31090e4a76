//! JSON and YAML files of somebody else's, generated: what is read of them and
//! what is rewritten in them, held against `jq` and PyYAML.

use anyhow::{Context as _, Result, ensure};
use keystead_formats::{Dialect, EnvFile};
use keystead_tests::{
    cli::Cli,
    machine::Machine,
    random::{Random, nasty, seed},
    readers::python,
};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    io::Write as _,
    process::{Command, Stdio},
};

const FILES: usize = 2_000;

/// What both dialects are asked to do with a file: `None` where they take none of it.
struct Rewritten {
    before: String,
    after: String,
    entries: Map<String, Value>,
    set: Map<String, Value>,
    removed: Vec<String>,
}

fn rewrite(dialect: Dialect, before: String, random: &mut Random) -> Option<Rewritten> {
    let file = EnvFile::parse(dialect, before.as_bytes()).ok()?;
    let mut set = Map::new();
    for _ in 0..random.below(3) {
        set.insert(name(random), nasty(random).into());
    }
    let removed: Vec<String> = (0..random.below(2)).map(|_| name(random)).collect();
    let pairs = set
        .iter()
        .filter_map(|(n, v)| Some((n.as_str(), v.as_str()?)));
    let pairs: Vec<_> = pairs.collect();
    let names: Vec<_> = removed.iter().map(String::as_str).collect();
    let after = file.merge(&pairs, &names).ok()?.to_string();
    let entries = file.effective();
    let entries = entries.iter().map(|e| (e.name.to_owned(), e.value.into()));
    Some(Rewritten {
        entries: entries.collect(),
        before,
        after,
        set,
        removed,
    })
}

fn name(random: &mut Random) -> String {
    const NAMES: &[&str] = &[
        "A", "B", "C", "PEM", "nested", "port", "yes", "12", "é", "a b", "N",
    ];
    NAMES[random.below(NAMES.len())].to_owned()
}

fn pick(random: &mut Random, pieces: &[&str]) -> String {
    pieces[random.below(pieces.len())].to_owned()
}

fn object(random: &mut Random) -> String {
    const BLANK: &[&str] = &["", "", " ", "\n", "\n  ", "\r\n\t"];
    const OTHER: &[&str] = &[
        "1.50",
        "-0",
        "null",
        "true",
        "[1, {\"A\": 2}]",
        "{\"B\": \"}\"}",
        "{}",
        "'x'",
    ];
    let members = (0..random.below(6)).map(|_| {
        let value = match random.below(3) {
            0 => pick(random, OTHER),
            _ => Value::from(nasty(random)).to_string(),
        };
        let (a, b, c) = (
            pick(random, BLANK),
            pick(random, BLANK),
            pick(random, BLANK),
        );
        format!("{a}{}{b}:{c}{value}{b}", Value::from(name(random)))
    });
    let members: Vec<_> = members.collect();
    let (mark, end) = (pick(random, &["", "", "", "\u{feff}"]), pick(random, BLANK));
    format!("{mark}{{{}{end}}}{end}", members.join(","))
}

fn mapping(random: &mut Random) -> String {
    const PLAIN: &[&str] = &[
        "x",
        "a b",
        "a#b",
        "a:b",
        "8080",
        "0123",
        "1e3",
        "yes",
        "No",
        "~",
        "null",
        "",
        "2026-11-26",
        ".5",
        "0x1f",
        "12:30",
        "a  b",
        "-x",
        "'",
        "x'y",
        "\"x",
        "!x",
        "&x y",
        "*x",
        "%x",
        "@x",
        "- x",
        "{a: b}",
        "[a, 'b']",
        "x: y",
        "=",
        "<<",
        "a\tb",
        "a \t# c",
        "\\n",
        "C:\\dir",
        "x \n   y",
        "? x",
        "|",
        "> # c",
        ".",
        "+",
        "1_000",
        "é",
    ];
    const BLOCK: &[&str] = &[
        "|\n  one\n  two\n",
        "|-\n  one\n\n   two\n\n",
        ">\n  one\n  two\n\n  three\n",
        "|+\n  x\n\n",
        "|2\n    x\n  y\n",
        "|\n",
        "|\n   one\n  # c\n",
        ">-\n\n  x\n",
        "|1\n  x\n",
        "\n  - a\n  - b: |\n      c\n",
        "\n- a\n- b\n",
        "\n  A: x # c\n\n  B: 'y\n\n    z'\n",
        "\n  'next'\n",
        "\n  next\n  line\n",
        "{\n  A: x\n}\n",
        "&a\n  A: x\n",
    ];
    const COMMENT: &[&str] = &[
        "", "", "", " # c", "\t# c", "\n", "\n# c", "\n  # c", " #c: d",
    ];
    const START: &[&str] = &[
        "",
        "",
        "",
        "# first\n",
        "---\n",
        "--- # c\n",
        "\n\n",
        "%YAML 1.1\n---\n",
    ];
    let mut text = pick(random, START);
    let indentation = pick(random, &["", "", "", "", "  "]);
    for _ in 0..random.below(7) {
        let name = name(random);
        let key = match random.below(6) {
            0 => Value::from(name).to_string(),
            1 => format!("'{name}'"),
            2 => format!("{name} "),
            _ => name,
        };
        text += &match random.below(6) {
            0 => format!("{indentation}{key}: {}", pick(random, BLOCK)),
            1 => format!(
                "{indentation}{key}: {}{}\n",
                Value::from(nasty(random)),
                pick(random, COMMENT)
            ),
            2 => format!(
                "{indentation}{key}: '{}'{}\n",
                nasty(random).replace('\'', "''"),
                pick(random, COMMENT)
            ),
            _ => format!(
                "{indentation}{key}: {}{}\n",
                pick(random, PLAIN),
                pick(random, COMMENT)
            ),
        };
    }
    match random.below(8) {
        0 => text.trim_end_matches('\n').to_owned(),
        1 => text.replace('\n', "\r\n"),
        _ => text,
    }
}

/// Reads every file before and after, and says where the difference is another
/// than was asked for. Reads of each file what is a text, too.
const COMPARE: &str = "
import json, sys, yaml
wrong, texts, changed, read = [], 0, 0, 0
for nr, case in enumerate(json.load(sys.stdin)):
    try:
        before = yaml.safe_load(case['before'].encode()) or {}
    except (yaml.YAMLError, ValueError, TypeError):
        continue
    read += 1
    found = {k: v for k, v in before.items() if isinstance(k, str) and isinstance(v, str)}
    texts += len(found)
    entries = case['entries']
    for name in found.keys() | entries.keys():
        value = before.get(name)
        told = entries.get(name)
        other = not isinstance(value, str) and value is not None and not isinstance(value, (list, dict))
        if value != told and not (other and told is not None):
            wrong.append([nr, 'read', name, repr(value), told])
    want = {k: v for k, v in before.items() if k not in case['removed']}
    want.update(case['set'])
    after = yaml.safe_load(case['after'].encode()) or {}
    changed += after != before
    if after != want or any(type(after[k]) != type(want[k]) for k in want):
        wrong.append([nr, 'written', repr(want), repr(after)])
json.dump({'wrong': wrong, 'texts': texts, 'changed': changed, 'read': read}, sys.stdout)
";

#[test]
fn yaml_of_somebody_elses_is_read_and_rewritten_as_pyyaml_sees_it() -> Result<()> {
    let seed = seed();
    println!("KEYSTEAD_SEED={seed}");
    let random = &mut Random(seed);
    let generated = (0..files()).map(|_| mapping(random)).collect::<Vec<_>>();
    let cases: Vec<_> = generated
        .into_iter()
        .filter_map(|text| rewrite(Dialect::Yaml, text, random))
        .collect();
    let sent: Vec<_> = cases
        .iter()
        .map(|c| json!({"before": c.before, "after": c.after, "entries": c.entries, "set": c.set, "removed": c.removed}))
        .collect();
    let mut child = Command::new(python())
        .args(["-c", COMPARE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("Python runs; `cargo xtask test peers` installs it")?;
    let mut input = child.stdin.take().context("piped")?;
    input.write_all(&serde_json::to_vec(&sent)?)?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "PyYAML could not read what was written"
    );
    let said: Value = serde_json::from_slice(&output.stdout)?;
    println!("{} of {} taken; {said:.200}", cases.len(), files());
    for wrong in said["wrong"].as_array().into_iter().flatten().take(5) {
        let case = &cases[wrong[0].as_u64().unwrap_or_default() as usize];
        println!("{wrong}\nbefore {:?}\nafter  {:?}", case.before, case.after);
    }
    assert_eq!(said["wrong"], json!([]), "seed {seed}");
    let enough = |what: &str, least: usize| said[what].as_u64() >= Some(least as u64);
    assert!(
        enough("texts", files() / 6)
            && enough("changed", files() / 8)
            && enough("read", files() / 4)
    );
    Ok(())
}

#[test]
fn json_of_somebody_elses_is_read_and_rewritten_as_jq_sees_it() -> Result<()> {
    let seed = seed();
    println!("KEYSTEAD_SEED={seed}");
    let random = &mut Random(seed);
    let machine = Machine::new()?;
    let read = |text: &str| -> Result<Map<String, Value>> {
        let file = machine.root().join("file.json");
        fs::write(&file, text)?;
        let output = Command::new("jq").args(["-c", "."]).arg(&file).output();
        let output = output.context("jq runs; `cargo xtask test setup` installs it")?;
        ensure!(output.status.success(), "jq takes {text:?}");
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let (mut taken, mut texts, mut changed) = (0, 0, 0);
    let files = files() / 20;
    for _ in 0..files {
        let Some(case) = rewrite(Dialect::Json, object(random), random) else {
            continue;
        };
        let before = read(&case.before)?;
        for (name, value) in &before {
            let told = case.entries.get(name);
            match value {
                Value::String(_) => assert_eq!(
                    told,
                    Some(value),
                    "{name} of {:?}, seed {seed}",
                    case.before
                ),
                Value::Number(_) | Value::Bool(_) => {
                    assert!(told.is_some(), "{name} of {:?}", case.before)
                }
                _ => assert_eq!(told, None, "{name} of {:?}", case.before),
            }
            texts += 1;
        }
        let mut want = before.clone();
        want.retain(|name, _| !case.removed.contains(name));
        want.extend(case.set.clone());
        let after = read(&case.after)?;
        assert_eq!(
            after, want,
            "{:?} to {:?}, seed {seed}",
            case.before, case.after
        );
        taken += 1;
        changed += usize::from(after != before);
    }
    println!("{taken} of {files} taken, {texts} names, {changed} changed");
    assert!(taken > files / 3 && texts > files / 2 && changed > files / 4);
    Ok(())
}

#[test]
fn a_linked_document_follows_a_rotation_and_keeps_what_is_not_ours() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let folder = machine.root().join("code");
    fs::create_dir(&folder)?;
    let config = folder.join("config.yml");
    let text = "# theirs\nport: 8080\nAPI_KEY: sk-old-0001 # ours\nlimits:\n  API_KEY: untouched\n";
    fs::write(&config, text)?;
    let place = ["-p", "churn", "-e", "dev"];
    let (dir, path) = (folder.to_str(), config.to_str());
    let (dir, path) = (dir.context("UTF-8")?, path.context("UTF-8")?);
    // The ending says the dialect. The number is a text to the vault, and is not taken into the link.
    cli.ok(&[&["import", path, "--yes"][..], &place].concat())?;
    cli.ok(&[&["link", dir, "--file", "config.yml", "--yes"][..], &place].concat())?;
    cli.ok(&[&["link", dir, "--dialect", "json", "--yes"][..], &place].concat())?;
    cli.ok(&[&["rotate", "API_KEY", "--generate", "hex"][..], &place].concat())?;
    let got = cli.ok(&[&["get", "API_KEY"][..], &place].concat())?;
    let value = got.text().trim_end();
    assert_eq!(value.len(), 64, "a new one");
    assert_eq!(
        fs::read_to_string(&config)?,
        format!(
            "# theirs\nport: \"8080\"\nAPI_KEY: \"{value}\" # ours\nlimits:\n  API_KEY: untouched\n"
        )
    );
    let json: Value = serde_json::from_slice(&fs::read(folder.join(".env.json"))?)?;
    assert_eq!(json, json!({"API_KEY": value, "port": "8080"}));
    // Somebody's edit in it is drift, and is taken in.
    fs::write(
        &config,
        fs::read_to_string(&config)?.replace(value, "sk-edited"),
    )?;
    let links = cli.ok(&["links", "--json"])?.stdout;
    let links = String::from_utf8(links)?;
    assert!(links.contains("drifted"), "{links}");
    cli.ok(&["link", dir, "--file", "config.yml", "--take"])?;
    let taken = cli.ok(&[&["get", "API_KEY"][..], &place].concat())?;
    assert_eq!(taken.text().trim_end(), "sk-edited");
    Ok(())
}

fn files() -> usize {
    let chosen = env::var("KEYSTEAD_FILES").ok();
    chosen.and_then(|text| text.parse().ok()).unwrap_or(FILES)
}
