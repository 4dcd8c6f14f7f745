import { ROLE_MODEL } from '../../src/isolation/role-model.js'

const yes = (is: boolean): string => (is ? 'yes' : 'no')

/** docs/roles.md */
export function rolesPage(): string {
  const rows = ROLE_MODEL.map(
    ({ name, logsIn, bound, may, because }) =>
      `| ${name.startsWith('tny_') ? `\`${name}\`` : name} | ${yes(logsIn)} | ${yes(bound)} | ${may} | ${because} |`,
  )
  return `# Roles

Which roles of PostgreSQL a platform has, what each may do, and why there are so many. \`<id>\` stands for the six characters of the platform, since several
platforms may share a server. Three kinds are meant for three kinds of people: applications have logins without any right on data, the control plane has
the administrator, and nobody has the owner. \`tenantry doctor\` compares all of this with the server.

| role | logs in | row-level security binds it | may | because |
|---|---|---|---|---|
${rows.join('\n')}

**Reading only** is no role but a property of a transaction: \`readOnly\` of a scope, \`tenantry tenant connect\` with its read-only address, \`tenant suspend
--allow-reads\`. The database refuses what would write, also where somebody asks for more: a tenant in state \`read_only\` is entered in a read-only
transaction or not at all.

**Columns that nobody may read**, such as \`password_hash\`, are named in the configuration (\`hidden\`). No home's role has a right on them, so \`select *\` is
refused as well; a function of the platform that belongs to \`tny_<id>_code\` may compare with them, and answers yes or no.

This page is made from \`src/isolation/role-model.ts\`.
`
}
