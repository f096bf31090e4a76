//! Properties over generated text. The real readers are compared elsewhere.

use std::collections::BTreeMap;

use keystead_formats::{Dialect, EnvFile, Obstacle, render};
use proptest::prelude::*;

const HARD: [&str; 36] = [
    "'", "\"", "`", "\\", "$", "${", "${A}", "${A:-x}", "}", ":-", "#", " # ", "=", "\n", "\r",
    "\r\n", "\t", " ", "\\n", "\\r", "\\'", "A", "b", "export ", "\u{b}", "\u{1c}", "\u{85}",
    "\u{a0}", "\u{feff}", "\u{2028}", "é", "😀", "$(id)", "~", "{", "\u{1}",
];

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(Dialect::ALL.to_vec())
}

fn value() -> impl Strategy<Value = String> {
    let hard = prop::collection::vec(prop::sample::select(HARD.to_vec()), 0..12);
    prop_oneof![
        4 => hard.prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(prop::char::range('\u{1}', char::MAX), 0..12).prop_map(String::from_iter),
    ]
}

/// Values by name, without those that the dialect cannot carry.
fn values(dialect: Dialect) -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[A-E][0-9]?", value(), 0..12).prop_map(move |mut values| {
        values.retain(|name, value| render(dialect, &[(name, value)]).is_ok());
        values
    })
}

fn pairs(values: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    values.iter().map(|(n, v)| (&n[..], &v[..])).collect()
}

/// Text that is often an env file: assignments, comments and hard pieces.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "(export )?[A-E] ?= ?[a-z]{0,3}( # [a-z']{0,5})?",
        "(export )?[A-E]=('[^']{0,8}'|\"[^\"$]{0,8}\")",
        "# [^\r\n]{0,12}",
        Just(String::new()),
        prop::collection::vec(prop::sample::select(HARD.to_vec()), 1..6)
            .prop_map(|pieces| "A=".to_owned() + &pieces.concat()),
    ];
    let end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    let mark = prop::sample::select(vec!["", "", "", "\u{feff}"]);
    (mark, prop::collection::vec((line, end), 0..8)).prop_map(|(mark, lines)| {
        let lines = lines.iter().map(|(line, end)| format!("{line}{end}"));
        mark.to_owned() + &lines.collect::<String>()
    })
}

/// Text that is often a file of the dialect.
fn text_for(dialect: Dialect) -> BoxedStrategy<String> {
    match dialect {
        Dialect::Json => object().boxed(),
        Dialect::Yaml => mapping().boxed(),
        _ => text().boxed(),
    }
}

fn object() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        value().prop_map(|text| serde_json::Value::from(text).to_string()),
        "[0-9]{1,3}|null|true|\\[1, \\{\"A\": 2\\}\\]|\\{\"B\": \"}\"\\}",
    ];
    let blank = prop::sample::select(vec!["", " ", "\n", "\n  ", "\r\n\t"]);
    let member = (
        "[A-E]|X[0-9]",
        value,
        blank.clone(),
        blank.clone(),
        blank.clone(),
    );
    let mark = prop::sample::select(vec!["", "", "", "\u{feff}"]);
    (mark, prop::collection::vec(member, 0..6), blank).prop_map(|(mark, members, end)| {
        let member = |(name, value, a, b, c): &(String, String, &str, &str, &str)| {
            format!("{a}\"{name}\"{b}:{c}{value}{a}")
        };
        let members: Vec<_> = members.iter().map(member).collect();
        format!("{mark}{end}{{{}{end}}}{end}", members.join(","))
    })
}

fn mapping() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        value().prop_map(|text| format!(" {}", serde_json::Value::from(text))),
        " [a-z0-9.~]{0,4}( #[a-z]{0,2})?",
        " '([a-z\"#\\\\]|'')*'",
        " [|>][-+]?\n( {2,3}[a-z#:]{0,4}\n){1,3}",
        "\n  - a\n  - [b, {c: d}]|\n  A: b\n  \"C\": \"x\n\n   y\"",
        "| ~| null|\n  'next'",
    ];
    let comment = prop::sample::select(vec!["", "", "", "\n", "\n# c", " # c", "\n\n  # c\n"]);
    let line = ("[A-E]|X[0-9]|'[A-E]'|\"B\"|yes|~", value, comment);
    let start = prop::sample::select(vec!["", "", "# first\n", "---\n", "\n"]);
    (start, prop::collection::vec(line, 0..6)).prop_map(|(start, lines)| {
        let lines = lines
            .iter()
            .map(|(name, value, comment)| format!("{name}:{value}{comment}\n"));
        start.to_owned() + &lines.collect::<String>()
    })
}

