//! Finding secrets: by what they say of themselves, and by value.

use super::{
    projects::kind_view,
    secrets::{count, stage_view},
};
use crate::{
    api::{
        ApiError, Code, FilterRequest, FilterView, FindValueRequest, FindValueView, HitView,
        SearchRequest, SearchView, ValueHitView,
    },
    session::Session,
};
use keystead_vault::Query;

const MOST_HITS: u32 = 1_000;

pub(crate) fn search(
    session: &mut Session,
    request: &SearchRequest,
) -> Result<SearchView, ApiError> {
    let query = query_of(&request.query)?;
    let (open, asker) = session.open()?;
    let limit = usize::try_from(request.limit.min(MOST_HITS)).unwrap_or(0);
    let found = open.vault.search(&query, asker.at, limit)?;
    let hits = found.hits.into_iter().map(|hit| HitView {
        project: hit.project,
        secret: hit.secret.to_string(),
        name: hit.name,
        kind: kind_view(hit.kind),
        tags: hit.tags,
        owner: hit.owner,
        expires_at: hit.expires_at.map(|at| at.0),
        environments: hit.environments,
    });
    Ok(SearchView {
        hits: hits.collect(),
        total: count(found.total),
    })
}

pub(crate) fn find_value(
    session: &mut Session,
    request: &FindValueRequest,
) -> Result<FindValueView, ApiError> {
    let value = request.value.expose();
    if value.is_empty() {
        return Err(ApiError::new(
            Code::InvalidInput,
            "There is no value to look for.",
            "Give it on standard input, or paste it.",
        ));
    }
    let (open, asker) = session.open()?;
    let hits = open.vault.find_value(&asker, value)?;
    let hits = hits.into_iter().map(|hit| ValueHitView {
        project: hit.project,
        environment: hit.environment,
        name: hit.name,
        version: hit.number,
        stage: hit.stage.map(stage_view),
    });
    Ok(FindValueView {
        hits: hits.collect(),
    })
}

pub(crate) fn filter(
    session: &mut Session,
    request: &FilterRequest,
) -> Result<FilterView, ApiError> {
    let query = query_of(&request.query)?;
    let (open, asker) = session.open()?;
    let filtered = open.vault.filter(&request.project, &query, asker.at)?;
    Ok(FilterView {
        rows: filtered.rows,
        of: count(filtered.of),
    })
}

fn query_of(text: &str) -> Result<Query, ApiError> {
    Query::parse(text).map_err(|error| {
        ApiError::new(
            Code::InvalidInput,
            format!("{error}."),
            "Filters are env:, missing:, project:, tag:, kind:, owner: and due:7d.",
        )
    })
}
