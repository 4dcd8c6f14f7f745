/** What an attack can do to the other tenant. */
export const HARMS = {
  reads: 'a value of the other tenant comes to the attacker',
  writes: 'rows of the other tenant change',
  takes: 'a value of the other tenant lies in a row of the attacker',
  walls: 'what keeps the two apart changes',
  tells: 'an answer can be told from its opposite',
} as const

export type Harm = keyof typeof HARMS

/** What PostgreSQL cannot forbid, or this level of assurance does not: told, instead of hidden. */
export interface ResidualFacts {
  readonly title: string
  /** Who can do it. */
  readonly who: string
  readonly why: string
  /** What limits the damage. */
  readonly limits: string
  /** All that may come of it: whatever else an attack does is a breach. */
  readonly harms: readonly Harm[]
}

export const RESIDUALS = {
  context: {
    title: "A transaction that says it is another tenant's",
    who: "Whoever can send any SQL in a tenant's transaction without the client, at `standard`.",
    why: 'PostgreSQL lets every role `set` a setting with a dot in its name, and knows no right that would forbid it.',
    limits:
      'The client lets no statement through that sets anything, and sends one statement per message; `set_config` is revoked on hardened clusters, so an expression that was injected into a statement cannot do it. `strict` keeps the tenant where tenant SQL cannot write.',
    harms: ['reads', 'writes'],
  },
  'role-switch': {
    title: 'Changing into the role of another home',
    who: "Whoever can send any SQL on a connection of the application's login without the client, at `standard` and `strict`.",
    why: "One login serves many tenants, so it is a member of their homes' roles; `set role` asks what the login may become, not what the role may that is set.",
    limits:
      "The client refuses `set` and `reset`, and sends one statement per message. What stands behind row-level security stays hidden and cannot be changed, unless the transaction says that it is another tenant's, which `strict` closes. What remains is to lock tables there, and to leave rows that bear one's own tenant, which nobody there sees. At `dedicated` the login is a member of one home's role only.",
    harms: ['writes'],
  },
  'role-alone': {
    title: 'Homes that are kept apart by their roles alone',
    who: "Whoever can send any SQL on a connection of the application's login without the client, at `standard` and `strict`, in a project without a tenant column, or with services.",
    why: "Row-level security needs a column that says whose a row is. Where the tables of a home have none, its role is all that stands before them, and the application's login is a member of every home's role.",
    limits:
      "The client refuses `set` and `reset`, sends one statement per message, and takes the role of the tenant that was asked for. A tenant column puts a second wall there; at `dedicated` the login is a member of one home's role only; a database of its own is nowhere in reach.",
    harms: ['reads', 'writes'],
  },
  'trusted-login': {
    title: "The application's login enters whom it likes",
    who: "Whoever has the password of the application's login, at `standard`.",
    why: 'Somebody has to be allowed to enter every tenant that an application serves; at `standard` that is the login.',
    limits:
      'The login itself has no right on data, and is let in by `tenantry.enter` only: what it enters is fenced, and stale, suspended and moved tenants are refused. At `strict` entering takes a signed token; at `dedicated` a login serves one home. `tenantry cluster rotate` changes the password without an outage.',
    harms: ['reads', 'writes'],
  },
  'held-lock': {
    title: "Holding a tenant's lock",
    who: "Whoever has the password of the application's login.",
    why: 'The lock is taken before it is looked at who may enter: only so nothing can change in between. It is one that many hold at once.',
    limits:
      'It keeps nobody out but those who change the tenant, who then give up (`TENANT_BUSY`) or end the sessions that stand in their way. A session that does nothing is ended after 60 s.',
    harms: [],
  },
  names: {
    title: 'Names and sizes',
    who: 'Every role that may connect to a database, also by an injected expression.',
    why: 'The system catalogs `pg_class`, `pg_namespace`, `pg_attribute`, `pg_proc`, `pg_auth_members` and the functions over them are readable by all, and PostgreSQL itself does not work where they are not.',
    limits:
      'Homes are named after ids, never after tenants, and the source of functions holds no secrets. Views that show values, activity or sizes at a glance are revoked. Whom the rest tells too much gets a database of its own.',
    harms: [],
  },
  activity: {
    title: 'Signs of activity',
    who: 'Every role that may connect to a database, also by an injected expression.',
    why: '`pg_locks`, transaction ids, positions in the log and counters of the whole server are open to all.',
    limits:
      'They show numbers that are made from ids, and that something is at work, not what. Texts of statements are not shown. A cluster of its own.',
    harms: [],
  },
  'shared-numbers': {
    title: 'Numbers drawn from a common sequence',
    who: 'Every tenant of a shared home, by looking at the ids of its own rows.',
    why: "An identity column of a shared table has one sequence for all tenants: the gaps between a tenant's own ids tell how many rows the others have inserted.",
    limits: 'The sequence itself cannot be read. Ids that must not tell are `uuid`; schema or database isolation has sequences of its own.',
    harms: [],
  },
  explain: {
    title: 'Estimates of the planner',
    who: "Whoever can send EXPLAIN in a tenant's transaction, which the client offers as `scope.explain`.",
    why: 'Estimates come from statistics over all tenants of a shared table.',
    limits:
      'They are estimates of numbers, and never values. Do not show plans to customers of shared homes; schema or database isolation.',
    harms: [],
  },
  lock: {
    title: 'Locking a shared table',
    who: "Whoever can send any SQL in a tenant's transaction of a shared home without the client.",
    why: 'The right to write rows of a table is the right to lock all of it, and to the server a lock is no row.',
    limits:
      "The client refuses `lock`, and row locks stop at the tenant's own rows. The [watchdog](watchdog.md) ends whoever lets others wait behind such a lock for longer than `lockTimeout` (1 s), within 5 s. Schema or database isolation.",
    harms: [],
  },
  notify: {
    title: 'Notifications',
    who: "Whoever can send any SQL in a tenant's transaction without the client.",
    why: 'The commands NOTIFY and LISTEN need no right.',
    limits:
      'The client refuses them and `pg_notify` is revoked on hardened clusters. Tenantry hears nothing; whoever listens must not trust what it hears.',
    harms: [],
  },
  settings: {
    title: 'Settings that everybody may set',
    who: "Whoever can send any SQL in a tenant's transaction without the client.",
    why: "Memory, planner, timeouts of one's own, application_name and the like are for every user to set.",
    limits:
      "The client refuses `set`, and `set_config` is revoked on hardened clusters. Who takes its own timeouts away is held to them by the [watchdog](watchdog.md), which asks the server and not application_name; `temp_file_limit` and other ceilings are an administrator's.",
    harms: [],
  },
  'own-role': {
    title: 'A role changes itself',
    who: "Whoever can send any SQL in a tenant's transaction, or on a connection of the login, without the client.",
    why: 'Every role may change its own settings and password, give up its own rights (`drop owned by current_user`), and say which rights things are to have that it will make.',
    limits:
      'The roles of homes cannot log in, so their settings and passwords do nothing, and they can make nothing. Rights that the role of a shared home gives up are lost to all its tenants until `tenantry doctor --fix` gives them back: an outage, no leak. The [watchdog](watchdog.md) sets changed settings back, and the password of a login as its secret says, within 5 s; where there is no superuser, `tenantry cluster rotate` does the latter.',
    harms: ['walls'],
  },
  'pooled-session': {
    title: 'What is left on a pooled connection',
    who: 'Whoever can send any SQL without the client on a connection that a pooler hands on.',
    why: 'Settings and prepared statements of a session outlive the transaction, and a pooler in transaction mode neither forgets nor restores them.',
    limits:
      "The client sets nothing that outlives a transaction, names what it needs in each, and behind a pooler uses no named statements: a session setting can make the scopes of others fail, or show values in another form, never another tenant's rows.",
    harms: [],
  },
  'left-cursor': {
    title: 'A cursor that its tenant has left open',
    who: 'Whoever comes to a pooled connection after a tenant that has sent `declare … with hold` there without the client.',
    why: 'Such a cursor keeps its rows until the session ends, and belongs to the session, not to the role or the transaction that made it.',
    limits:
      'The client refuses `declare`, `fetch` and `close`, so neither half of it can be said through it. Nobody can leave a cursor over rows that are not its own: a tenant can give away only what it may read.',
    harms: ['reads'],
  },
  load: {
    title: 'Load',
    who: 'Every tenant.',
    why: 'Row-level security and roles share no memory, disk, connections or CPU fairly.',
    limits:
      '[Limits](tenants.md#limits) of a tenant travel with its placement, and the [watchdog](watchdog.md) ends what goes over them. A cluster of its own.',
    harms: [],
  },
} as const satisfies Readonly<Record<string, ResidualFacts>>

export type Residual = keyof typeof RESIDUALS
