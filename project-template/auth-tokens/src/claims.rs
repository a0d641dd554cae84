//! The claims of tokens (RFC 7519, section 4), and types that keep access and refresh tokens apart.

use std::ops::Deref;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Binding, Refusal, Rules};

/// This server never sets `nbf` (RFC 7519, section 4.1.5), but another issuer with the same key may.
const NOT_BEFORE: &str = "nbf";

/// What tokens say of the user beside who it is; read from the database at each rotation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserClaims {
    /// 0 for everybody who signs up, 900 for staff, 1000 for superusers; a project may have others between.
    pub role: i64,
    /// Whether the address was verified when the token was made.
    pub email_verified: bool,
    /// `client_id`, unless it is another client than the service itself, and claims added by the settings.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The claims both kinds have. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(description = "The claims of an access token. Times are seconds since 1970.", example = json!({
    "token_type": "access",
    "exp": 1_800_001_800,
    "iat": 1_800_000_000,
    "jti": "0199a3f07f3c7a80b1b25f5b7a0d3c12",
    "iss": "https://auth.example.com",
    "aud": "jwt-allauth",
    "client_id": "jwt-allauth",
    "sub": "0199a3ef-1f7c-7c31-9a43-0e2f8a1b6d20",
    "user_id": "0199a3ef-1f7c-7c31-9a43-0e2f8a1b6d20",
    "session": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
    "session_iat": 1_800_000_000,
    "auth_time": 1_800_000_000,
    "amr": ["pwd"],
    "role": 0,
    "email_verified": false,
})))]
pub struct Claims {
    #[cfg_attr(feature = "openapi", schema(inline, value_type = TokenType))]
    token_type: String,
    /// When the token expires.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// Names this token.
    pub jti: String,
    /// Who made it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The user.
    pub sub: Uuid,
    /// The user again, under the name Django clients look for.
    pub user_id: Uuid,
    /// The session.
    pub session: Uuid,
    /// When the session began.
    pub session_iat: i64,
    /// When the user last proved who they are: at the sign-in, or at `reauthenticate/`. In access tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub auth_time: Option<i64>,
    /// How they did (RFC 8176): `pwd` a password, `email` a mailed code or link, `federated` a way of the application,
    /// `otp` a code of an authenticator app or a recovery code, `hwk` a passkey of one device, `swk` a synced one, `user`
    /// a fingerprint, face or PIN there, `mfa` two factors. In access tokens only; missing if the session began before
    /// this was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub amr: Vec<String>,
    /// How often all access tokens of the user had been taken back when this one was made; missing for never.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub access_version: i64,
    /// What the token is tied to, missing for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false, value_type = Binding))]
    pub bind: Option<Binding>,
    /// What it says of the user.
    #[serde(flatten)]
    pub user: UserClaims,
}

/// What `token_type` may be in the claims that are described: those of access tokens.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes a claim")]
enum TokenType {
    Access,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// The claims of a verified access token.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct AccessClaims(Claims);

/// The claims of a verified refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefreshClaims {
    /// How often the session had been rotated when this token was issued.
    pub generation: i64,
    #[serde(flatten)]
    claims: Claims,
}

impl Deref for AccessClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl Deref for RefreshClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

/// The user and the session that a token is issued for.
#[derive(Clone, Debug)]
pub struct Grant<'g> {
    /// The user.
    pub user_id: Uuid,
    /// The session.
    pub session: Uuid,
    /// When the session began.
    pub session_iat: OffsetDateTime,
    /// The last proof of identity.
    pub auth_time: OffsetDateTime,
    /// The values of `amr`, separated by spaces.
    pub amr: &'g str,
    /// How often all access tokens of the user have been revoked.
    pub access_version: i64,
    /// What the token is bound to.
    pub bind: Option<Binding>,
    /// What it says of the user.
    pub user: &'g UserClaims,
}

#[derive(Clone, Copy)]
enum Token {
    Access,
    Refresh { generation: i64 },
}

impl Token {
    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh { .. } => "refresh",
        }
    }
}

/// How long a token is valid.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// When it is issued.
    pub from: OffsetDateTime,
    /// When it expires.
    pub until: OffsetDateTime,
}

impl Grant<'_> {
    /// The claims of an access token, as JSON.
    #[must_use]
    pub fn access_claims(&self, lifetime: Lifetime, rules: &Rules) -> Vec<u8> {
        encode(Token::Access, self, lifetime, rules)
    }

    /// The claims of the refresh token of a session's generation, as JSON. The same arguments give the same bytes.
    #[must_use]
    pub fn refresh_claims(&self, generation: i64, lifetime: Lifetime, rules: &Rules) -> Vec<u8> {
        encode(Token::Refresh { generation }, self, lifetime, rules)
    }
}

