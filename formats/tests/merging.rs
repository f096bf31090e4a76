//! What a rewrite keeps, changes and refuses in an existing file.

use keystead_formats::{Dialect, EnvFile, Obstacle};

/// The dialects whose files are lines of `NAME=value`.
const ENV: [Dialect; 3] = [Dialect::Dotenv, Dialect::DotenvNode, Dialect::Shell];

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn merge(dialect: Dialect, text: &str, values: Pairs<'_>, remove: &[&str]) -> String {
    let file = EnvFile::parse(dialect, text.as_bytes()).expect("the file is sound");
    let merged = file
        .merge(values, remove)
        .expect("the values can be carried");
    merged.to_string()
}

#[test]
fn everything_foreign_stays() {
    let text =
        "# team's \"keys\"\n\n  export A = old   # keep me\nOTHER='x' \n\n#A=no\nA=two\n\nLAST=1";
    let expected = "# team's \"keys\"\n\n  export A = 'n w'   # keep me\nOTHER='x' \n\n#A=no\nA='n w'\n\nLAST=1\nB=b\n";
    for dialect in [Dialect::Dotenv, Dialect::DotenvNode] {
        assert_eq!(
            merge(dialect, text, &[("B", "b"), ("A", "n w")], &[]),
            expected
        );
    }
    let text = "export A=old # keep me\nB=$A\nexport C\n";
    let expected = "export A='new' # keep me\nB=$A\nexport C\nexport D='d'\n";
    assert_eq!(
        merge(Dialect::Shell, text, &[("A", "new"), ("D", "d")], &[]),
        expected
    );
}

#[test]
fn lines_that_already_say_it_stay() {
    let text = "A=\"same\" # c\nB = 'same'\n";
    for dialect in [Dialect::Dotenv, Dialect::DotenvNode] {
        assert_eq!(
            merge(dialect, text, &[("B", "same"), ("A", "same")], &["C"]),
            text
        );
    }
    let referring = "X=same\nA=${X}\n";
    let found = merge(Dialect::Dotenv, referring, &[("A", "same")], &[]);
    assert_eq!(
        found, "X=same\nA=same\n",
        "a managed value must not hang on a foreign line"
    );
}

#[test]
fn removed_names_go_with_their_lines() {
    let text = "# a\n  A=1 # gone\n\nB='x\ny'\nA=2\nC=3\n";
    for dialect in ENV {
        assert_eq!(merge(dialect, text, &[], &["A"]), "# a\n\nB='x\ny'\nC=3\n");
        assert_eq!(
            merge(dialect, text, &[], &["B"]),
            "# a\n  A=1 # gone\n\nA=2\nC=3\n"
        );
        let kept = merge(dialect, text, &[("C", "3")], &["C"]);
        assert!(kept.contains("C=3"), "a name in both lists is set");
    }
    assert_eq!(merge(Dialect::Dotenv, "A=1", &[], &["A"]), "");
    assert_eq!(
        merge(Dialect::DotenvNode, "# x\u{2028}A=1\nB=2\n", &[], &["A"]),
        "# x\u{2028}\nB=2\n"
    );
}

#[test]
fn line_ends_and_marks_stay_where_the_reader_takes_them() {
    let text = "\u{feff}A=1\r\n# c\r\nB=2";
    for dialect in [Dialect::Dotenv, Dialect::DotenvNode] {
        let found = merge(dialect, text, &[("A", "x\ny"), ("C", "3")], &[]);
        assert_eq!(found, "\u{feff}A=\"x\\ny\"\r\n# c\r\nB=2\r\nC=3\r\n");
        assert_eq!(
            merge(dialect, "\u{feff}", &[("A", "1")], &[]),
            "\u{feff}A=1\n"
        );
        assert_eq!(merge(dialect, "\u{feff}A=1\n", &[], &["A"]), "\u{feff}");
    }
    let found = merge(Dialect::Shell, "\u{feff}A=1\n# c\r\n", &[("C", "3")], &[]);
    assert_eq!(
        found, "A=1\n# c\r\nexport C='3'\n",
        "bash takes a mark for part of a word"
    );
    assert_eq!(
        merge(Dialect::Shell, "# c\r", &[("C", "3")], &[]),
        "# c\r\nexport C='3'\n"
    );
}

#[test]
fn empty_values_keep_their_comments() {
    for dialect in [Dialect::Dotenv, Dialect::DotenvNode] {
        let text = "A=   # fill in\nB=\n";
        let found = merge(dialect, text, &[("A", "x"), ("B", "y z")], &[]);
        assert_eq!(found, "A=x   # fill in\nB='y z'\n");
        assert_eq!(
            merge(dialect, &found, &[("A", ""), ("B", "")], &[]),
            "A=''   # fill in\nB=''\n"
        );
    }
}

#[test]
fn the_last_of_two_values_counts() {
    for dialect in ENV {
        let merged = merge(
            dialect,
            "A=0\n",
            &[("A", "1"), ("B", "2"), ("A", "3"), ("B", "4")],
            &[],
        );
        let file = EnvFile::parse(dialect, merged.as_bytes()).expect("own output is readable");
        let found: Vec<_> = file.entries().map(|e| (e.name, e.value)).collect();
        assert_eq!(found, [("A", "3"), ("B", "4")]);
    }
}

#[test]
fn a_line_that_would_swallow_ours_is_an_error() {
    // npm dotenv closes FOREIGN's quote at the next lone quote before a comment.
    let text = "FOREIGN=\"C:\\dir\\\"\n";
    let file = EnvFile::parse(Dialect::DotenvNode, text.as_bytes()).expect("read as a path");
    let error = file
        .merge(&[("A", "# it's")], &[])
        .expect_err("the opening quote stands before a comment sign");
    assert_eq!(
        (&error.name[..], error.reason),
        ("A", Obstacle::Surroundings)
    );
    assert!(file.merge(&[("A", "fine value")], &[]).is_ok());
}
