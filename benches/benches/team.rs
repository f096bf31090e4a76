//! A team's work as its space grows, beside the cryptography that it can't be done without, in the same run.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_benches::{
    cpu,
    vaults::{Measured, asker},
};
use keystead_crypto::{
    Card, DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, IdentityKeys, KemPublicKey,
    SigningContext, wrap_keys,
};
use keystead_vault::{
    EnvironmentName, Guest, InviteTerms, NewGrant, Origin, Place, ProjectName, Role, SecretName,
    Vault,
};
use std::time::{Duration, Instant};

const SECRETS: usize = 200;

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Processor time of some work, and how long it took.
fn spent<T>(work: impl FnOnce() -> T) -> (Duration, Duration, T) {
    let (before, began) = (cpu(), Instant::now());
    let done = work();
    (cpu() - before, began.elapsed(), done)
}

/// Somebody with two devices, made before anything is measured.
struct Somebody {
    guest: Guest,
    kems: Vec<KemPublicKey>,
}

fn somebody(at: usize) -> Somebody {
    let identity = IdentityKeys::generate(&mut rng());
    let name = DisplayName::parse(&format!("Member {at}")).expect("a name");
    let card = Card::issue(1, &name, &identity, &mut rng());
    let devices: Vec<DeviceKeys> = (0..2).map(|_| DeviceKeys::generate(&mut rng())).collect();
    let endorsements = devices.iter().map(|device| {
        let certificate = DeviceCertificate::issue(
            &identity.signing,
            DeviceRole::Primary,
            &device.public(&name),
            &mut rng(),
        );
        keystead_membership::Endorsement::consent(&certificate, &device.signing, &mut rng())
    });
    Somebody {
        guest: Guest {
            card: Card::parse(&card).expect("a card"),
            endorsements: endorsements.collect(),
        },
        kems: devices
            .iter()
            .map(|device| device.kem.public_key())
            .collect(),
    }
}

fn place(environment: Option<&str>) -> Place {
    match environment {
        Some(name) => Place::Environment("shop".to_owned(), name.to_owned()),
        None => Place::Project("shop".to_owned()),
    }
}

fn grant(place: Place, role: Role) -> NewGrant {
    NewGrant {
        place,
        role,
        expires: None,
    }
}

/// A space with a project and its secrets, in so many environments.
fn space(vault: &mut Vault, environments: usize) {
    vault.create_space(&asker(), "team").expect("made");
    let names: Vec<String> = (0..environments).map(|at| format!("env-{at}")).collect();
    let names: Vec<EnvironmentName> = names
        .iter()
        .map(|name| EnvironmentName::parse(name).expect("a name"))
        .collect();
    let project = ProjectName::parse("shop").expect("a name");
    vault
        .create_project(&asker(), &project, &names)
        .expect("made");
    let values: Vec<(SecretName, String)> = (0..SECRETS)
        .map(|at| {
            let name = SecretName::parse(&format!("KEY_{at}")).expect("a name");
            (name, format!("sk-{at:040}"))
        })
        .collect();
    let values: Vec<(SecretName, &str)> = values
        .iter()
        .map(|(name, value)| (name.clone(), &**value))
        .collect();
    for name in names.iter().take(3) {
        vault
            .put_values(
                &asker(),
                "shop",
                name.as_str(),
                &values,
                Origin::Imported,
                "",
                false,
            )
            .expect("imported");
    }
}

fn invite(vault: &mut Vault, guest: &Guest, grants: &[NewGrant]) {
    let terms = InviteTerms {
        history: false,
        remote: None,
        valid: 1_000,
    };
    vault
        .invite(&asker(), guest, grants, &terms)
        .expect("invited");
}

/// A vault with a space that these people read one environment of.
fn with_members(environments: usize, people: &[Somebody]) -> (tempfile::TempDir, Vault) {
    let temp = tempfile::tempdir().expect("temp");
    let mut vault = Measured::at(&temp.path().join("bench")).create();
    space(&mut vault, environments);
    let last = format!("env-{}", environments - 1);
    let outside = [grant(place(Some(&last)), Role::Reader)];
    for one in people {
        invite(&mut vault, &one.guest, &outside);
    }
    (temp, vault)
}

