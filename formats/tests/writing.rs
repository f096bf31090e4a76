//! What is written for each reader, and what is refused. The texts are pinned:
//! they were checked with the real readers.

use keystead_formats::{CannotCarry, Dialect, EnvFile, Obstacle, render};

fn line(dialect: Dialect, name: &str, value: &str) -> Result<String, CannotCarry> {
    render(dialect, &[(name, value)]).map(|text| text.to_string())
}

#[test]
fn python_dotenv_is_written() {
    let table = [
        ("", "N=''"),
        ("sk-proj_A.b/c:d@e%f+g,h=", "N=sk-proj_A.b/c:d@e%f+g,h="),
        ("two words", "N='two words'"),
        ("#", "N='#'"),
        (r#"{"a":"b\n"}"#, r#"N='{"a":"b\\n"}'"#),
        ("it's", r#"N="it's""#),
        (r#"'"'"#, r#"N='\'"\''"#),
        ("-----BEGIN\nMII\n", r#"N="-----BEGIN\nMII\n""#),
        ("a\rb", r#"N="a\rb""#),
        ("${HOME}$X$${", "N='${:-$}{HOME}$X$${:-$}{'"),
        (r"C:\", r"N='C:${:-\\}'"),
        ("\\\n\\", r#"N="\\\n${:-\\}""#),
        ("\u{feff}\u{85}\u{2028}", "N='\u{feff}\u{85}\u{2028}'"),
    ];
    for (value, expected) in table {
        let found = line(Dialect::Dotenv, "N", value).expect("this dialect carries all of them");
        assert_eq!(found, format!("{expected}\n"));
    }
    let named = line(Dialect::Dotenv, "a #b", "x").expect("names can be quoted");
    assert_eq!(named, "'a #b'=x\n");
}

#[test]
fn npm_dotenv_is_written() {
    let table = [
        ("", "N=''"),
        ("a/b", "N=a/b"),
        (r"two \words\n", r"N='two \words\n'"),
        ("it's", "N=\"it's\""),
        (r"it's\n", r"N=`it's\n`"),
        ("'\"", "N=`'\"`"),
        ("a'\"`b", "N=a'\"`b"),
        ("x\ny", r#"N="x\ny""#),
        ("x\ny\"", "N='x\ny\"'"),
        ("x\r\ny'`", r#"N="x\r\ny'`""#),
        (r"C:\", r"N=C:\"),
        (r"\' \' \", r"N=\' \' \"),
        ("${HOME} $X", "N='${HOME} $X'"),
    ];
    for (value, expected) in table {
        let found = line(Dialect::DotenvNode, "N", value).expect("each has a way");
        assert_eq!(found, format!("{expected}\n"));
    }
    for value in [
        "'\"`", "#\\", "a'\"`b#", " '\"`", "\r\"", "\r\\n", "\n\\", "'\"`\n",
    ] {
        let error = line(Dialect::DotenvNode, "N", value).expect_err(value);
        assert_eq!(error.reason, Obstacle::Unquotable);
        let others = [
            Dialect::Dotenv,
            Dialect::Shell,
            Dialect::Json,
            Dialect::Yaml,
        ];
        assert_eq!(error.carried_by, others);
    }
}

#[test]
fn bash_is_written() {
    let table = [
        ("", "export N=''\n"),
        ("plain", "export N='plain'\n"),
        ("it's $HOME `id` \\", "export N='it'\\''s $HOME `id` \\'\n"),
        ("a\r\nb", "export N='a\r\nb'\n"),
    ];
    for (value, expected) in table {
        let found = line(Dialect::Shell, "N", value).expect("bash takes any value");
        assert_eq!(found, expected);
    }
}

#[test]
fn names_that_a_reader_does_not_keep_are_refused() {
    use Dialect::{Dotenv, DotenvNode, Shell};
    let table: [(Dialect, &str, Obstacle, &[Dialect]); 15] = [
        (Shell, "UID", Obstacle::NameTaken, &[Dotenv, DotenvNode]),
        (Shell, "_", Obstacle::NameTaken, &[Dotenv, DotenvNode]),
        (Shell, "RANDOM", Obstacle::NameTaken, &[Dotenv, DotenvNode]),
        (
            Shell,
            "PROMPT_COMMAND",
            Obstacle::NameDisruptive,
            &[Dotenv, DotenvNode],
        ),
        (
            Shell,
            "IFS",
            Obstacle::NameDisruptive,
            &[Dotenv, DotenvNode],
        ),
        (
            Shell,
            "a.b",
            Obstacle::NameCharacters,
            &[Dotenv, DotenvNode],
        ),
        (Shell, "1A", Obstacle::NameCharacters, &[Dotenv, DotenvNode]),
        (Shell, "é", Obstacle::NameCharacters, &[Dotenv]),
        (DotenvNode, "a b", Obstacle::NameCharacters, &[Dotenv]),
        (
            DotenvNode,
            "__proto__",
            Obstacle::NameTaken,
            &[Dotenv, Shell],
        ),
        (Dotenv, "a=b", Obstacle::NameCharacters, &[]),
        (Dotenv, "it's it", Obstacle::NameCharacters, &[]),
        (Dotenv, "\u{feff}A", Obstacle::NameCharacters, &[]),
        (Dotenv, "A\nB", Obstacle::NameCharacters, &[]),
        (Dotenv, "", Obstacle::NameCharacters, &[]),
    ];
    for (dialect, name, reason, carried_by) in table {
        let error = line(dialect, name, "x").expect_err(name);
        // The two that quote their names carry any but the empty one.
        let quoting: &[_] = if name.is_empty() {
            &[]
        } else {
            &[Dialect::Json, Dialect::Yaml]
        };
        assert_eq!(
            (error.reason, &error.carried_by[..]),
            (reason, &[carried_by, quoting].concat()[..]),
            "{name:?}"
        );
    }
}

#[test]
fn no_dialect_carries_nul_and_no_error_shows_a_value() {
    for dialect in Dialect::ALL {
        let error = line(dialect, "N", "sEcReT\0").expect_err("NUL ends a C string");
        assert_eq!(
            (error.reason, &error.carried_by[..]),
            (Obstacle::Nul, &[][..])
        );
        assert!(!format!("{error} {error:?}").contains("sEcReT"));
    }
}

#[test]
fn every_value_made_of_few_hard_pieces_comes_back() {
    let pieces = [
        "'", "\"", "`", "\\", "${", "}", ":-", "n", "\n", "\r", "#", " ", "$", "\u{2028}",
    ];
    for dialect in Dialect::ALL {
        let mut values = vec![String::new()];
        for _ in 0..3 {
            let longer = values
                .iter()
                .flat_map(|v| pieces.map(|piece| format!("{v}{piece}")));
            values = longer.collect();
            let named: Vec<_> = values
                .iter()
                .enumerate()
                .map(|(n, v)| (format!("N{n}"), v))
                .collect();
            let carried = |(name, value): &&(String, &String)| line(dialect, name, value).is_ok();
            let carried: Vec<_> = named
                .iter()
                .filter(carried)
                .map(|(n, v)| (&n[..], &v[..]))
                .collect();
            assert!(carried.len() == named.len() || dialect == Dialect::DotenvNode);
            let text =
                render(dialect, &carried).expect("what is carried alone is carried together");
            let file = EnvFile::parse(dialect, text.as_bytes()).expect("own output is readable");
            assert!(file.entries().map(|e| (e.name, e.value)).eq(carried));
        }
    }
}

#[test]
fn dialects_have_stable_names() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.as_str().parse(), Ok(dialect));
        assert!(!dialect.reader().is_empty());
    }
    assert!("docker".parse::<Dialect>().is_err());
    assert_eq!(
        Dialect::ALL.map(Dialect::as_str),
        ["dotenv", "dotenv-node", "shell", "json", "yaml"]
    );
}
