//! When values leave: what owners say of a place, and every honest program keeps to. Whoever has a key can read what it
//! opens all the same (the role is what bounds that), so these rules decide nothing of what is valid.

use crate::{
    asker::{Asker, Timestamp},
    event::Action,
    id::{DeviceId, EnvironmentId, ProjectId, SecretId, VersionId},
    log::EventDraft,
    membership::{of_environment, of_project},
    space::members::{Place, TeamError},
    vault::{Vault, VaultError},
};
use keystead_membership::{Act, DeviceId as Device, Release, Scope, View};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

/// A day's hours.
const DAY: u8 = 24;

/// When values of a place leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseRule {
    /// From this hour of the day to before that one, UTC; over midnight where the first is the later one.
    pub hours: Option<(u8, u8)>,
    /// Only secrets with one of these tags; all where there is none.
    pub tags: BTreeSet<String>,
    /// Only on these devices; on all where there is none.
    pub devices: BTreeSet<DeviceId>,
}

/// A rule, where it holds, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidRelease {
    /// Where.
    pub place: Place,
    /// What.
    pub rule: ReleaseRule,
    /// The devices in it, by name where they are known.
    pub devices: Vec<String>,
    /// Who said so; `None` where they went.
    pub by: Option<String>,
}

/// Why a value does not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReleased {
    /// Not at this hour.
    #[error("values of {place} leave from {from} to {until} o'clock UTC only")]
    Hour {
        /// Whose rule it is.
        place: String,
        /// The first hour.
        from: u8,
        /// The hour before which it ends.
        until: u8,
    },
    /// Not on this device.
    #[error("values of {place} leave on other devices than this one only")]
    Device {
        /// Whose rule it is.
        place: String,
    },
    /// Not of this secret.
    #[error("of {place} only secrets with one of these tags leave: {tags}")]
    Tag {
        /// Whose rule it is.
        place: String,
        /// The tags.
        tags: String,
    },
}

impl ReleaseRule {
    fn of(release: &Release) -> Self {
        Self {
            hours: release.hours,
            tags: release.tags.iter().cloned().collect(),
            devices: release.devices.iter().map(|one| DeviceId(one.0)).collect(),
        }
    }

    fn said(&self) -> Release {
        Release {
            hours: self.hours,
            tags: self.tags.iter().cloned().collect(),
            devices: self.devices.iter().map(|one| Device(one.0)).collect(),
        }
    }

    /// Whether nothing is asked by it.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn refuse(
        &self,
        place: &str,
        (at, device): (Timestamp, DeviceId),
        tags: &BTreeSet<String>,
    ) -> Result<(), NotReleased> {
        let place = || place.to_owned();
        if let Some((from, until)) = self.hours {
            let hour = u8::try_from(at.0.div_euclid(3_600_000).rem_euclid(i64::from(DAY)));
            let hour = hour.unwrap_or_default();
            let within = match from < until {
                true => (from..until).contains(&hour),
                false => hour >= from || hour < until,
            };
            if !within {
                let place = place();
                return Err(NotReleased::Hour { place, from, until });
            }
        }
        if !self.devices.is_empty() && !self.devices.contains(&device) {
            return Err(NotReleased::Device { place: place() });
        }
        if !self.tags.is_empty() && self.tags.is_disjoint(tags) {
            let tags: Vec<&str> = self.tags.iter().map(String::as_str).collect();
            let tags = tags.join(", ");
            return Err(NotReleased::Tag {
                place: place(),
                tags,
            });
        }
        Ok(())
    }
}

impl Vault {
    /// Says when values of a place leave; `None` for whenever somebody may read them.
    ///
    /// # Errors
    /// [`TeamError`]; [`VaultError::NotAllowed`] where it is not this identity's to say.
    pub fn set_release(
        &mut self,
        asker: &Asker,
        place: &Place,
        rule: Option<&ReleaseRule>,
    ) -> Result<(), TeamError> {
        if !self.facts.shared {
            return Err(TeamError::OwnSpace);
        }
        let rule = rule.filter(|rule| !rule.is_empty());
        let hours = rule.and_then(|rule| rule.hours);
        if hours.is_some_and(|(from, until)| from == until || from >= DAY || until > DAY) {
            return Err(TeamError::Hours);
        }
        let scope = self.scope(place)?;
        let words = place.to_string();
        Ok(self.transact(asker, |t| {
            t.say(Act::SetRelease {
                scope,
                release: rule.map(ReleaseRule::said),
            })?;
            t.event(EventDraft::of(Action::ReleaseSet).detail(words))
        })?)
    }

