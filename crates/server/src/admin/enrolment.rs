//! One-time codes, and the address and pin that they carry.

use super::{AdminError, County, Result};
use crypto::codes::EnrolmentSecret;
use crypto::spki::{parse_pin, pin_text};
use sync::enrolment::EnrolmentCode;

/// How long a code is good for, in milliseconds.
const LIFETIME: i64 = 15 * 60 * 1_000;
const ADDRESS: &str = "address";
const THIS_MACHINE: &str = "https://localhost:";
const PIN: &str = "pin";

impl County {
    /// A new code for one device of this user. `server` overrides the address that `serve` announced.
    ///
    /// # Errors
    /// Nobody of that name, or they do not work here.
    pub async fn enroll(&self, named: &str, server: Option<&str>) -> Result<EnrolmentCode> {
        let user = self.user(named).await?;
        if !user.active {
            return Err(AdminError::Unusable { what: "the user", why: "they do not work here any more" });
        }
        let server = match server {
            Some(given) => usable(given)?,
            None => self.db.setting(ADDRESS).await?.ok_or(AdminError::Unusable {
                what: "the server's address",
                why: "it is not known before the first `serve`; give it with --server",
            })?,
        };
        let pin = self.db.setting(PIN).await?.and_then(|text| parse_pin(&text).ok());
        let pin = pin.ok_or(AdminError::Unusable { what: "the certificate", why: "there is none yet" })?;
        let secret = EnrolmentSecret::generate();
        self.db.add_enrolment(secret.hash(), user.user, self.now().plus(LIFETIME)).await?;
        Ok(EnrolmentCode { server, pin, secret: secret.to_text().to_string() })
    }

    /// Notes the address under which devices reach the server; without one, the last one, else this machine.
    pub(crate) async fn announce_address(&self, given: Option<&str>, port: u16) -> Result<String> {
        let last = self.db.setting(ADDRESS).await?;
        // The port on this machine may be another one each time; a name that was given stays.
        let named = last.clone().filter(|last| !last.starts_with(THIS_MACHINE));
        let address = match given {
            Some(given) => usable(given)?,
            None => named.unwrap_or_else(|| format!("{THIS_MACHINE}{port}")),
        };
        if last.as_ref() != Some(&address) {
            self.db.set_setting(ADDRESS, address.clone()).await?;
        }
        Ok(address)
    }

    /// Notes the pin of the certificate in use.
    pub(crate) async fn announce_pin(&self, pin: &[u8; 32]) -> Result<()> {
        let text = pin_text(pin);
        if self.db.setting(PIN).await?.as_ref() != Some(&text) {
            self.db.set_setting(PIN, text).await?;
        }
        Ok(())
    }
}

fn usable(address: &str) -> Result<String> {
    let address = address.trim().trim_end_matches('/');
    if address.strip_prefix("https://").is_some_and(|host| !host.is_empty() && !host.contains('/')) {
        Ok(address.to_owned())
    } else {
        let why = "it must look like https://county.example:8443";
        Err(AdminError::Unusable { what: "the server's address", why })
    }
}