proptest! {
    #[test]
    fn what_is_rendered_is_read((dialect, values) in dialect().prop_flat_map(|d| (Just(d), values(d)))) {
        let rendered = render(dialect, &pairs(&values)).expect("each value was carried alone");
        prop_assert!((values.is_empty() && dialect != Dialect::Json) || rendered.ends_with('\n'));
        let file = EnvFile::parse(dialect, rendered.as_bytes()).expect("own output is readable");
        prop_assert!(file.entries().all(|entry| entry.unresolved.is_empty()));
        prop_assert!(file.entries().map(|e| (e.name, e.value)).eq(pairs(&values)));
    }

    #[test]
    fn only_node_refuses_values(dialect in dialect(), value in value()) {
        let carried = render(dialect, &[("A", &value)]);
        prop_assert!(carried.is_ok() || dialect == Dialect::DotenvNode);
    }

    #[test]
    fn parsing_any_bytes_ends(dialect in dialect(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(EnvFile::parse(dialect, &bytes));
    }

    #[test]
    fn parsing_any_text_ends(
        (dialect, text) in dialect().prop_flat_map(|d| (Just(d), text_for(d))),
        value in value(),
    ) {
        drop(EnvFile::parse(dialect, value.as_bytes()));
        let Ok(file) = EnvFile::parse(dialect, text.as_bytes()) else { return Ok(()) };
        let lines = text.split('\n').count() + text.matches('\r').count();
        let effective = file.effective();
        prop_assert!(effective.len() <= file.entries().count());
        prop_assert!(file.entries().all(|entry| (1..=lines).contains(&(entry.line as usize))));
    }

    #[test]
    fn merging_keeps_what_is_foreign(
        (dialect, values, text) in dialect().prop_flat_map(|d| (Just(d), values(d), text_for(d))),
        remove in prop::sample::subsequence(vec!["A", "B", "C", "D", "E"], 0..3),
    ) {
        let Ok(file) = EnvFile::parse(dialect, text.as_bytes()) else { return Ok(()) };
        let merged = match file.merge(&pairs(&values), &remove) {
            Ok(merged) => merged,
            Err(error) => {
                // A quote of npm dotenv's reaches into other lines; so does a block of text
                // in YAML, of which an indented comment becomes a part when what stood
                // between them goes.
                let reaches = match dialect {
                    Dialect::DotenvNode => true,
                    Dialect::Yaml => text.contains(['|', '>']) && !remove.is_empty(),
                    _ => false,
                };
                prop_assert!(reaches || error.reason == Obstacle::NotText, "{error} {text:?}");
                return Ok(());
            }
        };
        let after = EnvFile::parse(dialect, merged.as_bytes()).expect("own output is readable");
        for (name, value) in &values {
            let mut found = after.entries().filter(|entry| entry.name == name).peekable();
            prop_assert!(found.peek().is_some());
            prop_assert!(found.all(|entry| entry.value == value));
        }
        let foreign = |file: &EnvFile| -> Vec<String> {
            let kept = file.entries().filter(|e| !values.contains_key(e.name) && !remove.contains(&e.name));
            kept.map(|entry| entry.name.to_owned()).collect()
        };
        prop_assert_eq!(foreign(&file), foreign(&after));
        for name in remove {
            prop_assert!(values.contains_key(name) || after.entries().all(|entry| entry.name != name));
        }
        let again = after.merge(&pairs(&values), &[]).expect("nothing is left to change");
        prop_assert!(*again == *merged, "merging twice is merging once");
    }

    #[test]
    fn merging_nothing_changes_nothing(
        (dialect, text) in dialect().prop_flat_map(|d| (Just(d), text_for(d))),
    ) {
        let Ok(file) = EnvFile::parse(dialect, text.as_bytes()) else { return Ok(()) };
        let merged = file.merge(&[], &["NOT_THERE"]).expect("there is nothing to carry");
        let text = if dialect == Dialect::Shell { text.trim_start_matches('\u{feff}') } else { &text };
        // A file that has no line end gets one, and JSON that has nothing its braces.
        let grown = merged.strip_prefix(text);
        prop_assert!(matches!(grown, Some("" | "\n" | "\r\n" | "{}\n")), "{text:?} to {:?}", *merged);
    }

    #[test]
    fn comments_and_foreign_bytes_survive(
        (dialect, values) in prop::sample::select(vec![Dialect::Dotenv, Dialect::DotenvNode, Dialect::Shell])
            .prop_flat_map(|d| (Just(d), values(d))),
        comment in "# [^\r\n\u{2028}\u{2029}]{0,20}",
    ) {
        let comment = comment.replace('\0', "");
        let text = format!("{comment}\nX='kept' {comment}\n\n\nA=1 {comment}\n{comment}");
        let file = EnvFile::parse(dialect, text.as_bytes()).expect("comments are no fault");
        let merged = file.merge(&pairs(&values), &[]).expect("sound lines do not interfere");
        let start = format!("{comment}\nX='kept' {comment}\n\n\nA=");
        prop_assert!(merged.starts_with(&start));
        let rest = format!(" {comment}\n{comment}\n");
        prop_assert!(merged.contains(&rest), "the rewritten line keeps its comment");
    }
}
