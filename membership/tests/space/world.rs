//! People with devices who say things to each other.

use getrandom::{SysRng, rand_core::UnwrapErr};
use keystead_crypto::{
    Card, DeviceCertificate, DeviceKeys, DeviceRole, DisplayName, IdentityKeys, KeyBytes, epoch_id,
};
use keystead_membership::*;
use std::collections::BTreeSet;

pub(crate) const PROJECT: ProjectId = ProjectId([1; 16]);
pub(crate) const DEV: Scope = Scope::Environment(PROJECT, EnvironmentId([2; 16]));
pub(crate) const PROD: Scope = Scope::Environment(PROJECT, EnvironmentId([3; 16]));

pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) struct Person {
    pub(crate) identity: IdentityKeys,
    pub(crate) device: DeviceKeys,
}

/// A statement on its way.
pub(crate) type Signed = (Vec<u8>, Vec<u8>);

impl Person {
    pub(crate) fn new() -> Self {
        Self {
            identity: IdentityKeys::generate(&mut rng()),
            device: DeviceKeys::generate(&mut rng()),
        }
    }

    pub(crate) fn id(&self) -> MemberId {
        MemberId(keystead_crypto::key_fingerprint(
            &self.identity.signing.verifying_key(),
        ))
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId(self.device.id)
    }

    pub(crate) fn card(&self, version: u32) -> Vec<u8> {
        let name = DisplayName::parse("Somebody").expect("a name");
        Card::issue(version, &name, &self.identity, &mut rng())
    }

    /// An endorsement of a device by this identity.
    pub(crate) fn endorse(&self, device: &DeviceKeys) -> Vec<u8> {
        let name = DisplayName::parse("laptop").expect("a name");
        let certificate = DeviceCertificate::issue(
            &self.identity.signing,
            DeviceRole::Primary,
            &device.public(&name),
            &mut rng(),
        );
        Endorsement::consent(&certificate, &device.signing, &mut rng())
    }

    /// Says something after what a graph knows.
    pub(crate) fn says(&self, graph: &Graph, act: Act) -> Signed {
        self.says_after(graph, graph.heads(), act)
    }

    /// Says something after these.
    pub(crate) fn says_after(
        &self,
        graph: &Graph,
        parents: &BTreeSet<StatementId>,
        act: Act,
    ) -> Signed {
        let statement = Statement {
            space: graph.genesis().space(),
            parents: parents.clone(),
            author: self.device_id(),
            at: 0,
            act,
        };
        statement.sign(&self.device.signing, &mut rng())
    }

    /// Their device comes.
    pub(crate) fn comes(&self, graph: &Graph) -> Signed {
        let endorsement = self.endorse(&self.device);
        self.says(graph, Act::AddDevice { endorsement })
    }
}

/// Begins a space with its founder's device.
pub(crate) fn founded(founder: &Person) -> Graph {
    let (genesis, signature) = Genesis::sign(&founder.identity.signing, &[7; 32], &mut rng());
    let genesis = Genesis::parse(genesis.as_bytes(), &signature).expect("signed");
    let mut graph = Graph::new(genesis);
    let comes = founder.comes(&graph);
    add(&mut graph, &comes);
    graph
}

/// Takes a statement in, which must be possible.
pub(crate) fn add(graph: &mut Graph, (bytes, signature): &Signed) -> StatementId {
    graph.insert(bytes, signature).expect("taken in")
}

/// Somebody says something that must hold.
pub(crate) fn holds(graph: &mut Graph, by: &Person, act: Act) -> StatementId {
    let signed = by.says(graph, act);
    let id = add(graph, &signed);
    assert_eq!(graph.standing().verdict(id), Some(Verdict::Holds));
    id
}

/// Somebody says something that must not hold.
pub(crate) fn refused(graph: &mut Graph, by: &Person, act: Act) -> Why {
    let signed = by.says(graph, act);
    let id = add(graph, &signed);
    match graph.standing().verdict(id) {
        Some(Verdict::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// A member with a device and a role comes.
pub(crate) fn join(graph: &mut Graph, by: &Person, who: &Person, scope: Scope, role: Role) {
    let card = who.card(1);
    holds(graph, by, Act::AddMember { card });
    let comes = who.comes(graph);
    add(graph, &comes);
    holds(graph, by, grant(who, scope, role));
}

pub(crate) fn grant(to: &Person, scope: Scope, role: Role) -> Act {
    Act::Grant {
        member: to.id(),
        scope,
        role,
        expires: None,
    }
}

pub(crate) fn take_back(from: &Person, scope: Scope, role: Option<Role>) -> Act {
    Act::TakeBack {
        member: from.id(),
        scope,
        role,
        cuts: Vec::new(),
    }
}

pub(crate) fn remove(who: &Person) -> Act {
    Act::Remove {
        member: who.id(),
        cuts: Vec::new(),
    }
}

/// New keys for scopes, which follow the ones there are, for whoever may have them.
pub(crate) fn keys(graph: &Graph, scopes: &[Scope]) -> Act {
    let standing = graph.standing();
    let view = standing.view();
    let mut recipients = BTreeSet::new();
    let mut epochs: Vec<EpochClaim> = scopes
        .iter()
        .map(|scope| {
            recipients.extend(view.entitled(*scope));
            let parents = view.epochs(*scope);
            let key = KeyBytes::generate(&mut rng());
            let space = graph.genesis().space().0;
            EpochClaim {
                scope: *scope,
                epoch: epoch_id(&key, &space, scope.of_keys(), &parents),
                parents,
            }
        })
        .collect();
    epochs.sort_by_key(|claim| claim.scope);
    Act::OpenEpochs {
        epochs,
        wraps: wraps(recipients),
    }
}

pub(crate) fn wraps(to: impl IntoIterator<Item = DeviceId>) -> Vec<WrapClaim> {
    let message = [9; 32];
    let to = to.into_iter();
    to.map(|device| WrapClaim { device, message }).collect()
}
