//! What logind says of the machine: that it goes to sleep, that the screen was locked. Where there is no logind, nothing
//! is heard, and the idle timeout is what locks.

use crate::{Workbench, api::LockReason};
use std::{collections::HashMap, env, sync::Weak, thread, time::Duration};
use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy, fdo::DBusProxy},
    message,
    zvariant::{OwnedFd, OwnedObjectPath, Value},
};

const SERVICE: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// The bus or logind may be started anew.
const AGAIN: Duration = Duration::from_secs(5);
/// Where there is no logind there will hardly be one.
const NONE_HERE: Duration = Duration::from_secs(60);

/// Hears logind on a thread of its own, for as long as the workbench is there.
pub(crate) fn follow(workbench: Weak<Workbench>) {
    thread::spawn(move || {
        while workbench.strong_count() > 0 {
            let mut wait = NONE_HERE;
            // Whatever fails here, the vault locks by its timeout.
            if let Ok(logind) = Logind::connect() {
                hears(&workbench, true);
                let _ = logind.listen(&workbench);
                hears(&workbench, false);
                wait = AGAIN;
            }
            thread::sleep(wait);
        }
    });
}

fn hears(workbench: &Weak<Workbench>, whether: bool) {
    if let Some(workbench) = workbench.upgrade() {
        workbench.hears_system(whether);
    }
}

struct Logind {
    connection: Connection,
    manager: Proxy<'static>,
    /// The session that this process belongs to.
    session: Option<OwnedObjectPath>,
}

impl Logind {
    fn connect() -> zbus::Result<Self> {
        let connection = Connection::system()?;
        let manager = Proxy::new(&connection, SERVICE, MANAGER_PATH, MANAGER)?;
        // A name that nobody has answers here and not later.
        DBusProxy::new(&connection)?.get_name_owner(SERVICE.try_into()?)?;
        let named = env::var("XDG_SESSION_ID").ok().filter(|id| !id.is_empty());
        let session = match named {
            Some(id) => manager.call("GetSession", &(id,)),
            None => manager.call("GetSessionByPID", &(0u32,)),
        };
        Ok(Self {
            session: session.ok(),
            connection,
            manager,
        })
    }

    /// Until the bus ends or the workbench is gone.
    fn listen(&self, workbench: &Weak<Workbench>) -> zbus::Result<()> {
        let bus = DBusProxy::new(&self.connection)?;
        for (interface, member) in [
            (MANAGER, "PrepareForSleep"),
            (SESSION, "Lock"),
            (PROPERTIES, "PropertiesChanged"),
        ] {
            let rule = MatchRule::builder()
                .msg_type(message::Type::Signal)
                .sender(SERVICE)?
                .interface(interface)?
                .member(member)?
                .build();
            bus.add_match_rule(rule)?;
        }
        let messages = MessageIterator::from(&self.connection);
        // Held, it makes the machine wait for us, a few seconds at most.
        let mut delay = self.delay_sleep();
        for message in messages {
            let message = message?;
            let Some(workbench) = workbench.upgrade() else {
                return Ok(());
            };
            match self.heard(&message) {
                Some(Heard::Sleep) => {
                    workbench.lock_because(LockReason::Sleep);
                    delay = None;
                }
                Some(Heard::Awake) => delay = self.delay_sleep(),
                Some(Heard::Screen) => workbench.lock_because(LockReason::Screen),
                None => {}
            }
        }
        drop(delay);
        Ok(())
    }

    fn delay_sleep(&self) -> Option<OwnedFd> {
        let wants = ("sleep", "Keystead", "The vault is locked first", "delay");
        self.manager.call("Inhibit", &wants).ok()
    }

    fn heard(&self, message: &zbus::Message) -> Option<Heard> {
        let header = message.header();
        let (interface, member) = (header.interface()?.as_str(), header.member()?.as_str());
        if message.message_type() != message::Type::Signal {
            return None;
        }
        let ours = || {
            let path = header.path().map(|path| path.as_str());
            path.is_some() && path == self.session.as_ref().map(|path| path.as_str())
        };
        match (interface, member) {
            (MANAGER, "PrepareForSleep") => {
                let begins: bool = message.body().deserialize().ok()?;
                Some(if begins { Heard::Sleep } else { Heard::Awake })
            }
            (SESSION, "Lock") if ours() => Some(Heard::Screen),
            (PROPERTIES, "PropertiesChanged") if ours() => {
                let body = message.body();
                let (_, changed, _): (&str, HashMap<&str, Value<'_>>, Vec<&str>) =
                    body.deserialize().ok()?;
                let locked = matches!(changed.get("LockedHint"), Some(Value::Bool(true)));
                locked.then_some(Heard::Screen)
            }
            _ => None,
        }
    }
}

enum Heard {
    Sleep,
    Awake,
    Screen,
}
