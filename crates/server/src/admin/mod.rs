//! Administration: what the subcommands do. Records are written as changes by the system's own author, through the
//! same door as everybody's.

use crate::db::{self, Database, DbError, Outcome, Taken};
use crate::decide::{Author, Line, Page};
use crate::key::{self, KeyError};
use crate::place::Place;
use crate::tls::TlsError;
use crypto::county::CountySecret;
use domain::Millis;
use std::path::Path;
use std::sync::Arc;
use sync::wire::Verdict;

mod devices;
mod enrolment;
mod letters;
mod moving;
mod people;
mod writer;

pub use letters::LetterReport;
pub use moving::{Moved, copy};
pub use people::{NewUser, UserChange};
pub use writer::Writer;

/// Gives the time.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Why administration refuses.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A sealed file.
    #[error(transparent)]
    Letter(#[from] sync::letter::NotALetter),
    /// A file or the socket.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A file that was named.
    #[error("{}: {error}", .file.display())]
    File {
        /// Which.
        file: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nothing by that name or id.
    #[error("there is no {0} by that name or id")]
    NoSuch(&'static str),
    /// Several by that name.
    #[error("there are several of that name: use the id of the {0}")]
    Several(&'static str),
    /// Something is there by that name.
    #[error("there is a {0} of that name already")]
    Exists(&'static str),
    /// It was copied to another database and lives on there.
    #[error("this county was moved to another database; only there may it go on")]
    Moved,
    /// Something that was said is not usable.
    #[error("{what} is not usable: {why}")]
    Unusable {
        /// What.
        what: &'static str,
        /// Why, in plain words.
        why: &'static str,
    },
    /// The domain refuses a field.
    #[error("{field}: {code}")]
    Refused {
        /// Which field.
        field: String,
        /// Why, as a stable code.
        code: String,
    },
}

impl AdminError {
    /// Says of an error which file it is about.
    fn at(file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::File { file: file.to_owned(), error }
    }

    /// A stable code, for `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(KeyError::Missing(_)) => "key_missing",
            Self::Key(KeyError::Open(_)) => "key_open_to_others",
            Self::Key(_) => "key_unusable",
            Self::Database(DbError::WrongKey) => "wrong_key",
            Self::Database(DbError::Missing) => "no_county",
            Self::Database(DbError::Exists) => "county_exists",
            Self::Database(DbError::Busy) => "busy",
            Self::Database(DbError::Migration(_)) => "migration_failed",
            Self::Database(DbError::Unreachable) => "database_unreachable",
            Self::Database(DbError::Address(_)) => "database_address_unusable",
            Self::Database(DbError::Role(_)) => "database_role_unusable",
            Self::Database(DbError::SchemaNewer) => "schema_newer",
            Self::Database(DbError::SchemaOlder) => "schema_older",
            Self::Database(_) => "database_failed",
            Self::Tls(_) => "certificate_unusable",
            Self::Letter(sync::letter::NotALetter::NotSealed) => "not_sealed_to_us",
            Self::Letter(sync::letter::NotALetter::NotSigned) => "not_signed",
            Self::Letter(sync::letter::NotALetter::Unreadable) => "unreadable",
            Self::Io(_) | Self::File { .. } => "io",
            Self::NoSuch(_) => "not_found",
            Self::Several(_) => "ambiguous",
            Self::Exists(_) => "exists",
            Self::Moved => "moved",
            Self::Unusable { .. } => "unusable",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, AdminError>;

/// A county, open for administration.
#[derive(Clone)]
pub struct County {
    db: Arc<dyn Database>,
    secret: Arc<CountySecret>,
    clock: Clock,
}

impl County {
    /// Makes a new county with everything in `data`: key, database, certificate, settings.
    ///
    /// # Errors
    /// There is one already, or the name or time zone is not usable.
    pub async fn init(
        data: &Path,
        key_file: Option<&Path>,
        name: &str,
        timezone: &str,
        clock: Clock,
    ) -> Result<Self> {
        let place = Place { key_file: key_file.map(Path::to_path_buf), ..Place::embedded(data) };
        Self::init_at(&place, name, timezone, clock).await
    }

    /// Makes a new county: on PostgreSQL as the owner of the tables, which are made or brought to this version.
    ///
    /// # Errors
    /// There is one already, or the name or time zone is not usable.
    pub async fn init_at(place: &Place, name: &str, timezone: &str, clock: Clock) -> Result<Self> {
        if name.trim().is_empty() {
            return Err(AdminError::Unusable { what: "the name", why: "it is empty" });
        }
        if timezone.parse::<chrono_tz::Tz>().is_err() {
            let why = "it is not one of the IANA names, such as America/New_York";
            return Err(AdminError::Unusable { what: "the time zone", why });
        }
        crate::files::private_folder(&place.data).map_err(AdminError::at(&place.data))?;
        if place.is_taken() {
            return Err(DbError::Exists.into());
        }
        let secret = Arc::new(key::load_or_make(&place.data, place.key_file.as_deref())?);
        let db = place.create(&secret, (name.trim(), timezone), clock()).await?;
        let county = Self { db, secret, clock };
        county.write_settings(name.trim(), timezone).await?;
        let files = crate::tls::Files::own(&place.data);
        files.ensure("localhost", (county.clock)().0 / 1_000, false)?;
        county.announce_pin(&files.pin()?).await?;
        Ok(county)
    }

    /// Opens the county that has everything in `data`.
    ///
    /// # Errors
    /// No key, the wrong one, or no county.
    pub async fn open(data: &Path, key_file: Option<&Path>, clock: Clock) -> Result<Self> {
        let place = Place { key_file: key_file.map(Path::to_path_buf), ..Place::embedded(data) };
        Self::open_at(&place, clock).await
    }

    /// Opens a county.
    ///
    /// # Errors
    /// No key, the wrong one, no county, or a database that must not be opened so.
    pub async fn open_at(place: &Place, clock: Clock) -> Result<Self> {
        if !place.is_taken() {
            return Err(DbError::Missing.into());
        }
        let secret = Arc::new(key::load(&place.data, place.key_file.as_deref())?);
        let db = place.open(&secret).await?;
        if db.setting(moving::MOVED).await?.is_some() {
            return Err(AdminError::Moved);
        }
        Ok(Self { db, secret, clock })
    }

    /// Its database.
    pub fn database(&self) -> Arc<dyn Database> {
        Arc::clone(&self.db)
    }

    /// Its secret.
    pub fn secret(&self) -> Arc<CountySecret> {
        Arc::clone(&self.secret)
    }

    /// Its time.
    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// The county itself.
    ///
    /// # Errors
    /// The database.
    pub async fn describe(&self) -> Result<db::County> {
        Ok(self.db.county().await?)
    }

    /// Looks for damage.
    ///
    /// # Errors
    /// The database.
    pub async fn check(&self) -> Result<db::CheckReport> {
        Ok(self.db.check().await?)
    }

    /// Writes changes of the system's own author; all of them, or none.
    ///
    /// # Errors
    /// The first refusal.
    pub(crate) async fn write(&self, changes: Vec<domain::Change>, report: Option<Taken>) -> Result<Outcome> {
        for change in &changes {
            domain::validate::check(change)
                .map_err(|refusal| AdminError::Refused { field: refusal.field, code: refusal.code })?;
        }
        let lines = changes.into_iter().map(|change| {
            // Plain data always has a JSON form.
            let raw = serde_json::to_string(&change).unwrap_or_default();
            Line::Change(Box::new(change), raw)
        });
        let page =
            Page { author: Author::County, received: self.now(), lines: lines.collect(), contact: None };
        let outcome = self.db.accept(page, report).await?;
        let refused = outcome.answers.iter().find_map(|answer| match &answer.verdict {
            Verdict::Refused(refusal) => Some((refusal.field.clone(), refusal.code.clone())),
            Verdict::Held | Verdict::CountyTooOld => Some((String::new(), "held".to_owned())),
            _ => None,
        });
        match refused {
            Some((field, code)) => Err(AdminError::Refused { field, code }),
            None => Ok(outcome),
        }
    }
}
