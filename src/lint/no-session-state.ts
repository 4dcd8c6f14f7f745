import { visitSql } from './sql-texts.js'
import { callsOf } from './statements.js'
import { lintRule, report } from './syntax.js'

// Settings that no column is called like: of `set name = …` in a part of a statement, only these are told from an update's list.
const SETTINGS =
  /^(role|timezone|work_mem|row_security|session_replication_role|session_authorization|client_encoding|datestyle|application_name|\w+_timeout|default_transaction_\w+|[a-z_]\w*\.\w+)$/

export const noSessionState = lintRule(
  'Refuse SQL that changes a session: behind a pooler it changes that of the next tenant.',
  {
    set: '`{{what}}` outlives the transaction, and a pooler hands the session to another tenant. Give limits as options of the scope (`timeoutMs`), and who acts as `actor`.',
    role: '`{{what}}` changes who the database takes you for. The scope enters as the tenant: use `tenantry.tenant(…)`.',
    config:
      'set_config(…, false) outlives the transaction, and a pooler hands the session to another tenant. What is to hold for a transaction takes `true`.',
    lock: '`{{what}}` holds for the session, which a pooler hands to another tenant. Use pg_advisory_xact_lock, which ends with the transaction.',
    session:
      '`{{what}}` speaks to the session, which a pooler hands to another tenant. Keep a connection of your own for it, outside of application code.',
  },
  (context) =>
    visitSql(context, ({ node, statements, part }) => {
      for (const statement of statements) {
        const told = sessionIssue(statement, part)
        if (told !== undefined) report(context, node, told.id, { what: told.what })
      }
    }),
)

function sessionIssue(statement: string, part: boolean): { readonly id: string; readonly what: string } | undefined {
  const role = /^(set( session| local)? (role|session authorization)|reset (role|session authorization))\b/.exec(statement)
  if (role !== null) return { id: 'role', what: role[0] }
  const set = /^set( session)? "?([\w.]+)"? ?(=|to\b)?/.exec(statement)
  if (set !== null && isSetting(set, part)) return { id: 'set', what: `set ${set[2]}` }
  const session = /^(reset|discard|listen|unlisten|deallocate)\b( \w+)?/.exec(statement)
  if (session !== null && !statement.startsWith('reset search_path')) return { id: 'session', what: session[0] }
  if (callsOf(statement, 'set_config').some((given) => given[2] === 'false')) return { id: 'config', what: 'set_config' }
  const lock = /\bpg_(try_)?advisory_(lock|unlock)\w*/.exec(statement)
  return lock === null ? undefined : { id: 'lock', what: lock[0] }
}

/** `set local` ends with the transaction; search_path has a rule of its own; `set name = …` may be the list of an update. */
function isSetting([, session, name = '', assigns]: RegExpExecArray, part: boolean): boolean {
  if (['local', 'transaction', 'constraints', 'search_path'].includes(name)) return false
  if (session !== undefined || assigns === 'to' || ['time', 'names'].includes(name)) return true
  return assigns === '=' && (!part || SETTINGS.test(name))
}
