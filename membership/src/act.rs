//! What a statement does, and its canonical bytes.

use crate::id::{DeviceId, EnvironmentId, MemberId, ProjectId};
use keystead_crypto::{DecodeError, EpochId, EpochScope, Hash, Reader, Writer, read_parents};
use std::collections::BTreeSet;

/// What a member may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads values.
    Reader,
    /// Writes them, and makes new keys.
    Editor,
    /// Says who else may.
    Owner,
}

/// Where a role holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere in the space.
    Space,
    /// In all environments of a project.
    Project(ProjectId),
    /// In one of them.
    Environment(ProjectId, EnvironmentId),
}

impl Scope {
    /// Whether all of `other` lies in this.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Space, _) => true,
            (Self::Project(of), Self::Project(project) | Self::Environment(project, _)) => {
                of == project
            }
            (Self::Environment(..), _) => self == other,
            _ => false,
        }
    }

    /// The scopes that this lies in, the closest first.
    pub(crate) fn around(self) -> impl Iterator<Item = Self> {
        let around = match self {
            Self::Space => [None, None],
            Self::Project(_) => [Some(Self::Space), None],
            Self::Environment(project, _) => [Some(Self::Project(project)), Some(Self::Space)],
        };
        around.into_iter().flatten()
    }

    /// The scope that its key commits to.
    pub fn of_keys(self) -> EpochScope {
        match self {
            Self::Space => EpochScope::Space,
            Self::Project(project) => EpochScope::Project(project.0),
            Self::Environment(_, environment) => EpochScope::Environment(environment.0),
        }
    }

    /// Whether one of them lies in the other.
    pub fn meets(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

/// Until where a log is taken in that somebody may not go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The device that wrote it.
    pub device: DeviceId,
    /// The log's incarnation.
    pub incarnation: [u8; 16],
    /// So many operations of it are taken in.
    pub operations: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// A new key, by the commitment that is its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochClaim {
    /// What the key opens: all operations, a project's names, an environment's values.
    pub scope: Scope,
    /// Commitment to the key.
    pub epoch: EpochId,
    /// The epochs that it takes over from.
    pub parents: BTreeSet<EpochId>,
}

/// A message that carries keys to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapClaim {
    /// To whom.
    pub device: DeviceId,
    /// SHA-256 of the message.
    pub message: Hash,
}

/// When an honest client lets values out: never what is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// From this hour of the day to that, UTC, 0 to 24.
    pub hours: Option<(u8, u8)>,
    /// Only secrets with one of these tags; all where there is none.
    pub tags: Vec<String>,
    /// Only on these devices; on all where there is none.
    pub devices: Vec<DeviceId>,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// A member comes, with no role yet.
    AddMember {
        /// Their card.
        card: Vec<u8>,
    },
    /// A newer card of a member.
    UpdateCard {
        /// The card.
        card: Vec<u8>,
    },
    /// A device of a member comes.
    AddDevice {
        /// The certificate and the device's consent.
        endorsement: Vec<u8>,
    },
    /// A member may more in a scope than before.
    Grant {
        /// Who.
        member: MemberId,
        /// Where.
        scope: Scope,
        /// What.
        role: Role,
        /// When an owner is to take it back, in milliseconds since 1970.
        expires: Option<i64>,
    },
    /// A member may less in a scope.
    TakeBack {
        /// Who.
        member: MemberId,
        /// Where.
        scope: Scope,
        /// What is left, if anything.
        role: Option<Role>,
        /// What of their logs is taken in.
        cuts: Vec<Cut>,
    },
    /// A member goes, with every device.
    Remove {
        /// Who.
        member: MemberId,
        /// What of their logs is taken in.
        cuts: Vec<Cut>,
    },
    /// A device goes for good.
    RevokeDevice {
        /// Which.
        device: DeviceId,
        /// What of its logs is taken in.
        cuts: Vec<Cut>,
    },
    /// Keys begin.
    OpenEpochs {
        /// The keys, each for one scope.
        epochs: Vec<EpochClaim>,
        /// One message for each device that may have any of them.
        wraps: Vec<WrapClaim>,
    },
    /// Keys that are there go to devices that lack them.
    ShareKeys {
        /// The keys.
        epochs: Vec<EpochId>,
        /// One message for each device.
        wraps: Vec<WrapClaim>,
    },
    /// When honest clients let values of a scope out.
    SetRelease {
        /// Where.
        scope: Scope,
        /// When; `None` for always.
        release: Option<Release>,
    },
    /// Somebody goes on from what it follows, and says nothing else.
    Acknowledge,
}

