//! Ways to sign in, as their owner and staff see them; nothing of them is secret.

use minijinja::{Value, context};

use crate::Auth;
use crate::connections::{self, Connection};
use crate::factors::Overview;
use crate::passkeys::Passkey;
use crate::templates::Variable;

pub(crate) fn factor(factor: &Overview) -> Value {
    context! {
        since => factor.created_at.to_value(),
        used => factor.last_used_at.to_value(),
        recovery_codes => factor.recovery_codes_left,
    }
}

pub(crate) fn passkey(passkey: &Passkey) -> Value {
    context! {
        id => passkey.id.to_string(),
        name => &passkey.name,
        since => passkey.created_at.to_value(),
        used => passkey.used_at.to_value(),
        synced => passkey.is_synced,
    }
}

pub(crate) fn connection(auth: &Auth, connection: &Connection) -> Value {
    context! {
        id => connection.id.to_string(),
        name => connections::title(auth, &connection.provider),
        uid => &connection.uid,
        since => connection.created_at.to_value(),
        used => connection.last_login_at.to_value(),
    }
}
