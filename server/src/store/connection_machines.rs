//! Which machines connections lead to: two that lead to one are two ways to the same accounts and access.

use super::error::StoreError;
use domain::connection::ConnectorKind;
use domain::id::{ConnectionId, MachineId};
use serde_json::Value;
use sqlx::PgConnection;

/// Another connection, as it can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub id: ConnectionId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The machine it leads to.
    pub machine: MachineId,
    /// No application chooses it again.
    pub retired: bool,
}

/// Every connection that asks a machine, but for one: those in use first, by name, at most five hundred.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn ways(conn: &mut PgConnection, except: Option<ConnectionId>) -> Result<Vec<Way>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, code, name, machine_id, state = 'retired' as "retired!" from connection
           where connector <> 'manual' and id is distinct from $1::uuid order by state, name, id limit 500"#,
        except.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Way { id: ConnectionId(r.id), code: r.code, name: r.name, machine: MachineId(r.machine_id), retired: r.retired })
        .collect())
}

/// The machine at the address of these settings: that of another connection of the kind, if there is one
/// with the same address.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn at_address(
    conn: &mut PgConnection,
    kind: ConnectorKind,
    settings: &Value,
    except: Option<ConnectionId>,
) -> Result<Option<MachineId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select machine_id from connection
         where connector = $1 and coalesce(settings ->> 'base_url', settings ->> 'url') = coalesce($2::jsonb ->> 'base_url', $2 ->> 'url') and id is distinct from $3::uuid
         order by state, id limit 1",
        kind.word(),
        settings,
        except.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(MachineId))
}