/// A signature and a message to a device: what no sharing does without.
fn primitives(kems: &[KemPublicKey], signatures: usize) -> Duration {
    let device = DeviceKeys::generate(&mut rng());
    let (spent, ..) = spent(|| {
        for _ in 0..signatures {
            device
                .signing
                .sign(SigningContext::Membership, &[0; 400], &mut rng());
        }
        for kem in kems {
            wrap_keys(kem, &[0; 80], &[0; 136], &mut rng()).expect("wrapped");
        }
    });
    spent
}

/// `KEYSTEAD_TEAM_MEMBERS`, or the usual ones.
fn sizes() -> Vec<usize> {
    let asked = std::env::var("KEYSTEAD_TEAM_MEMBERS");
    let asked = asked.map(|asked| vec![asked.parse().expect("a number")]);
    asked.unwrap_or_else(|_| vec![10, 50, 100, 1_000])
}

fn main() {
    println!(
        "{:>7}  {:>13}  {:>13}  {:>6}  {:>12}  {:>11}  {:>12}  {:>13}  {:>12}  {:>10}",
        "members",
        "share, ms CPU",
        "crypto, ms",
        "ratio",
        "invite, each",
        "a set, ms",
        "publish, ms",
        "remove, ms CPU",
        "crypto, ms",
        "sent, KB"
    );
    for members in sizes() {
        let people: Vec<Somebody> = (0..members).map(somebody).collect();
        // Three environments with the secrets, to be shared with fifty who are in.
        let (temp, mut vault) = with_members(3, &people);
        let to = &people[..members.min(50)];
        let (shared, _, ()) = spent(|| {
            for one in to {
                let project = grant(place(None), Role::Editor);
                vault
                    .grant(&asker(), &one.guest.card.fingerprint(), &project, false)
                    .expect("granted");
            }
        });
        drop((vault, temp));
        let kems: Vec<KemPublicKey> = to.iter().flat_map(|one| one.kems.clone()).collect();
        let floor = primitives(&kems, 2 * to.len());
        // Fifty environments, of which three have the secrets, and everybody reads all of it.
        let began = Instant::now();
        let (_temp, mut vault) = with_members(50, &people);
        let invited = began.elapsed();
        for one in &people {
            let project = grant(place(None), Role::Editor);
            vault
                .grant(&asker(), &one.guest.card.fingerprint(), &project, false)
                .expect("granted");
        }
        let name = SecretName::parse("KEY_0").expect("a name");
        let (_, set, ()) = spent(|| {
            let values = [(name, "another")];
            vault
                .put_values(&asker(), "shop", "env-0", &values, Origin::Set, "", false)
                .expect("set");
        });
        let entered = vault.entered_space();
        let (_, published, outgoing) = spent(|| vault.outgoing(&asker(), entered).expect("ready"));
        vault.note_published(&outgoing).expect("noted");
        let last = people.last().expect("some").guest.card.fingerprint();
        let (removed, ..) = spent(|| vault.remove_member(&asker(), &last).expect("removed"));
        let outgoing = vault.outgoing(&asker(), entered).expect("ready");
        let sent: usize = outgoing.objects.iter().map(|(_, bytes)| bytes.len()).sum();
        let kems: Vec<KemPublicKey> = people.iter().flat_map(|one| one.kems.clone()).collect();
        let needed = primitives(&kems[..kems.len() - 2], 2);
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{members:>7}  {:>13.1}  {:>13.1}  {:>6.2}  {:>12.2}  {:>11.2}  {:>12.1}  {:>13.1}  {:>12.1}  {:>10}",
            ms(shared),
            ms(floor),
            shared.as_secs_f64() / floor.as_secs_f64(),
            ms(invited) / members as f64,
            ms(set),
            ms(published),
            ms(removed),
            ms(needed),
            sent / 1_000,
        );
    }
}