    /// Every rule of the space that is worked in, where its place can be named here.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn releases(&self) -> Result<Vec<SaidRelease>, VaultError> {
        if !self.facts.shared {
            return Ok(Vec::new());
        }
        let places = self.places()?;
        self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            let said = places.into_iter().filter_map(|(scope, place)| {
                let (author, release) = view.release_said(scope)?;
                let by = view.member_of(author).and_then(|member| view.card(member));
                let name = |device: &Device| {
                    let public = view.device(*device);
                    public.map_or_else(|| DeviceId(device.0).to_string(), |d| d.name.to_string())
                };
                Some(SaidRelease {
                    place,
                    devices: release.devices.iter().map(name).collect(),
                    rule: ReleaseRule::of(release),
                    by: by.map(|card| card.name.to_string()),
                })
            });
            Ok(said.collect())
        })
    }

    /// Whether all of these versions may leave now, on this device: by the rules of where each stands, and of the environment
    /// that was asked for, which may inherit them.
    pub(crate) fn refuse_unreleased<'v>(
        &self,
        asker: &Asker,
        asked: EnvironmentId,
        versions: impl IntoIterator<Item = &'v VersionId>,
    ) -> Result<(), VaultError> {
        if !self.facts.shared {
            return Ok(());
        }
        self.ask_rules(asker, |view| {
            let mut find = self.sql.prepare_cached(
                "SELECT e.project, e.id, v.secret FROM versions v
                 JOIN environments e ON e.id = v.environment WHERE v.id = ?1",
            )?;
            let project = "SELECT project FROM environments WHERE id = ?1";
            let asked: (ProjectId, EnvironmentId) = self
                .sql
                .prepare_cached(project)?
                .query_row([asked], |row| Ok((row.get(0)?, asked)))?;
            let mut rules = Vec::new();
            for version in versions {
                let found = find
                    .query_row([version], |row| {
                        Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
                    })
                    .optional()?;
                if let Some((place, secret)) = found {
                    rules.extend(self.rules_of(view, place, secret)?);
                    if place != asked {
                        rules.extend(self.rules_of(view, asked, secret)?);
                    }
                }
            }
            Ok(rules)
        })
    }

    /// Whether a file of a secret may leave now, on this device.
    pub(crate) fn refuse_unreleased_file(
        &self,
        asker: &Asker,
        place: (ProjectId, EnvironmentId),
        secret: SecretId,
    ) -> Result<(), VaultError> {
        if !self.facts.shared {
            return Ok(());
        }
        self.ask_rules(asker, |view| self.rules_of(view, place, secret))
    }

    fn ask_rules(
        &self,
        asker: &Asker,
        rules: impl FnOnce(&View<'_>) -> Result<Vec<Applies>, VaultError>,
    ) -> Result<(), VaultError> {
        let rules = self.graphs.with(&self.sql, self.facts.space, |graph| {
            let standing = graph.standing();
            let view = standing.view();
            match view.has_releases() {
                true => rules(&view),
                false => Ok(Vec::new()),
            }
        })?;
        let here = (asker.at, self.facts.device);
        for Applies { rule, place, tags } in rules {
            rule.refuse(&place, here, &tags)
                .map_err(VaultError::NotReleased)?;
        }
        Ok(())
    }

    /// Each rule around a secret's values in an environment.
    fn rules_of(
        &self,
        view: &View<'_>,
        (project, environment): (ProjectId, EnvironmentId),
        secret: SecretId,
    ) -> Result<Vec<Applies>, VaultError> {
        let scopes = [
            of_environment(project, environment),
            of_project(project),
            Scope::Space,
        ];
        let mut rules = Vec::new();
        for scope in scopes {
            let Some((_, release)) = view.release_said(scope) else {
                continue;
            };
            let mut tags = self
                .sql
                .prepare_cached("SELECT tag FROM tags WHERE secret = ?1")?;
            let tags = tags.query_map(params![secret], |row| row.get(0))?;
            rules.push(Applies {
                rule: ReleaseRule::of(release),
                tags: tags.collect::<Result<_, _>>()?,
                place: match self.places()?.remove(&scope) {
                    Some(place) => place.to_string(),
                    None => "a place that has no name here".to_owned(),
                },
            });
        }
        Ok(rules)
    }
}

