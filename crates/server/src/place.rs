//! Where a county is: its folder with key and certificate, and its database, embedded there or a PostgreSQL.

use crate::db::postgres::{Postgres, url::DatabaseUrl};
use crate::db::sqlite::{Sqlite, open};
use crate::db::{Database, DbError, Result};
use crate::files::{private_folder, write_private};
use crate::key;
use crypto::county::CountySecret;
use domain::{CountyId, Millis};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Says, beside the key, which county of a database is this one's: there may be many in it.
const COUNTY: &str = "county.id";

/// Which database.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// The embedded one, in the data folder.
    #[default]
    Embedded,
    /// PostgreSQL.
    Postgres(Box<DatabaseUrl>),
}

impl FromStr for Backend {
    type Err = DbError;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Box::new).map(Self::Postgres)
    }
}

/// Where a county is.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    /// The key file, if not the one in the data folder.
    pub key_file: Option<PathBuf>,
    /// Its database.
    pub database: Backend,
}

impl Place {
    /// A county with everything in one folder.
    pub fn embedded(data: &Path) -> Self {
        Self { data: data.to_owned(), ..Self::default() }
    }

    /// Whether there is a county here already. A database in which none was finished is none.
    pub fn is_taken(&self) -> bool {
        match self.database {
            Backend::Embedded => {
                let file = self.data.join(open::FILE);
                let vacant = || {
                    let secret = key::load(&self.data, self.key_file.as_deref());
                    secret.is_ok_and(|secret| open::is_vacant(&file, &secret))
                };
                file.exists() && !vacant()
            }
            Backend::Postgres(_) => self.data.join(COUNTY).exists(),
        }
    }

    /// Makes the county's database, or its rows in one.
    pub(crate) async fn create(
        &self,
        secret: &CountySecret,
        (name, timezone): (&str, &str),
        now: Millis,
    ) -> Result<Arc<dyn Database>> {
        Ok(match &self.database {
            Backend::Embedded => Arc::new(Sqlite::create(&self.data, secret, name, timezone, now)?),
            Backend::Postgres(url) => {
                let db = Postgres::create(url, name, timezone, now).await?;
                self.note_county(db.county_id())?;
                Arc::new(db)
            }
        })
    }

    /// Opens the county's database.
    pub(crate) async fn open(&self, secret: &CountySecret) -> Result<Arc<dyn Database>> {
        Ok(match &self.database {
            Backend::Embedded => Arc::new(Sqlite::open(&self.data, secret)?),
            Backend::Postgres(url) => Arc::new(Postgres::open(url, self.county()?).await?),
        })
    }

    /// A database for a county that comes from elsewhere. `replace` allows that the same county is there already.
    pub(crate) async fn receive(
        &self,
        secret: &CountySecret,
        county: CountyId,
        replace: bool,
    ) -> Result<Arc<dyn Database>> {
        Ok(match &self.database {
            Backend::Embedded if self.is_taken() && replace => {
                let db = Sqlite::open(&self.data, secret)?;
                // Another county's file is not in the way of this one.
                if db.county_id() == county { Arc::new(db) } else { return Err(DbError::Exists) }
            }
            Backend::Embedded => {
                // Where there can be no folder, the database says why there can be none of it.
                let _ = private_folder(&self.data);
                Arc::new(Sqlite::vacant(&self.data, secret, county)?)
            }
            Backend::Postgres(url) => Arc::new(Postgres::vacant(url, county, replace).await?),
        })
    }

    /// The county that came is whole: from now on it is the one here.
    pub(crate) fn settle(&self, county: CountyId) -> Result<()> {
        match self.database {
            Backend::Embedded => Ok(()),
            Backend::Postgres(_) if self.county().is_ok_and(|here| here == county) => Ok(()),
            Backend::Postgres(_) => self.note_county(county),
        }
    }

    /// The county did not come: takes away the file made for it.
    pub(crate) fn give_up(&self) -> Result<()> {
        match self.database {
            Backend::Embedded => {
                std::fs::remove_file(self.data.join(open::FILE)).map_err(|_| DbError::GivenUp)
            }
            Backend::Postgres(_) => Ok(()),
        }
    }

    fn county(&self) -> Result<CountyId> {
        let text = std::fs::read_to_string(self.data.join(COUNTY)).map_err(|_| DbError::Missing)?;
        text.trim().parse().map_err(|_| DbError::Missing)
    }

    fn note_county(&self, county: CountyId) -> Result<()> {
        write_private(&self.data.join(COUNTY), format!("{county}\n").as_bytes()).map_err(|_| DbError::GivenUp)
    }
}
