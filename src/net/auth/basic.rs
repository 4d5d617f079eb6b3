//! Basic authentication (RFC 7617). Pure.

use data_encoding::BASE64;

use super::credential::Credential;
use crate::secret::Secret;

impl Credential {
    /// The value of the Authorization field, which may be sent before any challenge (RFC 7617 §2.2).
    pub(crate) fn basic(&self) -> Secret {
        let pair = format!("{}:{}", self.name, self.password.expose());
        Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        for (name, password, expected) in [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123\u{a3}", "Basic dGVzdDoxMjPCow=="),
        ] {
            let credential = Credential { name: name.to_owned(), password: Secret::new(password) };
            assert_eq!(credential.basic().expose(), expected);
        }
    }
}
