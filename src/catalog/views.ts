import { type Sql, sql } from '../kernel/sql.js'

export interface SavedView {
  readonly id: string
  readonly owner: string
  readonly screen: string
  readonly name: string
  readonly query: string
  readonly shared: boolean
  readonly savedAt: Date
}

const columns = sql`v.id, v.owner, v.screen, v.name, v.query, v.shared, v.saved_at as "savedAt"`

export const countViews = (owner: string): Sql<{ views: number }> => sql<{ views: number }>`
  select count(*)::int as views from catalog.saved_view where owner = ${owner}`

/** One saver of this name at a time, so that two do not both find room for the last one. */
export const lockViewsOf = (owner: string): Sql => sql`select pg_advisory_xact_lock(hashtextextended(${owner}, 7432))`

export const findView = (v: Pick<SavedView, 'owner' | 'screen' | 'name'>): Sql<SavedView> => sql<SavedView>`
  select ${columns} from catalog.saved_view v where v.owner = ${v.owner} and v.screen = ${v.screen} and v.name = ${v.name}`

/** Under a name that its owner has for that list already it takes the place of the one before. */
export const saveView = (v: Omit<SavedView, 'savedAt'>): Sql<SavedView> => sql<SavedView>`
  insert into catalog.saved_view as v (id, owner, screen, name, query, shared)
  values (${v.id}, ${v.owner}, ${v.screen}, ${v.name}, ${v.query}, ${v.shared})
  on conflict (owner, screen, name) do update
    set query = excluded.query, shared = excluded.shared, saved_at = clock_timestamp()
  returning ${columns}`

export interface ViewPage {
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

/** A page of those that this owner sees: its own, and what others share. */
export const listViews = (owner: string, screen: string | null, { after, limit }: ViewPage): Sql<SavedView & { at: string }> => sql<
  SavedView & { at: string }
>`
  select ${columns}, v.name as at
  from catalog.saved_view v
  where (v.owner = ${owner} or v.shared)
    and (${screen}::text is null or v.screen = ${screen})
    and (${after?.at ?? null}::text is null or (v.name, v.id) > (${after?.at ?? null}::text, ${after?.id ?? null}::uuid))
  order by v.name, v.id
  limit ${limit}`

/** Of this owner; with `anyones`, one that somebody shares as well. */
export const removeView = (id: string, owner: string, anyones: boolean): Sql<SavedView> => sql<SavedView>`
  delete from catalog.saved_view v where v.id = ${id} and (v.owner = ${owner} or (${anyones} and v.shared)) returning ${columns}`
