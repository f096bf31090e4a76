//! Whole processes through a host: `keystead get` with its durable event, and
//! `keystead run`, beside a process that does nothing. Three sizes of vault.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::whole::{Place, at, timed};
use std::path::Path;

const ROUNDS: usize = 400;

fn main() {
    println!("milliseconds of whole processes, {ROUNDS} rounds in turn");
    println!(
        "{:>8}  {:>9}  {:>9}  {:>9}  {:>9}  {:>12}  {:>14}",
        "secrets", "true", "get", "get p99", "run true", "get / true", "run over true"
    );
    for secrets in [100, 1_000, 10_000] {
        let place = Place::new();
        assert!(
            !links_openssl(&place.program),
            "the program that asks has a store in it"
        );
        place.fill(secrets);
        let _agent = place.agent();
        let (mut bare, mut get, mut run) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            bare.push(timed(place.command(Path::new("true"))));
            let mut command = place.command(&place.program);
            let name = format!("KEY_{}", round * 7 % secrets);
            command.args(["get", &name, "-p", "bench", "-e", "dev"]);
            get.push(timed(command));
            // All of the environment's values go in, and a system takes only so many.
            if secrets <= 1_000 {
                let mut command = place.command(&place.program);
                command.args(["run", "-p", "bench", "-e", "dev", "--", "true"]);
                run.push(timed(command));
            }
        }
        for times in [&mut bare, &mut get, &mut run] {
            times.sort_unstable();
        }
        let (nothing, one) = (at(&bare, 0.5), at(&get, 0.5));
        let injected = if run.is_empty() {
            f64::NAN
        } else {
            at(&run, 0.5)
        };
        println!(
            "{secrets:>8}  {nothing:>9.2}  {one:>9.2}  {:>9.2}  {injected:>9.2}  {:>12.1}  {:>14.2}",
            at(&get, 0.99),
            one / nothing,
            injected - nothing,
        );
    }
}

/// Whether the loader has OpenSSL to find for that program. Only a release build, optimised as a whole, leaves it out.
fn links_openssl(program: &Path) -> bool {
    let bytes = std::fs::read(program).expect("the program");
    let name = b"libcrypto.so";
    bytes.windows(name.len()).any(|piece| piece == name)
}
