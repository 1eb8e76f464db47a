//! `zitadel.org.v2.OrganizationService`.

use bartizan_proto::zitadel::org::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::core::Core;
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::query;

/// `ListOrganizations`.
pub(crate) async fn list_organizations(
    core: &Core,
    caller: &Caller,
    request: wire::ListOrganizationsRequest,
) -> Result<wire::ListOrganizationsResponse, Error> {
    request.validate()?;
    let list = query::list_orgs(core, caller, convert::list_orgs(core, request)).await?;
    Ok(convert::orgs_page(list))
}
