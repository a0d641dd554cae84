//! Binding of tokens to a device or an address.

use serde::{Deserialize, Serialize};

/// What issued tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Not bound: anyone who holds a token can use it.
    None,
    /// Tokens of both kinds are bound to the device they were issued to.
    Device,
    /// Access tokens are bound to the address they were issued to. A refresh token can obtain one for another address.
    Ip,
    /// Both.
    DeviceAndIp,
}

impl Bind {
    /// Whether tokens are bound to a device.
    #[must_use]
    pub fn to_device(self) -> bool {
        matches!(self, Self::Device | Self::DeviceAndIp)
    }

    /// Whether access tokens are bound to an address.
    #[must_use]
    pub fn to_ip(self) -> bool {
        matches!(self, Self::Ip | Self::DeviceAndIp)
    }
}

/// What a token is tied to, as MACs under a key of this server's own: it tells nobody who the client is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Binding {
    /// Of the device's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false, value_type = String))]
    pub device: Option<String>,
    /// Of the client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false, value_type = String))]
    pub ip: Option<String>,
}
