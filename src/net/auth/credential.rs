//! A user name with its password, for a server or a proxy.

use crate::secret::Secret;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub name: String,
    pub password: Secret,
}
