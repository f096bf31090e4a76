use super::*;
use crate::{
    EnvironmentField, Exposure, Origin, SecretField, SecretName,
    crash_campaign::{Dice, number},
    tests::{asker, vault_in},
};
use std::collections::BTreeMap;

fn put(
    vault: &mut Vault,
    (project, environment): (&str, &str),
    name: &str,
    value: &str,
) -> Result<(), VaultError> {
    let one = [(SecretName::parse(name).expect("a name"), value)];
    let put = vault.put_values(&asker(), project, environment, &one, Origin::Set, "", true);
    put.map(drop)
}

fn get(
    vault: &mut Vault,
    (project, environment): (&str, &str),
    name: &str,
) -> Result<String, VaultError> {
    let place = (project, environment, name);
    let read = vault.read(
        &asker(),
        place,
        VersionSelector::Current,
        Exposure::Read,
        "bash",
    );
    read.map(|released| released.value.to_string())
}

#[test]
fn a_form_is_three_names_in_braces() {
    let found = |text: &'static str| -> Vec<&str> {
        forms(text)
            .iter()
            .map(|form| &text[form.range.clone()])
            .collect()
    };
    assert_eq!(found("x${a/b/C}y${d/e/F}"), ["${a/b/C}", "${d/e/F}"]);
    for text in [
        "",
        "${a}",
        "${a/b}",
        "${a/b/c/d}",
        "${//}",
        "${a/b/C",
        "${a/\n/C}",
        "$a/b/C}",
        "${${a/b}",
    ] {
        assert!(found(text).is_empty(), "{text}");
    }
    assert_eq!(found("${a/${b/c/D}"), ["${b/c/D}"]);
}

#[test]
fn what_is_referred_to_leaves_too_and_is_asked_about() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("db", "prod"), "PASSWORD", "p@ss").expect("put");
    let url = "postgres://app:${db/prod/PASSWORD}@h/d?x=${not/there/X}";
    put(&mut vault, ("app", "prod"), "URL", url).expect("put");
    let whole = "postgres://app:p@ss@h/d?x=${not/there/X}";
    assert_eq!(
        get(&mut vault, ("app", "prod"), "URL").expect("read"),
        whole
    );
    let seen = vault.secret("db", "prod", "PASSWORD").expect("there");
    assert_eq!(
        seen.exposures.len(),
        1,
        "it left inside: {:?}",
        seen.exposures
    );
    let named = |environment: &str, project: &str, name: &str| Named {
        project: project.to_owned(),
        environment: environment.to_owned(),
        name: name.to_owned(),
    };
    let (to, by) = vault.references(("app", "prod"), "URL").expect("listed");
    assert_eq!((to, by), (vec![named("prod", "db", "PASSWORD")], vec![]));
    let (to, by) = vault
        .references(("db", "prod"), "PASSWORD")
        .expect("listed");
    assert_eq!((to, by), (vec![], vec![named("prod", "app", "URL")]));
    assert_eq!(
        vault.places_made_of("db", "prod").expect("listed"),
        [("app".to_owned(), "prod".to_owned())]
    );

    // A rename breaks nothing; a new value goes into what is made of it.
    let rename = vec![SecretField::Name("DB_PASSWORD".to_owned())];
    vault
        .edit_secrets(&asker(), "db", &[("PASSWORD", rename)])
        .expect("renamed");
    put(&mut vault, ("db", "prod"), "DB_PASSWORD", "new").expect("put");
    let whole = whole.replace("p@ss", "new");
    assert_eq!(
        get(&mut vault, ("app", "prod"), "URL").expect("read"),
        whole
    );
    assert_eq!(
        vault
            .compare("app", "prod", &[("URL", &whole)])
            .expect("compared"),
        [Some(true)],
        "a file with what it resolves to has not drifted"
    );

    // What others are made of does not go unnoticed.
    let gone = vec![SecretField::Removed(true)];
    let refused = vault.edit_secrets(&asker(), "db", &[("DB_PASSWORD", gone)]);
    assert!(
        matches!(&refused, Err(VaultError::ReferredTo(by)) if by == "URL in prod of app"),
        "{refused:?}"
    );
    let refused = vault.remove_values(&asker(), ("db", "prod"), &["DB_PASSWORD"]);
    assert!(matches!(refused, Err(VaultError::ReferredTo(_))));
    let gone = [EnvironmentField::Removed(true)];
    let refused = vault.edit_environment(&asker(), ("db", "prod"), &gone);
    assert!(matches!(refused, Err(VaultError::ReferredTo(_))));

    // Protection follows the value that is protected.
    let protect = [EnvironmentField::Protected(true)];
    vault
        .edit_environment(&asker(), ("db", "prod"), &protect)
        .expect("protected");
    let refused = get(&mut vault, ("app", "prod"), "URL");
    assert!(matches!(refused, Err(VaultError::Protected(_))));
    let refused = put(
        &mut vault,
        ("app", "dev"),
        "SNEAK",
        "${db/prod/DB_PASSWORD}",
    );
    assert!(
        matches!(refused, Err(VaultError::Protected(_))),
        "a reference lets it out as much as a copy"
    );
    assert!(vault.verify(&asker()).expect("verified").problem.is_none());
}