/// A rule that a value is under, with its place in words and the tags of the value's secret.
struct Applies {
    rule: ReleaseRule,
    place: String,
    tags: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Exposure, Role, SecretField, VersionSelector,
        space::tests::{Person, Remote},
        tests::asker,
    };

    /// At an hour of some day, UTC.
    fn at(hour: i64) -> Asker {
        let mut asker = asker();
        asker.at = Timestamp((20_000 * 24 + hour) * 3_600_000 + 1);
        asker
    }

    fn read(person: &mut Person, asker: &Asker, name: &str) -> Result<(), VaultError> {
        let place = ("shop", "prod", name);
        let current = VersionSelector::Current;
        let read = person
            .vault
            .read(asker, place, current, Exposure::Revealed, "");
        read.map(|_| ())
    }

    fn sets(person: &mut Person, place: &Place, rule: Option<&ReleaseRule>) {
        let set = person.vault.set_release(&asker(), place, rule);
        set.expect("an owner's to say");
    }

    fn prod() -> Place {
        Place::Environment("shop".to_owned(), "prod".to_owned())
    }

    #[test]
    fn values_leave_as_owners_said_for_everybody_alike() {
        let (mut ann, mut ben) = (Person::new("Ann"), Person::new("Ben"));
        let mut remote = Remote::new();
        ann.founds("team");
        ann.sets("prod", "KEY", "one");
        ann.sets("prod", "DEPLOY", "two");
        ann.invites(&mut ben, &[("shop", Role::Editor)]);
        let tags = [SecretField::Tags(vec!["deploy".to_owned()])];
        let edits = [("DEPLOY", tags.to_vec())];
        ann.vault
            .edit_secrets(&asker(), "shop", &edits)
            .expect("tagged");
        let rule = ReleaseRule {
            hours: Some((8, 18)),
            tags: BTreeSet::from(["deploy".to_owned()]),
            devices: BTreeSet::new(),
        };
        sets(&mut ann, &prod(), Some(&rule));
        ann.syncs(&mut remote);
        ben.syncs(&mut remote);
        let not = |result: Result<(), VaultError>| match result {
            Err(VaultError::NotReleased(why)) => why,
            other => panic!("{other:?}"),
        };
        for person in [&mut ann, &mut ben] {
            read(person, &at(8), "DEPLOY").expect("within");
            read(person, &at(17), "DEPLOY").expect("within");
            for hour in [7, 18, 0] {
                let why = not(read(person, &at(hour), "DEPLOY"));
                assert!(matches!(
                    why,
                    NotReleased::Hour {
                        from: 8,
                        until: 18,
                        ..
                    }
                ));
            }
            let why = not(read(person, &at(9), "KEY"));
            assert!(matches!(why, NotReleased::Tag { .. }), "{why}");
            assert_eq!(
                why.to_string(),
                "of shop/prod only secrets with one of these tags leave: deploy"
            );
            // All of an environment is no way round, nor is a one-time code of it; where nobody looks out it may be used.
            let all = person.vault.read_environment(
                &at(9),
                ("shop", "prod"),
                Exposure::Exported,
                "",
                |_| Ok::<_, VaultError>(()),
            );
            not(all.map(|_| ()));
            let used = person
                .vault
                .use_value(&at(9), ("shop", "prod", "KEY"), "code", |_| {
                    Ok::<_, VaultError>(())
                });
            not(used);
            let there = |_: &crate::ReleasedEnvironment| ();
            let examined = person.vault.examine_environment(("shop", "prod"), there);
            examined.expect("nothing leaves");
            person.verifies();
        }
        // Who may not say so.
        let refused = ben.vault.set_release(&asker(), &prod(), None);
        assert!(matches!(
            refused,
            Err(TeamError::Vault(VaultError::NotAllowed(_)))
        ));
        let said = ben.vault.releases().expect("listed");
        assert_eq!((said.len(), &said[0].rule), (1, &rule));
        assert_eq!(said[0].by.as_deref(), Some("Ann"));
        sets(&mut ann, &prod(), None);
        read(&mut ann, &at(3), "KEY").expect("always");
        assert_eq!(ann.vault.releases().expect("listed"), []);
    }

    #[test]
    fn every_rule_around_a_value_is_asked_and_devices_are_told_apart() {
        let mut ann = Person::new("Ann");
        ann.founds("team");
        ann.sets("prod", "KEY", "one");
        let device = ann.vault.facts.device;
        let night = ReleaseRule {
            hours: Some((22, 6)),
            ..ReleaseRule::default()
        };
        let own = |id: DeviceId| ReleaseRule {
            devices: BTreeSet::from([id]),
            ..ReleaseRule::default()
        };
        sets(&mut ann, &Place::Space, Some(&night));
        sets(
            &mut ann,
            &Place::Project("shop".to_owned()),
            Some(&own(device)),
        );
        read(&mut ann, &at(23), "KEY").expect("at night");
        read(&mut ann, &at(5), "KEY").expect("at night");
        assert!(read(&mut ann, &at(6), "KEY").is_err());
        sets(&mut ann, &prod(), Some(&own(DeviceId([7; 16]))));
        let why = read(&mut ann, &at(23), "KEY").expect_err("elsewhere");
        assert!(matches!(
            why,
            VaultError::NotReleased(NotReleased::Device { .. })
        ));
        // What another environment inherits, or is filled with, is under the same rules, and under its own.
        sets(&mut ann, &prod(), None);
        sets(&mut ann, &Place::Project("shop".to_owned()), None);
        sets(&mut ann, &Place::Space, None);
        let inherits = [crate::EnvironmentField::Inherits(
            ann.vault
                .project("shop")
                .expect("there")
                .environment("prod")
                .map(|prod| prod.id),
        )];
        ann.vault
            .edit_environment(&asker(), ("shop", "dev"), &inherits)
            .expect("said");
        let dev = Place::Environment("shop".to_owned(), "dev".to_owned());
        let read_dev = |ann: &mut Person, hour: i64| {
            let place = ("shop", "dev", "KEY");
            let current = VersionSelector::Current;
            ann.vault
                .read(&at(hour), place, current, Exposure::Copied, "")
                .map(|_| ())
        };
        for place in [&prod(), &dev] {
            sets(&mut ann, place, Some(&night));
            read_dev(&mut ann, 23).expect("at night");
            assert!(matches!(
                read_dev(&mut ann, 12),
                Err(VaultError::NotReleased(_))
            ));
            sets(&mut ann, place, None);
        }
        sets(&mut ann, &prod(), Some(&night));
        let filled = ann
            .vault
            .fill(&at(12), "shop", ("prod", "dev"), &["KEY"])
            .map(|_| ());
        assert!(matches!(filled, Err(VaultError::NotReleased(_))));
        let checked = ann.vault.check_release(&at(12), ("shop", "prod"));
        assert!(matches!(checked, Err(VaultError::NotReleased(_))));
        // It was written down as refused nowhere, and no exposure came of it.
        let exposed = ann.vault.events(50, None).expect("listed");
        let revealed = exposed
            .iter()
            .filter(|event| event.event.action == Action::ValueRevealed);
        assert_eq!(revealed.count(), 2);
        for hours in [(5, 5), (24, 3), (3, 25)] {
            let rule = ReleaseRule {
                hours: Some(hours),
                ..ReleaseRule::default()
            };
            let refused = ann.vault.set_release(&asker(), &prod(), Some(&rule));
            assert!(matches!(refused, Err(TeamError::Hours)), "{hours:?}");
        }
        // In the own space nobody says when.
        let own = ann.vault.own_space();
        ann.vault.enter_space(own).expect("entered");
        let refused = ann.vault.set_release(&asker(), &Place::Space, Some(&night));
        assert!(matches!(refused, Err(TeamError::OwnSpace)));
    }
}
