//! JSON and YAML: what is read, kept, changed and refused. Every accepted row was
//! compared with `jq` or PyYAML; nothing is run here.

use keystead_formats::{Dialect, EnvFile, Obstacle, ParseReason, render};

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn read(dialect: Dialect, text: &str, expected: Pairs<'_>, bare: &[&str]) {
    let file = EnvFile::parse(dialect, text.as_bytes());
    let file = file.unwrap_or_else(|error| panic!("{dialect}: {text:?}: {error}"));
    let found: Vec<_> = file.entries().map(|e| (e.name, e.value)).collect();
    assert_eq!(found, expected, "{dialect} reads {text:?}");
    let names: Vec<_> = file.bare_names().map(|b| b.name).collect();
    assert_eq!(names, bare, "{dialect} finds no text in {text:?}");
}

fn refused(dialect: Dialect, text: &str, line: u32, reason: ParseReason) {
    let error = EnvFile::parse(dialect, text.as_bytes()).err();
    let error = error.unwrap_or_else(|| panic!("{dialect} takes {text:?}"));
    assert_eq!(
        (error.line, error.reason),
        (line, reason),
        "{dialect}: {text:?}"
    );
}

fn merged(dialect: Dialect, text: &str, values: Pairs<'_>, remove: &[&str]) -> String {
    let file = EnvFile::parse(dialect, text.as_bytes()).expect("the file is sound");
    let merged = file
        .merge(values, remove)
        .expect("the values can be carried");
    merged.to_string()
}

#[test]
fn objects_are_read() {
    let read = |text, expected, bare| read(Dialect::Json, text, expected, bare);
    read("", &[], &[]);
    read(" {} \n", &[], &[]);
    read(
        r#"{"A":"x","B":"\u00e9\n\ud83d\ude00"}"#,
        &[("A", "x"), ("B", "é\n😀")],
        &[],
    );
    read(
        r#"{"\u0041":"x", "": "empty name"}"#,
        &[("A", "x"), ("", "empty name")],
        &[],
    );
    read(
        "{\"A\": 1.50, \"B\": true,\n\"C\": -0}",
        &[("A", "1.50"), ("B", "true"), ("C", "-0")],
        &[],
    );
    read(
        "{\"A\": null, \"B\": [\"}\"], \"C\": {\"D\": \"x\"}}",
        &[],
        &["A", "B", "C"],
    );
    read(
        "\u{feff}{\"A\":\"1\",\"A\":\"2\"}",
        &[("A", "1"), ("A", "2")],
        &[],
    );
}