#[test]
fn an_escaped_reference_is_text_and_copies_keep_their_meaning() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("p", "dev"), "A", "one").expect("put");
    put(&mut vault, ("p", "dev"), "B", "$${p/dev/A} ${p/dev/A}").expect("put");
    assert_eq!(
        get(&mut vault, ("p", "dev"), "B").expect("read"),
        "${p/dev/A} one"
    );
    put(&mut vault, ("p", "prod"), "A", "two").expect("put");
    let rename = vec![SecretField::Name("RENAMED".to_owned())];
    vault
        .edit_secrets(&asker(), "p", &[("A", rename)])
        .expect("renamed");
    vault
        .fill(&asker(), "p", ("dev", "prod"), &["B"])
        .expect("filled");
    assert_eq!(
        get(&mut vault, ("p", "prod"), "B").expect("read"),
        "${p/dev/A} one"
    );
    vault.undo(&asker(), None).expect("undone");
    assert!(get(&mut vault, ("p", "prod"), "B").is_err());
}

#[test]
fn circles_are_refused_where_they_are_closed_and_where_they_came_about() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    for name in ["A", "B", "C"] {
        put(&mut vault, ("p", "dev"), name, "x").expect("put");
    }
    put(&mut vault, ("p", "dev"), "A", "a ${p/dev/B}").expect("put");
    put(&mut vault, ("p", "dev"), "B", "b ${p/dev/C}").expect("put");
    for (name, value) in [
        ("C", "${p/dev/A}"),
        ("C", "${p/dev/C}"),
        ("B", "${p/dev/A}"),
    ] {
        let refused = put(&mut vault, ("p", "dev"), name, value);
        assert!(
            matches!(refused, Err(VaultError::RefersToItself(_))),
            "{name}={value}: {refused:?}"
        );
    }
    assert_eq!(get(&mut vault, ("p", "dev"), "A").expect("read"), "a b x");
    // Not a circle when it is stored, but when an older version comes back.
    put(&mut vault, ("p", "dev"), "B", "plain").expect("put");
    put(&mut vault, ("p", "dev"), "C", "${p/dev/B}").expect("put");
    vault
        .restore(&asker(), ("p", "dev", "B"), VersionSelector::Previous)
        .expect("restored");
    let refused = get(&mut vault, ("p", "dev"), "A");
    assert!(
        matches!(refused, Err(VaultError::RefersToItself(_))),
        "{refused:?}"
    );
    assert!(vault.verify(&asker()).expect("verified").problem.is_none());
}

#[test]
fn a_value_that_would_double_again_and_again_is_refused() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("p", "dev"), "A0", &"x".repeat(64)).expect("put");
    for at in 1..20 {
        let twice = format!("${{p/dev/A{0}}}${{p/dev/A{0}}}", at - 1);
        put(&mut vault, ("p", "dev"), &format!("A{at}"), &twice).expect("put");
    }
    assert_eq!(
        get(&mut vault, ("p", "dev"), "A10").expect("read").len(),
        65_536
    );
    let refused = get(&mut vault, ("p", "dev"), "A19");
    assert!(matches!(refused, Err(VaultError::ResolvesTooLarge)));
}

