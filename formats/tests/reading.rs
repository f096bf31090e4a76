//! What each reader returns for tricky lines. Every accepted row was compared
//! with the real reader; nothing is run here.

use std::time::Instant;

use keystead_formats::{Dialect, EnvFile, ParseError, ParseReason};

/// The dialects whose files are lines of `NAME=value`.
const ENV: [Dialect; 3] = [Dialect::Dotenv, Dialect::DotenvNode, Dialect::Shell];

fn read(dialect: Dialect, text: &str) -> Result<Vec<(String, String)>, ParseError> {
    let file = EnvFile::parse(dialect, text.as_bytes())?;
    let owned = |entry: keystead_formats::Entry<'_>| (entry.name.into(), entry.value.into());
    Ok(file.entries().map(owned).collect())
}

fn check(dialect: Dialect, table: &[(&str, &[(&str, &str)])]) {
    for (text, expected) in table {
        let found = read(dialect, text).unwrap_or_else(|e| panic!("{dialect}: {text:?}: {e}"));
        let found: Vec<_> = found.iter().map(|(n, v)| (&n[..], &v[..])).collect();
        assert_eq!(&found, expected, "{dialect} reads {text:?}");
    }
}

fn check_refused(dialect: Dialect, table: &[(&str, u32, ParseReason)]) {
    for (text, line, reason) in table {
        let error = read(dialect, text).err();
        let expected = ParseError {
            line: *line,
            reason: *reason,
        };
        assert_eq!(error, Some(expected), "{dialect} refuses {text:?}");
    }
}