impl Act {
    /// Whether it takes something from somebody. Such an act stands beside another one that takes from its author:
    /// removals that cross both count.
    pub fn takes(&self) -> bool {
        matches!(
            self,
            Self::TakeBack { .. } | Self::Remove { .. } | Self::RevokeDevice { .. }
        )
    }

    /// What of logs is taken in where it takes.
    pub fn cuts(&self) -> &[Cut] {
        match self {
            Self::TakeBack { cuts, .. }
            | Self::Remove { cuts, .. }
            | Self::RevokeDevice { cuts, .. } => cuts,
            _ => &[],
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        match self {
            Self::AddMember { card } => {
                writer.u8(1).bytes(card);
            }
            Self::UpdateCard { card } => {
                writer.u8(2).bytes(card);
            }
            Self::AddDevice { endorsement } => {
                writer.u8(3).bytes(endorsement);
            }
            Self::Grant {
                member,
                scope,
                role,
                expires,
            } => {
                writer.u8(4).fixed(&member.0);
                scope.encode(writer);
                writer.u8(role.tag()).option(*expires, |writer, at| {
                    writer.i64(at);
                });
            }
            Self::TakeBack {
                member,
                scope,
                role,
                cuts,
            } => {
                writer.u8(5).fixed(&member.0);
                scope.encode(writer);
                writer.u8(role.map_or(0, Role::tag));
                encode_cuts(cuts, writer);
            }
            Self::Remove { member, cuts } => {
                writer.u8(6).fixed(&member.0);
                encode_cuts(cuts, writer);
            }
            Self::RevokeDevice { device, cuts } => {
                writer.u8(7).fixed(&device.0);
                encode_cuts(cuts, writer);
            }
            Self::OpenEpochs { epochs, wraps } => {
                writer.u8(8).count(epochs.len());
                for claim in epochs {
                    claim.scope.encode(writer);
                    writer.fixed(&claim.epoch).count(claim.parents.len());
                    for parent in &claim.parents {
                        writer.fixed(parent);
                    }
                }
                encode_wraps(wraps, writer);
            }
            Self::ShareKeys { epochs, wraps } => {
                writer.u8(9).count(epochs.len());
                for epoch in epochs {
                    writer.fixed(epoch);
                }
                encode_wraps(wraps, writer);
            }
            Self::Acknowledge => {
                writer.u8(11);
            }
            Self::SetRelease { scope, release } => {
                writer.u8(10);
                scope.encode(writer);
                writer.option(release.as_ref(), |writer, release| {
                    writer.option(release.hours, |writer, (from, until)| {
                        writer.u8(from).u8(until);
                    });
                    writer.count(release.tags.len());
                    for tag in &release.tags {
                        writer.text(tag);
                    }
                    writer.count(release.devices.len());
                    for device in &release.devices {
                        writer.fixed(&device.0);
                    }
                });
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::AddMember {
                card: reader.bytes()?.to_vec(),
            },
            2 => Self::UpdateCard {
                card: reader.bytes()?.to_vec(),
            },
            3 => Self::AddDevice {
                endorsement: reader.bytes()?.to_vec(),
            },
            4 => Self::Grant {
                member: MemberId(reader.fixed()?),
                scope: Scope::decode(reader)?,
                role: Role::decode(reader)?.ok_or(DecodeError::NotCanonical)?,
                expires: reader.option(Reader::i64)?,
            },
            5 => Self::TakeBack {
                member: MemberId(reader.fixed()?),
                scope: Scope::decode(reader)?,
                role: Role::decode(reader)?,
                cuts: decode_cuts(reader)?,
            },
            6 => Self::Remove {
                member: MemberId(reader.fixed()?),
                cuts: decode_cuts(reader)?,
            },
            7 => Self::RevokeDevice {
                device: DeviceId(reader.fixed()?),
                cuts: decode_cuts(reader)?,
            },
            8 => Self::OpenEpochs {
                epochs: decode_claims(reader)?,
                wraps: decode_wraps(reader)?,
            },
            9 => Self::ShareKeys {
                epochs: ascending(reader.list(Reader::fixed)?)?,
                wraps: decode_wraps(reader)?,
            },
            10 => Self::SetRelease {
                scope: Scope::decode(reader)?,
                release: reader.option(decode_release)?,
            },
            11 => Self::Acknowledge,
            _ => return Err(DecodeError::NotCanonical),
        })
    }
}

impl Role {
    fn tag(self) -> u8 {
        match self {
            Self::Reader => 1,
            Self::Editor => 2,
            Self::Owner => 3,
        }
    }