fn encode(token: Token, grant: &Grant<'_>, lifetime: Lifetime, rules: &Rules) -> Vec<u8> {
    let claims = Claims {
        token_type: token.name().to_owned(),
        exp: lifetime.until.unix_timestamp(),
        iat: lifetime.from.unix_timestamp(),
        jti: match token {
            Token::Access => Uuid::now_v7().simple().to_string(),
            Token::Refresh { generation } => refresh_jti(grant.session, generation),
        },
        iss: rules.issuer.clone(),
        aud: rules.audience.clone(),
        sub: grant.user_id,
        user_id: grant.user_id,
        session: grant.session,
        session_iat: grant.session_iat.unix_timestamp(),
        // A refresh token is derived again from its row, which `reauthenticate/` changes.
        auth_time: match token {
            Token::Access => Some(grant.auth_time.unix_timestamp()),
            Token::Refresh { .. } => None,
        },
        amr: match token {
            Token::Access => grant.amr.split_whitespace().map(str::to_owned).collect(),
            Token::Refresh { .. } => Vec::new(),
        },
        access_version: match token {
            Token::Access => grant.access_version,
            Token::Refresh { .. } => 0,
        },
        bind: grant.bind.clone(),
        user: grant.user.clone(),
    };
    let json = match token {
        Token::Access => serde_json::to_vec(&claims),
        Token::Refresh { generation } => serde_json::to_vec(&RefreshClaims { generation, claims }),
    };
    json.expect("claims are texts, numbers and JSON values with text keys")
}

/// A `jti` that is always the same for a generation; it need not be secret.
fn refresh_jti(session: Uuid, generation: i64) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(session.as_bytes());
    digest.update(&generation.to_be_bytes());
    let mut name = [0; 16];
    name.copy_from_slice(&digest.finish().as_ref()[..16]);
    Uuid::from_bytes(name).simple().to_string()
}

impl Claims {
    /// When the user last proved who they are, in seconds since 1970.
    #[must_use]
    pub fn proven_at(&self) -> i64 {
        self.auth_time.unwrap_or(self.session_iat)
    }

    fn is_ours(&self, token_type: &str, rules: &Rules) -> bool {
        self.token_type == token_type
            && (self.iss == rules.issuer || rules.accepted_issuers.contains(&self.iss))
            && self.aud == rules.audience
            && self.sub == self.user_id
    }
}

impl AccessClaims {
    /// The claims of an access token whose signature is valid. [`Self::check_time`] checks its times, at every use.
    #[must_use]
    pub fn decode(claims: Map<String, Value>, rules: &Rules) -> Option<Self> {
        let claims: Claims = serde_json::from_value(Value::Object(claims)).ok()?;
        let longest = i64::try_from(rules.access_lifetime.as_secs()).ok()?;
        let is_bounded = claims.exp.checked_sub(claims.iat)? <= longest;
        (claims.is_ours("access", rules) && is_bounded).then_some(Self(claims))
    }

    /// Fails with [`Refusal::Expired`], or with [`Refusal::Invalid`] before the token's time.
    pub fn check_time(&self, now: OffsetDateTime, rules: &Rules) -> Result<(), Refusal> {
        let leeway = i64::try_from(rules.leeway.as_secs()).unwrap_or_default();
        let now = now.unix_timestamp();
        if now >= self.exp.saturating_add(leeway) {
            return Err(Refusal::Expired);
        }
        // Tolerates an issuer whose clock is fast; the token expires no later for that.
        let iat_leeway = i64::try_from(rules.iat_leeway.as_secs()).unwrap_or_default();
        let is_made = self.iat <= now.saturating_add(iat_leeway);
        let has_begun = |from: &Value| from.as_i64().is_some_and(|from| from <= now.saturating_add(leeway));
        let has_begun = self.user.extra.get(NOT_BEFORE).is_none_or(has_begun);
        if is_made && has_begun { Ok(()) } else { Err(Refusal::Invalid) }
    }
}

impl RefreshClaims {
    /// The claims of a refresh token whose signature is valid.
    #[must_use]
    pub fn decode(claims: Map<String, Value>, rules: &Rules) -> Option<Self> {
        let claims: Self = serde_json::from_value(Value::Object(claims)).ok()?;
        claims.is_ours("refresh", rules).then_some(claims)
    }

    /// Whether the token is expired.
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.exp <= now.unix_timestamp()
    }
}