#[test]
fn python_dotenv_reads() {
    check(
        Dialect::Dotenv,
        &[
            ("", &[]),
            (
                "\u{feff}A=1\r\n\r\n# c\r\nB=2\r\n",
                &[("A", "1"), ("B", "2")],
            ),
            ("A=1\rB=2", &[("A", "1"), ("B", "2")]),
            ("export  A = b c  # d\n", &[("A", "b c")]),
            (
                "A=\nB=''\nC=\"\"\nD= \n",
                &[("A", ""), ("B", ""), ("C", ""), ("D", "")],
            ),
            (
                "A=#x\nB= #x\nC=x#y\nD=x\u{a0}#y",
                &[("A", "#x"), ("B", ""), ("C", "x#y"), ("D", "x")],
            ),
            (r#"A='it\'s \\ \n' # c"#, &[("A", r"it's \ \n")]),
        ],
    );
    check(
        Dialect::Dotenv,
        &[
            (
                r#"A="\a\b\f\n\r\t\v\\\"\'\x\$""#,
                &[("A", "\u{7}\u{8}\u{c}\n\r\t\u{b}\\\"'\\x\\$")],
            ),
            ("A='x\r\ny\rz'", &[("A", "x\ny\nz")]),
            (
                "'a b'=1\n'é'=2\nx.y-z=3\n\"q\"=4",
                &[("a b", "1"), ("é", "2"), ("x.y-z", "3"), ("\"q\"", "4")],
            ),
            ("A=it's \"fine\"", &[("A", "it's \"fine\"")]),
            (r#"A={"k":"v"} # c"#, &[("A", r#"{"k":"v"}"#)]),
            (
                "A=1\nA=2\nB=$A $(id) `id`",
                &[("A", "1"), ("A", "2"), ("B", "$A $(id) `id`")],
            ),
            (
                "export=1\nexported=2",
                &[("export", "1"), ("exported", "2")],
            ),
        ],
    );
}

#[test]
fn python_dotenv_interpolates_from_the_file_alone() {
    check(
        Dialect::Dotenv,
        &[
            (
                "A=1\nB='${A}${A}'\nA=2\nC=\"${A}\"",
                &[("A", "1"), ("B", "11"), ("A", "2"), ("C", "2")],
            ),
            (
                "B=${A:-d e}\nA=1\nC=${A:-x}",
                &[("B", "d e"), ("A", "1"), ("C", "1")],
            ),
            ("A='${:-$}{A}${}'", &[("A", "${A}")]),
            ("N\nA=<${N}${N:-x}>", &[("A", "<>")]),
            ("A=${x:y}${", &[("A", "${x:y}${")]),
            ("A='${\n}'", &[("A", "${\n}")]),
        ],
    );
    let path = EnvFile::parse(
        Dialect::Dotenv,
        b"A=${PATH}/${HOME}/${PATH}\nB=${A}\nC=${:-x}",
    )
    .expect("references are no fault");
    let unresolved: Vec<_> = path.entries().map(|entry| entry.unresolved).collect();
    assert_eq!(unresolved, [&["PATH", "HOME"][..], &["PATH", "HOME"], &[]]);
    let b = path.entries().nth(1).expect("B is assigned");
    assert_eq!(
        b.value, "${PATH}/${HOME}/${PATH}",
        "the environment must not leak in"
    );
}

#[test]
fn python_dotenv_refuses() {
    use ParseReason as R;
    check_refused(
        Dialect::Dotenv,
        &[
            ("A=1\n\nB='x\nC=2", 3, R::UnterminatedQuote),
            (r"A='x\'", 1, R::UnterminatedQuote),
            ("A=1\rB=\"x\"y", 2, R::TextAfterQuote),
            ("A B=1", 1, R::NotAnAssignment),
            ("=1", 1, R::NotAnAssignment),
            ("export ", 1, R::NotAnAssignment),
            ("'A=1\n'=2", 1, R::NotAnAssignment),
            ("A=1\nA # gone", 2, R::BareAfterValue),
            ("A=1\nB=\0", 2, R::Nul),
        ],
    );
}

#[test]
fn npm_dotenv_reads() {
    check(
        Dialect::DotenvNode,
        &[
            (
                "\u{feff}A=1\r\n# c\r\n B = 2 \r\n",
                &[("A", "1"), ("B", "2")],
            ),
            (
                "A=x#y\nB=x # y\nC='x # y' # z\nD=#",
                &[("A", "x"), ("B", "x"), ("C", "x # y"), ("D", "")],
            ),
            (r#"A="a\nb\rc\td\"e""#, &[("A", "a\nb\rc\\td\\\"e")]),
            (r"A='a\nb\'c'", &[("A", r"a\nb\'c")]),
            ("A=`it's \"x\"`", &[("A", "it's \"x\"")]),
            ("A='x\r\ny'\nB: yaml", &[("A", "x\ny"), ("B", "yaml")]),
            (r"A='C:\dir\'", &[("A", r"C:\dir\")]),
            (r#"A="x" "y""#, &[("A", r#"x" "y"#)]),
            ("A=\n'x'", &[("A", "x")]),
            ("export\nA\n=1", &[("A", "1")]),
            ("# c\u{2028}A=1", &[("A", "1")]),
            ("A=${B} $B", &[("A", "${B} $B")]),
            (
                "export = 1\n0=2\n-.=3",
                &[("export", "1"), ("0", "2"), ("-.", "3")],
            ),
        ],
    );
}

#[test]
fn npm_dotenv_refuses() {
    use ParseReason as R;
    check_refused(
        Dialect::DotenvNode,
        &[
            ("A='x\nB=2", 1, R::UnterminatedQuote),
            ("A=1\nB=\"x # y\" z", 2, R::UnterminatedQuote),
            ("A='x'y", 1, R::TextAfterQuote),
            ("A:\nB=1", 1, R::ValueOnNextLine),
            ("A:1", 1, R::NotAnAssignment),
            ("what is this", 1, R::NotAnAssignment),
            ("é=1", 1, R::NotAnAssignment),
            ("__proto__=1", 1, R::UnusableName),
        ],
    );
}

#[test]
fn bash_reads() {
    check(
        Dialect::Shell,
        &[
            ("\u{feff}export A=1 # c\nB=2", &[("A", "1"), ("B", "2")]),
            (r"A='it'\''s'", &[("A", "it's")]),
            (r#"A=a\ b"c d"'e'#f"#, &[("A", "a bc de#f")]),
            (r#"A="\$\`\"\\\n !""#, &[("A", "$`\"\\\\n !")]),
            (
                r"A=$'\n\t\x41\101é\u00e9\U0001F600\q\''",
                &[("A", "\n\tAAéé😀\\q'")],
            ),
        ],
    );
    check(
        Dialect::Shell,
        &[
            (
                "A='x\ny'\nB=\"x\\\ny\"\nC=x\\\ny",
                &[("A", "x\ny"), ("B", "xy"), ("C", "xy")],
            ),
            (
                "A=1\nB=$A${A}2\nC=\"$A\"'$A'",
                &[("A", "1"), ("B", "112"), ("C", "1$A")],
            ),
            ("A=$%{x,y}*?[!=", &[("A", "$%{x,y}*?[!=")]),
            ("A=\nexport A B # c\n", &[("A", "")]),
            ("A='\r'", &[("A", "\r")]),
        ],
    );
    let file = EnvFile::parse(Dialect::Shell, b"export P=$HOME/x:\"${P}\"\nexport Q R")
        .expect("references are no fault");
    let entry = file.entries().next().expect("P is assigned");
    assert_eq!((entry.value, entry.unresolved.len()), ("$HOME/x:${P}", 2));
    let bare: Vec<_> = file
        .bare_names()
        .map(|bare| (bare.name, bare.line))
        .collect();
    assert_eq!(bare, [("Q", 2), ("R", 2)]);
}

#[test]
fn bash_refuses() {
    use ParseReason as R;
    let code = [
        "A=$(id)",
        "A=`id`",
        "A=\"$(id)\"",
        "A=\"`id`\"",
        "A=${B:-x}",
        "A=$((1))",
        "A=$[1]",
        "A=$1",
        "A=$$",
        "A=$_",
        "A=~/x",
        "A=x:~",
        "A=(1 2)",
        "A=1; B=2",
        "A=1&",
        "A=1 id",
        "A=<(id)",
        "A+=1",
        "A[0]=1",
        "id",
        "set -a",
        "if true",
        "export -n A",
        "export A={x,y}",
        "A=$\"x\"",
        "A=$'\\0'",
        "A=$'\\xff'",
        "A=$'\\cA'",
        "A=$\\\n'x'",
        "A=$B\\\nC",
        "1A=2",
        "[ x ]",
        ". x",
        "unset A",
        "A=1|id",
        "A=1>x",
    ];
    for text in code {
        let error = read(Dialect::Shell, text).expect_err(text);
        let allowed = [R::ShellCode, R::NotAnAssignment];
        assert!(
            allowed.contains(&error.reason),
            "{text:?} is code, not {error}"
        );
    }
    check_refused(
        Dialect::Shell,
        &[
            ("A=1\nB='x", 2, R::UnterminatedQuote),
            ("B=\"x", 1, R::UnterminatedQuote),
            ("B=x\\", 1, R::UnterminatedQuote),
            ("B=x\\\n", 1, R::UnterminatedQuote),
            ("A=1\r\nB=2\r\n", 1, R::CarriageReturn),
            ("A='1'\r\n", 1, R::CarriageReturn),
            ("\r\n", 1, R::CarriageReturn),
            ("A='\u{1}'\nA=\"\u{1}\"", 2, R::ControlCharacter),
            ("A=\\\u{7f}", 1, R::ControlCharacter),
            ("A=1 B=2", 1, R::SeveralAssignments),
            ("export A B=2", 1, R::SeveralAssignments),
            ("\n\nUID=5", 3, R::UnusableName),
        ],
    );
}

#[test]
fn duplicates_are_reported_with_their_lines() {
    for dialect in ENV {
        let file = EnvFile::parse(dialect, b"A=1\nB=2\nA=3\nA=4\nC=5\n").expect("plain lines");
        let all: Vec<_> = file
            .entries()
            .map(|e| (e.name, e.line, e.overridden))
            .collect();
        let expected: [(_, _, &[u32]); 5] = [
            ("A", 1, &[]),
            ("B", 2, &[]),
            ("A", 3, &[1]),
            ("A", 4, &[1, 3]),
            ("C", 5, &[]),
        ];
        assert_eq!(all, expected);
        let effective: Vec<_> = file.effective().iter().map(|e| (e.name, e.value)).collect();
        assert_eq!(effective, [("B", "2"), ("A", "4"), ("C", "5")]);
    }
}

#[test]
fn names_without_values_are_listed() {
    for dialect in [Dialect::Dotenv, Dialect::DotenvNode] {
        let file = EnvFile::parse(dialect, b"A\nexport B # c\nC=1").expect("bare names are kept");
        let bare: Vec<_> = file
            .bare_names()
            .map(|bare| (bare.name, bare.line))
            .collect();
        assert_eq!(bare, [("A", 1), ("B", 2)]);
        assert_eq!(file.entries().count(), 1);
    }
}

#[test]
fn errors_name_the_line_and_no_content() {
    let broken = b"A=1\nSECRETNAME='sEcReTvAlUe\n";
    for dialect in ENV {
        let error = EnvFile::parse(dialect, broken)
            .err()
            .expect("the quote is open");
        let shown = format!("{error} {error:?}");
        assert!(shown.starts_with("line 2: "), "{shown}");
        assert!(!shown.contains("sEcReT"), "{shown}");
        let error = EnvFile::parse(dialect, b"A=1\r\nB=2\r\n\xff").err();
        let reason = ParseReason::NotUtf8;
        assert_eq!(error, Some(ParseError { line: 3, reason }));
    }
}

#[test]
fn references_cannot_multiply_without_end() {
    for dialect in [Dialect::Dotenv, Dialect::Shell] {
        let mut text = format!("A0={}\n", "x".repeat(1000));
        for step in 1..60 {
            let before = step - 1;
            text += &format!("A{step}=${{A{before}}}${{A{before}}}\n");
        }
        let error = read(dialect, &text).expect_err("2^60 kilobytes must not be built");
        assert_eq!(error.reason, ParseReason::TooLarge);
    }
}

#[test]
fn adversarial_text_takes_linear_time() {
    let pieces = [
        "\n",
        " ",
        "A=\n",
        "A='\\'\n",
        "A=\"\\\"",
        "A='",
        "${",
        "${x:",
        "A=${x:",
        "A\n",
        "export ",
        "A=' \\'",
        "#\u{2028}",
        "A=`x` \n",
        "\\\n",
        "A=\u{2028}'",
        " \\' ",
        "A=\\'\n",
        "${a:-",
        "'\u{2028}\"\u{2028}",
        "A=$A\n",
        "A=${A}\n",
    ];
    for dialect in Dialect::ALL {
        for piece in pieces {
            for start in ["", "A=", "A='", "A=\"", "A=`"] {
                let text = start.to_owned() + &piece.repeat(20_000);
                let begin = Instant::now();
                drop(EnvFile::parse(dialect, text.as_bytes()));
                // Linear is some 20 ms here, quadratic some minutes.
                let seconds = begin.elapsed().as_secs();
                assert!(seconds < 5, "{dialect}: {start:?} and {piece:?} repeated");
            }
        }
    }
}