#[test]
fn what_is_no_object_of_texts_is_refused() {
    let refused = |text, line, reason| refused(Dialect::Json, text, line, reason);
    refused("[]", 1, ParseReason::NotAnObject);
    refused("\n\"text\"", 2, ParseReason::NotAnObject);
    refused("{\n\"A\": 'x'}", 2, ParseReason::NotJson);
    refused("{\"A\": \"x\",\n}", 2, ParseReason::NotJson);
    refused("{\"A\": \"x\"", 1, ParseReason::NotJson);
    refused("{} {}", 1, ParseReason::NotJson);
    refused("{\n// comment\n}", 2, ParseReason::NotJson);
    refused(r#"{"A": "\ud800"}"#, 1, ParseReason::NotJson);
    refused("{\n\"A\": \"\\u0000\"}", 2, ParseReason::Nul);
    refused(
        "{\"A\": \"x\",\n\"A\": null}",
        2,
        ParseReason::BareAfterValue,
    );
}

#[test]
fn an_object_keeps_its_layout() {
    let merged = |text, values, remove: &[&str]| merged(Dialect::Json, text, values, remove);
    assert_eq!(&*render(Dialect::Json, &[]).expect("carried"), "{}\n");
    assert_eq!(
        &*render(Dialect::Json, &[("A", "x\"\n"), ("B", "é")]).expect("carried"),
        "{\n  \"A\": \"x\\\"\\n\",\n  \"B\": \"é\"\n}\n"
    );
    let file = "{\n\t\"A\" : \"old\",\n\t\"port\" : 8080, \"nested\" : {\"A\": [1, 2]},\n\t\"Z\" : \"z\"\n}\n";
    assert_eq!(
        merged(file, &[("A", "new"), ("N", "n")], &[]),
        "{\n\t\"A\" : \"new\",\n\t\"port\" : 8080, \"nested\" : {\"A\": [1, 2]},\n\t\"Z\" : \"z\",\n\t\"N\" : \"n\"\n}\n"
    );
    assert_eq!(
        merged(file, &[], &["A", "Z"]),
        "{\n\t\"port\" : 8080, \"nested\" : {\"A\": [1, 2]}\n}\n"
    );
    assert_eq!(merged(file, &[], &["A", "port", "nested", "Z"]), "{\n}\n");
    assert_eq!(
        merged(file, &[("A", "old"), ("port", "8080")], &[]),
        file.replace("8080", "\"8080\"")
    );
    assert_eq!(
        merged("{\"A\":\"x\"}", &[("B", "y")], &[]),
        "{\"A\":\"x\",\"B\":\"y\"}\n"
    );
    assert_eq!(
        merged("{\"A\":null}\n", &[("A", "y")], &[]),
        "{\"A\":\"y\"}\n"
    );
    assert_eq!(
        merged("\u{feff}{ }", &[("A", "y")], &[]),
        "\u{feff}{\n  \"A\": \"y\"\n}\n"
    );
    assert_eq!(merged("", &[("A", "y")], &[]), "{\n  \"A\": \"y\"\n}\n");
}

#[test]
fn mappings_are_read() {
    let read = |text, expected, bare| read(Dialect::Yaml, text, expected, bare);
    read("", &[], &[]);
    read("---\n# nothing\n", &[], &[]);
    read(
        "A: x\nB: \"\\xe9\\n\\U0001f600\"\n",
        &[("A", "x"), ("B", "é\n😀")],
        &[],
    );
    read(
        "'A': 'it''s' # c\n\"B\": a#b\n",
        &[("A", "it's"), ("B", "a#b")],
        &[],
    );
    read(
        "A: 0123\nB: yes\nC: 2026-11-26\n",
        &[("A", "0123"), ("B", "yes"), ("C", "2026-11-26")],
        &[],
    );
    read(
        "A:\nB: ~ # c\nC: [a, b]\nD:\n  A: x\n  - y\n".trim_end_matches("  - y\n"),
        &[],
        &["A", "B", "C", "D"],
    );
    read("  A: x\n  B: y\n", &[("A", "x"), ("B", "y")], &[]);
    read(
        "A: |\n  one\n   two\n\n# c\nB: >-\n  one\n  two\n",
        &[("A", "one\n two\n"), ("B", "one two")],
        &[],
    );
    read(
        "A: \"one\n  two\"\nB: one\n  two\n",
        &[("A", "one two"), ("B", "one two")],
        &[],
    );
    read("yes: x\n~: y\nA: z\nN: n\n", &[("A", "z"), ("N", "n")], &[]);
    read("A: 1\nA: 2\n", &[("A", "1"), ("A", "2")], &[]);
}

#[test]
fn what_two_readers_would_read_differently_is_refused() {
    let refused = |text, line, reason| refused(Dialect::Yaml, text, line, reason);
    refused("A: &x y\n", 1, ParseReason::YamlReference);
    refused("A: !!binary eA==\n", 1, ParseReason::YamlReference);
    refused("d: &d\n  a: b\n<<: *d\n", 3, ParseReason::YamlReference);
    refused("{A: x}\n", 1, ParseReason::YamlFlow);
    refused("# c\n- x\n", 2, ParseReason::NotAnObject);
    refused("just words\n", 1, ParseReason::NotAnObject);
    refused("A: x\n---\nB: y\n", 2, ParseReason::SeveralDocuments);
    refused("A: x\n...\n", 2, ParseReason::SeveralDocuments);
    refused("A: x\n? B\n: y\n", 2, ParseReason::NotAnAssignment);
    refused("A: \"x\u{85}\"\n", 1, ParseReason::YamlCharacter);
    refused("A: x\u{2028}y\n", 1, ParseReason::YamlCharacter);
    refused("A: \"\\ud83d\"\n", 1, ParseReason::NotYaml);
    refused("A: x\n12: y\n", 2, ParseReason::YamlNumber);
    refused("1e3: y\n", 1, ParseReason::YamlNumber);
    refused("A: |\n  x", 2, ParseReason::BlockAtEnd);
    refused("A: x\nB: 'y\n", 2, ParseReason::NotYaml);
    refused("A:\n  b: \"x\nB: y\"\n", 2, ParseReason::NotYaml);
    refused("A: x\nA:\n", 2, ParseReason::BareAfterValue);
}

#[test]
fn a_mapping_keeps_its_layout() {
    let merged = |text, values, remove: &[&str]| merged(Dialect::Yaml, text, values, remove);
    assert_eq!(
        &*render(Dialect::Yaml, &[("A", "x\"\n"), ("NO", "é"), ("a b", "")]).expect("carried"),
        "A: \"x\\\"\\n\"\n\"NO\": \"\\xe9\"\n\"a b\": \"\"\n"
    );
    let file = "# team's keys\nA:   old   # keep me\nnested:\n  A: x # not this one\n\nPEM: |\n  line\n\n  line\n\n# end\n";
    assert_eq!(
        merged(file, &[("A", "new"), ("PEM", "p"), ("M", "n")], &[]),
        "# team's keys\nA:   \"new\"   # keep me\nnested:\n  A: x # not this one\n\nPEM: \"p\"\n\n# end\nM: \"n\"\n"
    );
    assert_eq!(
        merged(file, &[], &["A", "PEM"]),
        "# team's keys\nnested:\n  A: x # not this one\n\n\n# end\n"
    );
    assert_eq!(
        merged(file, &[("PEM", "line\n\nline\n")], &[]),
        file,
        "it has that value"
    );
    assert_eq!(merged("  A: x", &[("B", "y")], &[]), "  A: x\n  B: \"y\"\n");
    assert_eq!(
        merged("A: # fill in\n", &[("A", "y")], &[]),
        "A: \"y\" # fill in\n"
    );
    assert_eq!(
        merged("A: 12\nB: ~\r\n", &[("A", "12"), ("B", "y")], &[]),
        "A: \"12\"\nB: \"y\"\r\n"
    );
    assert_eq!(
        merged("---\r\nA: x\r\n", &[("B", "y")], &[]),
        "---\r\nA: x\r\nB: \"y\"\r\n"
    );
}

#[test]
fn a_list_or_an_object_is_not_written_over() {
    for (dialect, text) in [
        (Dialect::Json, "{\"A\": [1]}"),
        (Dialect::Json, "{\"A\": {}}"),
        (Dialect::Yaml, "A:\n  b: c\n"),
        (Dialect::Yaml, "A: [1]\n"),
    ] {
        let file = EnvFile::parse(dialect, text.as_bytes()).expect("sound");
        let error = file
            .merge(&[("A", "sEcReT")], &[])
            .expect_err("it would be lost");
        assert_eq!(error.reason, Obstacle::NotText);
        assert!(!format!("{error} {error:?}").contains("sEcReT"));
        assert!(
            file.merge(&[("B", "x")], &["A"]).is_ok(),
            "who asks for it may remove it"
        );
    }
}