#[test]
fn a_value_that_needs_another_again_and_again_is_made_once() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("p", "dev"), "A0", "").expect("put");
    for at in 1..=30 {
        let twice = format!("${{p/dev/A{0}}}${{p/dev/A{0}}}", at - 1);
        put(&mut vault, ("p", "dev"), &format!("A{at}"), &twice).expect("put");
    }
    // A thousand million of them one by one would not end.
    assert_eq!(get(&mut vault, ("p", "dev"), "A30").expect("read"), "");
    for at in 31..=40 {
        let twice = format!("${{p/dev/A{}}}", at - 1);
        put(&mut vault, ("p", "dev"), &format!("A{at}"), &twice).expect("put");
    }
    let refused = get(&mut vault, ("p", "dev"), "A40");
    assert!(
        matches!(refused, Err(VaultError::ResolvesTooLarge)),
        "deeper than is followed: {refused:?}"
    );
    let many = "${p/dev/A0}".repeat(MOST + 1);
    let refused = put(&mut vault, ("p", "dev"), "MANY", &many);
    assert!(matches!(refused, Err(VaultError::ResolvesTooLarge)));
    let open = "${".repeat(400_000);
    put(&mut vault, ("p", "dev"), "OPEN", &open).expect("put");
}

#[test]
fn what_is_inherited_into_a_reference_is_not_taken_away() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("p", "base"), "HOST", "h").expect("put");
    put(&mut vault, ("p", "dev"), "OTHER", "x").expect("put");
    let base = vault.project("p").expect("there");
    let base = base.environment("base").expect("there").id;
    let inherit = |vault: &mut Vault, from| {
        let inherits = [EnvironmentField::Inherits(from)];
        vault.edit_environment(&asker(), ("p", "dev"), &inherits)
    };
    inherit(&mut vault, Some(base)).expect("inherits");
    put(&mut vault, ("q", "prod"), "URL", "http://${p/dev/HOST}").expect("put");
    let removed = |vault: &mut Vault| vault.remove_values(&asker(), ("p", "base"), &["HOST"]);
    let refused = removed(&mut vault);
    assert!(
        matches!(refused, Err(VaultError::ReferredTo(_))),
        "{refused:?}"
    );
    let refused = inherit(&mut vault, None);
    assert!(
        matches!(refused, Err(VaultError::ReferredTo(_))),
        "{refused:?}"
    );
    assert_eq!(
        get(&mut vault, ("q", "prod"), "URL").expect("read"),
        "http://h"
    );
    // A project that is gone refers to nothing.
    let gone = [crate::ProjectField::Removed(true)];
    vault.edit_project(&asker(), "q", &gone).expect("removed");
    removed(&mut vault).expect("nothing needs it now");
    assert!(vault.verify(&asker()).expect("verified").problem.is_none());
}

#[test]
fn what_is_protected_leaves_through_no_other_environment_unasked() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    put(&mut vault, ("p", "prod"), "KEY", "live").expect("put");
    put(&mut vault, ("p", "dev"), "OTHER", "x").expect("put");
    let protect = [EnvironmentField::Protected(true)];
    vault
        .edit_environment(&asker(), ("p", "prod"), &protect)
        .expect("protected");
    let prod = vault.project("p").expect("there");
    let prod = prod.environment("prod").expect("there").id;
    let inherits = [EnvironmentField::Inherits(Some(prod))];
    let mut sure = asker();
    let refused = vault.edit_environment(&sure, ("p", "dev"), &inherits);
    assert!(
        matches!(refused, Err(VaultError::Protected(_))),
        "{refused:?}"
    );
    sure.confirmed = true;
    vault
        .edit_environment(&sure, ("p", "dev"), &inherits)
        .expect("agreed");
    // Two steps away it is protected still.
    let open = [EnvironmentField::Inherits(None)];
    vault
        .edit_environment(&asker(), ("p", "dev"), &open)
        .expect("no more");
    let one = [(SecretName::parse("ONE").expect("a name"), "${p/prod/KEY}")];
    vault
        .put_values(&sure, "p", "dev", &one, Origin::Set, "", true)
        .expect("agreed");
    put(&mut vault, ("p", "test"), "TWO", "${p/dev/ONE}").expect("put");
    let refused = vault.check_release(&asker(), ("p", "test"));
    assert!(
        matches!(refused, Err(VaultError::Protected(_))),
        "{refused:?}"
    );
    let used = vault.use_value(&asker(), ("p", "test", "TWO"), "a look", |_| {
        Ok::<(), VaultError>(())
    });
    assert!(matches!(used, Err(VaultError::Protected(_))), "{used:?}");
    let seen = vault.use_value(&sure, ("p", "test", "TWO"), "a look", |value| {
        Ok::<String, VaultError>(value.to_owned())
    });
    assert_eq!(seen.expect("seen"), "live");
}

