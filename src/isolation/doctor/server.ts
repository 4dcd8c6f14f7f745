import { ident, sql } from '../../kernel/sql.js'
import { holesOf, sayHoles } from '../../postgres/server-holes.js'
import { inspectServer, unsafeMinor, versionText } from '../../postgres/version.js'
import { type Finding, statements, told } from './finding.js'
import type { ClusterSubject } from './subject.js'

/** Which server answers, how old it is, and whether what was taken from PUBLIC outside of our own databases is still taken. */
export async function checkServer(
  { server, where, hardened }: ClusterSubject,
  systemId: string,
  revoked: readonly string[],
  extensions: readonly string[],
): Promise<readonly Finding[]> {
  const facts = await inspectServer(server)
  if (facts.systemId !== systemId) {
    const reason = `another server answers at its address: system ${facts.systemId}, and ${systemId} was registered`
    return [told('cluster.identity', where, reason, 'correct the connection string; nothing of this server was looked at')]
  }
  const findings: Finding[] = []
  const safe = unsafeMinor(facts.version)
  if (safe !== undefined) {
    const reason = `PostgreSQL ${versionText(facts.version)} has published holes; ${sayHoles(holesOf(facts.version, { hardened, extensions }))}`
    findings.push(told('cluster.version', where, reason, `upgrade to ${safe} or later before production`))
  }
  const open = await server.rows(sql<{ name: string }>`
    select d.datname::text as name
    from pg_catalog.pg_database d
    where d.datname = any (${revoked}::text[])
      and has_database_privilege('public', d.oid, 'connect')
    order by 1`)
  for (const { name } of open) {
    const command = sql`revoke connect, temporary on database ${ident(name)} from public`
    findings.push({
      ...told('cluster.connect', `${where}/${name}`, 'every role may connect again', command.text),
      repair: statements(command),
    })
  }
  return findings
}

/** The walls that only a superuser can raise, and that this cluster does without. */
export const checkUnhardened = ({ where }: ClusterSubject): Finding =>
  told(
    'cluster.unhardened',
    where,
    'its administrator is no superuser: row-level security does not bind the owner of tables, and PUBLIC keeps set_config, advisory locks, large objects, notifications, the views on other sessions, and the schema public',
    'for shared homes, add a cluster with a superuser; homes of one tenant can stay here',
  )
