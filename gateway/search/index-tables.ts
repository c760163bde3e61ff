/** Raised whenever the tables or what is put into them change: an index of another version is thrown away and built anew. */
export const indexVersion = 1;

/**
 * The tables of the index. Texts that come again are kept once, in `names`. `facets` holds, for everything that can be looked for, when and where it
 * occurred, in the very order in which it is looked for: kind, value, time. A search for a person and a day reads just the entries of that
 * person on that day. The other order, by entry, is for counting and for forgetting.
 */
export const tables = `
create table names (id integer primary key, text text not null unique);
create table segments (id integer primary key, name text not null unique, lines integer not null, ended integer not null);
create table entries (
  id integer primary key,
  segment integer not null,
  line integer not null,
  at integer not null,
  administrative integer not null,
  decision_id text not null,
  request_id text,
  attempt integer not null,
  decision text not null,
  code integer, originator integer, caller integer, operation integer, action integer, model integer, backend integer, revision integer,
  outcome text, status integer, input_tokens integer, output_tokens integer
);
create index entries_decision on entries (decision_id, attempt);
create index entries_request on entries (request_id) where request_id is not null;
create index entries_at on entries (at);
create table facets (kind integer not null, value integer not null, at integer not null, entry integer not null,
  primary key (kind, value, at, entry)) without rowid;
create index facets_entry on facets (entry, kind, value);
pragma user_version = ${indexVersion};
`;

/** Kinds of facets. Their numbers stand in the index, so they do not change without its version. */
export const facetKinds = { principal: 1, token: 2, model: 3, code: 4, revision: 5, backend: 6, action: 7, decision: 8 } as const;
export type FacetKind = keyof typeof facetKinds;