    /// `None` for the byte that stands for none.
    fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, DecodeError> {
        match reader.u8()? {
            0 => Ok(None),
            1 => Ok(Some(Self::Reader)),
            2 => Ok(Some(Self::Editor)),
            3 => Ok(Some(Self::Owner)),
            _ => Err(DecodeError::NotCanonical),
        }
    }
}

impl Scope {
    fn encode(self, writer: &mut Writer) {
        match self {
            Self::Space => writer.u8(1),
            Self::Project(project) => writer.u8(2).fixed(&project.0),
            Self::Environment(project, environment) => {
                writer.u8(3).fixed(&project.0).fixed(&environment.0)
            }
        };
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            1 => Ok(Self::Space),
            2 => Ok(Self::Project(ProjectId(reader.fixed()?))),
            3 => Ok(Self::Environment(
                ProjectId(reader.fixed()?),
                EnvironmentId(reader.fixed()?),
            )),
            _ => Err(DecodeError::NotCanonical),
        }
    }
}

fn encode_cuts(cuts: &[Cut], writer: &mut Writer) {
    writer.count(cuts.len());
    for cut in cuts {
        writer
            .fixed(&cut.device.0)
            .fixed(&cut.incarnation)
            .u64(cut.operations)
            .fixed(&cut.root);
    }
}

/// Ascending by log, so that one log has one cut.
fn decode_cuts(reader: &mut Reader<'_>) -> Result<Vec<Cut>, DecodeError> {
    let cuts = reader.list(|reader| {
        Ok(Cut {
            device: DeviceId(reader.fixed()?),
            incarnation: reader.fixed()?,
            operations: reader.u64()?,
            root: reader.fixed()?,
        })
    })?;
    let log = |cut: &Cut| (cut.device, cut.incarnation);
    match cuts.is_sorted_by(|a, b| log(a) < log(b)) {
        true => Ok(cuts),
        false => Err(DecodeError::NotCanonical),
    }
}

fn encode_wraps(wraps: &[WrapClaim], writer: &mut Writer) {
    writer.count(wraps.len());
    for wrap in wraps {
        writer.fixed(&wrap.device.0).fixed(&wrap.message);
    }
}

fn decode_wraps(reader: &mut Reader<'_>) -> Result<Vec<WrapClaim>, DecodeError> {
    let wraps = reader.list(|reader| {
        Ok(WrapClaim {
            device: DeviceId(reader.fixed()?),
            message: reader.fixed()?,
        })
    })?;
    match wraps.is_sorted_by(|a, b| a.device < b.device) {
        true => Ok(wraps),
        false => Err(DecodeError::NotCanonical),
    }
}

fn decode_claims(reader: &mut Reader<'_>) -> Result<Vec<EpochClaim>, DecodeError> {
    let claims = reader.list(|reader| {
        Ok(EpochClaim {
            scope: Scope::decode(reader)?,
            epoch: reader.fixed()?,
            parents: read_parents(reader)?,
        })
    })?;
    let epochs: BTreeSet<EpochId> = claims.iter().map(|claim| claim.epoch).collect();
    let once = epochs.len() == claims.len();
    match once && !claims.is_empty() && claims.is_sorted_by(|a, b| a.scope < b.scope) {
        true => Ok(claims),
        false => Err(DecodeError::NotCanonical),
    }
}

fn decode_release(reader: &mut Reader<'_>) -> Result<Release, DecodeError> {
    let release = Release {
        hours: reader.option(|reader| Ok((reader.u8()?, reader.u8()?)))?,
        tags: ascending(reader.list(|reader| reader.text().map(str::to_owned))?)?,
        devices: ascending(reader.list(|reader| reader.fixed().map(DeviceId))?)?,
    };
    match release.hours {
        Some((from, until)) if from > 24 || until > 24 => Err(DecodeError::NotCanonical),
        _ => Ok(release),
    }
}

fn ascending<T: Ord>(list: Vec<T>) -> Result<Vec<T>, DecodeError> {
    match list.is_sorted_by(|a, b| a < b) {
        true => Ok(list),
        false => Err(DecodeError::NotCanonical),
    }
}
