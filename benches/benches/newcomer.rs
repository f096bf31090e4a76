//! Somebody joins a space that has a history, beside the cryptography and the writing that joining can't be done without.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::{
    cpu,
    vaults::{Measured, asker},
};
use keystead_vault::{
    EnvironmentName, Guest, InviteTerms, NewGrant, Origin, Place, ProjectName, RemoteName, Role,
    SecretName, Vault,
};
use std::time::Instant;

/// A space of so many secrets, each of which was set ten times, one operation each.
fn space(vault: &mut Vault, secrets: usize) {
    vault.create_space(&asker(), "team").expect("made");
    let dev = [EnvironmentName::parse("dev").expect("a name")];
    let project = ProjectName::parse("shop").expect("a name");
    vault
        .create_project(&asker(), &project, &dev)
        .expect("made");
    for round in 0..10 {
        for at in 0..secrets {
            let name = SecretName::parse(&format!("KEY_{at}")).expect("a name");
            let value = format!("sk-{round}-{at:040}");
            let values = [(name, &*value)];
            vault
                .put_values(&asker(), "shop", "dev", &values, Origin::Set, "", false)
                .expect("set");
        }
    }
}

fn number(name: &str) -> Option<usize> {
    let asked = std::env::var(name).ok()?;
    Some(asked.parse().expect("a number"))
}

fn main() {
    let sizes = number("KEYSTEAD_NEWCOMER_SECRETS").map(|asked| vec![asked]);
    let times = number("KEYSTEAD_NEWCOMER_TIMES").unwrap_or(3);
    println!(
        "{:>10}  {:>10}  {:>7}  {:>10}  {:>9}  {:>13}",
        "operations", "joins, CPU", "wall", "µs CPU each", "objects", "bytes"
    );
    for secrets in sizes.unwrap_or_else(|| vec![100, 1_000, 10_000]) {
        let temp = tempfile::tempdir().expect("temp");
        let mut ann = Measured::at(&temp.path().join("ann")).create();
        space(&mut ann, secrets);
        let mut joined = Vec::new();
        let mut newcomers: Vec<(Vault, Vec<u8>)> = (0..times)
            .map(|at| {
                let ben = Measured::at(&temp.path().join(at.to_string())).create();
                let guest = Guest {
                    card: ben.card().expect("a card"),
                    endorsements: vec![ben.endorsement().expect("a device")],
                };
                let grants = [NewGrant {
                    place: Place::Space,
                    role: Role::Editor,
                    expires: None,
                }];
                let terms = InviteTerms {
                    history: true,
                    remote: None,
                    valid: 1_000,
                };
                let invited = ann.invite(&asker(), &guest, &grants, &terms);
                let invite = invited.expect("invited").remove(0);
                (ben, invite)
            })
            .collect();
        let entered = ann.entered_space();
        let outgoing = ann.outgoing(&asker(), entered).expect("ready");
        let objects: Vec<(RemoteName, Vec<u8>)> = outgoing.objects;
        let bytes: usize = objects.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut operations = 0;
        for (ben, invite) in &mut newcomers {
            let invite = ben.read_invite(&asker(), invite).expect("theirs");
            let space = ben.accept_invite(&asker(), &invite).expect("accepted");
            let (before, began) = (cpu(), Instant::now());
            let taken = ben.take_in(&asker(), space, &objects).expect("taken in");
            joined.push((cpu() - before, began.elapsed()));
            assert_eq!((taken.problems, taken.refused), (Vec::new(), 0));
            operations = taken.operations;
        }
        joined.sort_unstable();
        let (spent, took) = joined[joined.len() / 2];
        println!(
            "{operations:>10}  {:>7.0} ms  {:>4.0} ms  {:>10.1}  {:>9}  {bytes:>13}",
            spent.as_secs_f64() * 1e3,
            took.as_secs_f64() * 1e3,
            spent.as_secs_f64() * 1e6 / operations as f64,
            objects.len(),
        );
    }
}
