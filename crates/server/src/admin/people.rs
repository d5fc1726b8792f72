//! The county's own records: settings, teams, staff.

use super::{AdminError, County, Result, Writer};
use crate::db::{MemberRow, TeamRow};
use domain::codes::{CodeList, Role};
use domain::records::{CountySettings, Record, Staff, Team};
use domain::{RecordId, RecordKind, TeamId, UserId, fold};
use serde_json::{Map, Value};

/// Somebody who joins.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name shown to colleagues.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// Their team, by name or id.
    pub team: Option<String>,
}

/// What changes about somebody.
#[derive(Clone, Debug, Default)]
pub struct UserChange<'a> {
    /// Another name.
    pub name: Option<&'a str>,
    /// Another role.
    pub role: Option<&'a str>,
    /// Another team, by name or id.
    pub team: Option<&'a str>,
    /// Whether they work here.
    pub active: Option<bool>,
}

impl County {
    pub(super) async fn write_settings(&self, name: &str, timezone: &str) -> Result<()> {
        let mut writer = Writer::new(self.now());
        let settings = CountySettings {
            name: Some(name.to_owned()),
            timezone: Some(timezone.to_owned()),
            first_contact_hours: Some(domain::clock72::FIRST_CONTACT_HOURS),
        };
        writer.create(None, &settings);
        self.write(writer.finish(), None).await?;
        Ok(())
    }

    /// The county's settings as they stand.
    ///
    /// # Errors
    /// The database.
    pub async fn settings(&self) -> Result<CountySettings> {
        let changes = self.db.changes_of_kind(None, RecordKind::CountySettings).await?;
        let folded = fold(changes.iter().map(|(change, stamp)| (change, *stamp)));
        Ok(CountySettings::from_values(&folded.values()))
    }

    /// Adds a team.
    ///
    /// # Errors
    /// There is one of that name.
    pub async fn add_team(&self, name: &str) -> Result<TeamId> {
        let name = name.trim();
        if self.teams().await?.iter().any(|team| team.name.eq_ignore_ascii_case(name)) {
            return Err(AdminError::Exists("team"));
        }
        let mut writer = Writer::new(self.now());
        let id = writer.create(None, &Team { name: Some(name.to_owned()) });
        self.write(writer.finish(), None).await?;
        Ok(TeamId(id.0))
    }

    /// The teams.
    ///
    /// # Errors
    /// The database.
    pub async fn teams(&self) -> Result<Vec<TeamRow>> {
        Ok(self.db.teams().await?)
    }

    /// The team of this name or id; without one, the only team.
    ///
    /// # Errors
    /// None, or several.
    pub async fn team(&self, named: Option<&str>) -> Result<TeamId> {
        let teams = self.teams().await?;
        let fits = |team: &&TeamRow| {
            named.is_none_or(|named| team.name.eq_ignore_ascii_case(named) || team.team.to_string() == named)
        };
        let mut found = teams.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(team), None) => Ok(team.team),
            (Some(_), Some(_)) => Err(AdminError::Several("team")),
            _ => Err(AdminError::NoSuch("team")),
        }
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// There is somebody of that name, or role or team is unknown.
    pub async fn add_user(&self, new: NewUser) -> Result<UserId> {
        let name = new.name.trim();
        if self.users().await?.iter().any(|user| user.name.eq_ignore_ascii_case(name)) {
            return Err(AdminError::Exists("user"));
        }
        let team = match &new.team {
            Some(named) => Some(self.team(Some(named)).await?),
            None => None,
        };
        let role = known(new.role)?;
        let staff = Staff { name: Some(name.to_owned()), role: Some(role), team, active: Some(true) };
        let mut writer = Writer::new(self.now());
        let id = writer.create(None, &staff);
        self.write(writer.finish(), None).await?;
        Ok(id.into())
    }

    /// Everybody.
    ///
    /// # Errors
    /// The database.
    pub async fn users(&self) -> Result<Vec<MemberRow>> {
        Ok(self.db.members().await?)
    }

    /// Whether a team has a supervisor: before anybody is assigned, nobody else sees whom its reports brought.
    ///
    /// # Errors
    /// The database.
    pub async fn is_led(&self, team: TeamId) -> Result<bool> {
        let leads =
            |user: &MemberRow| user.active && user.role == Role::Supervisor && user.team == Some(team);
        Ok(self.users().await?.iter().any(leads))
    }

    /// The user of this name or id.
    ///
    /// # Errors
    /// None, or several.
    pub async fn user(&self, named: &str) -> Result<MemberRow> {
        let users = self.users().await?;
        let fits =
            |user: &&MemberRow| user.name.eq_ignore_ascii_case(named) || user.user.to_string() == named;
        let mut found = users.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(user), None) => Ok(user.clone()),
            (Some(_), Some(_)) => Err(AdminError::Several("user")),
            _ => Err(AdminError::NoSuch("user")),
        }
    }

    /// Changes something about somebody. It counts from their next request on.
    ///
    /// # Errors
    /// Nobody of that name, or role or team is unknown.
    pub async fn set_user(&self, named: &str, change: &UserChange<'_>) -> Result<MemberRow> {
        let user = self.user(named).await?;
        let mut values = Map::new();
        if let Some(name) = change.name {
            values.insert("name".to_owned(), Value::from(name.trim()));
        }
        if let Some(code) = change.role {
            values.insert("role".to_owned(), Value::from(known(Role::from_code(code))?.code()));
        }
        if let Some(team) = change.team {
            values.insert("team".to_owned(), Value::from(self.team(Some(team)).await?.to_string()));
        }
        if let Some(active) = change.active {
            values.insert("active".to_owned(), Value::from(active));
        }
        let record = RecordId::from(user.user);
        let changes = self.db.changes_of_kind(None, RecordKind::Staff).await?;
        let own = changes.iter().filter(|(change, _)| change.record == record);
        let stands = fold(own.map(|(change, stamp)| (change, *stamp)));
        let mut writer = Writer::new(self.now());
        writer.amend::<Staff>(record, None, &stands, values);
        self.write(writer.finish(), None).await?;
        self.user(&user.user.to_string()).await
    }
}

fn known(role: Role) -> Result<Role> {
    if role.is_known() {
        Ok(role)
    } else {
        let why = "roles are peer-support, ems, clinician, supervisor, county-admin, evaluator";
        Err(AdminError::Unusable { what: "the role", why })
    }
}