/// Random references among secrets of three environments that inherit, beside a model that resolves text.
#[test]
fn references_resolve_as_a_plain_model_says() {
    const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];
    const PLACES: [&str; 3] = ["base", "dev", "prod"];
    fn value(
        model: &BTreeMap<(usize, usize), String>,
        (place, name): (usize, usize),
        within: &mut Vec<(usize, usize)>,
    ) -> Option<String> {
        // dev and prod inherit from base.
        let at = match model.contains_key(&(place, name)) {
            true => place,
            false => 0,
        };
        let text = model.get(&(at, name))?;
        if within.contains(&(at, name)) {
            return None;
        }
        within.push((at, name));
        let mut whole = text.clone();
        for (p, place) in PLACES.iter().enumerate() {
            for (n, name) in NAMES.iter().enumerate() {
                let form = format!("${{p/{place}/{name}}}");
                if whole.contains(&form) {
                    let inner = value(model, (p, n), within)?;
                    whole = whole.replace(&form, &inner);
                }
            }
        }
        within.pop();
        Some(whole)
    }
    let seed = number(
        "KEYSTEAD_DOMAIN_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("seed {seed}");
    let mut random = Dice(seed);
    let mut upto = |limit: usize| usize::try_from(random.below(limit as u64)).expect("small");
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    let mut model = BTreeMap::new();
    for (name, text) in NAMES.iter().enumerate() {
        put(&mut vault, ("p", PLACES[0]), text, "start").expect("put");
        model.insert((0, name), "start".to_owned());
    }
    let base = vault
        .project("p")
        .expect("there")
        .environment("base")
        .expect("there")
        .id;
    for heir in &PLACES[1..] {
        let name = crate::EnvironmentName::parse(heir).expect("a name");
        vault
            .create_environment(&asker(), "p", &name)
            .expect("made");
        let inherits = [EnvironmentField::Inherits(Some(base))];
        vault
            .edit_environment(&asker(), ("p", heir), &inherits)
            .expect("inherits");
    }
    let (mut stored, mut refused) = (0, 0);
    for step in 0..400 {
        let (place, name) = (upto(3), upto(NAMES.len()));
        let other = (upto(3), upto(NAMES.len()));
        let text = match upto(3) {
            0 => format!("v{step}"),
            _ => format!("{step}:${{p/{}/{}}}", PLACES[other.0], NAMES[other.1]),
        };
        let before = model.insert((place, name), text.clone());
        let circle = value(&model, (place, name), &mut Vec::new()).is_none();
        let put = put(&mut vault, ("p", PLACES[place]), NAMES[name], &text);
        if circle {
            assert!(
                matches!(put, Err(VaultError::RefersToItself(_))),
                "step {step}: {put:?}"
            );
            match before {
                Some(before) => model.insert((place, name), before),
                None => model.remove(&(place, name)),
            };
            refused += 1;
            continue;
        }
        put.expect("put");
        stored += 1;
        for (p, place) in PLACES.iter().enumerate() {
            let name = upto(NAMES.len());
            let wanted = value(&model, (p, name), &mut Vec::new());
            let got = get(&mut vault, ("p", place), NAMES[name]);
            assert_eq!(got.ok(), wanted, "step {step}: {} in {place}", NAMES[name]);
        }
    }
    assert!(stored > 100 && refused > 20, "{stored} {refused}");
    assert!(vault.verify(&asker()).expect("verified").problem.is_none());
}
